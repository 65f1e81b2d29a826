"""One turn through our channel: what goes in and out, what is refused, and that every fault fails the whole
turn.
"""

import threading
import time
from typing import Any

import httpx
import pytest

from tests.nlu.real_rasa import Door, free_port
from tests.nlu.stub_actions import Call, StubActions, slot, slowly


def in_background(*bodies: dict[str, Any], door: Door) -> list[httpx.Response]:
    """Post several turns at the same moment; the answers in the order of the bodies."""
    answers: dict[int, httpx.Response] = {}

    def post(place: int) -> None:
        answers[place] = door.post("alongside/turn", bodies[place])

    threads = [threading.Thread(target=post, args=(place,)) for place in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(len(bodies))]


def test_an_answer_comes_with_its_wording_and_the_numbers_of_the_site(door: Door) -> None:
    numbers = {"team_phone": "+1 555 0100", "emergency_number": "911"}
    played = door.turn("whats the phone number of the team", slots=numbers)
    reply = played["replies"][0]
    assert played["complete"] is True
    assert reply["utter"] == "utter_faq/contact"
    assert reply["wording"]["id"] == "faq.contact"
    assert set(reply["wording"]) == {"id", "version", "approved_by", "approved_on", "tone"}
    assert "+1 555 0100" in reply["text"]
    assert "911" in reply["text"]
    assert played["model"].startswith("alongside-")


def test_an_action_gets_the_cause_the_time_the_words_and_what_was_understood(door: Door, actions: StubActions) -> None:
    body = door.turn_body("I forgot my pill last night", code="P-014", run="live", dialogue={"seen": 1})
    played = door.post("alongside/turn", body).json()
    (call,) = actions.calls
    assert call.action == "action_report_dose"
    assert call.sender == "live:P-014"
    assert call.text == "I forgot my pill last night"
    assert call.inbox_id == body["inbox_id"]
    assert call.slots["now"] == body["now"]
    assert call.slots["understood"]["dose"] == "missed"
    assert played["replies"][0]["say"] == {"wording": "stub.action_report_dose", "params": {}}
    assert played["state_after"]["dialogue"] == {"seen": 1}


def test_an_action_may_change_the_dialogue_state(door: Door, actions: StubActions) -> None:
    events = [slot("dialogue", {"asked": "since when"}), slot("proof", "action_report_symptom")]
    actions.instead["action_report_symptom"] = {"events": events, "responses": []}
    played = door.turn("i have a headache")
    assert played["state_after"]["dialogue"] == {"asked": "since when"}


@pytest.mark.parametrize(
    "text",
    [
        "/greet",
        " /restart",
        "\u00a0/restart",
        "/session_start",
        '/SetSlots{"item": "nausea.frequency"}',
        '/answer{"item_answer": "severe"}',
        "／restart",
        "/tap_start",
        "//greet",
        "\u200b/faq",
    ],
)
def test_a_text_that_looks_like_a_payload_is_plain_text(door: Door, actions: StubActions, text: str) -> None:
    played = door.turn(text)
    assert not played["understood"]["intent"].startswith("tap_")
    assert played["understood"]["confidence"] < 1
    assert played["state_after"]["checkin"] is None
    assert [call.text for call in actions.calls if call.text] in ([], [text])


def test_a_payload_in_the_middle_of_a_check_in_answers_nothing(door: Door, actions: StubActions) -> None:
    open_one = {"name": "weekly", "occurrence": 12, "item": "fatigue.severity"}
    played = door.turn('/answer{"item_answer": "severe"}', checkin=open_one)
    assert actions.stored == []
    assert played["state_after"]["checkin"] == open_one


def test_an_unknown_button_has_a_place_to_go(door: Door, actions: StubActions) -> None:
    door.turn(tap={"do": "dance"})
    assert [call.action for call in actions.calls] == ["action_tap_other"]
    assert actions.calls[0].slots["tap"] == {"do": "dance"}


# Refused


@pytest.mark.parametrize("place", ["alongside/turn", "alongside/understand"])
def test_a_wrong_secret_is_refused(door: Door, place: str) -> None:
    for wrong in ("", "wrong", door.secret + "x"):
        assert door.post(place, door.turn_body("hello"), secret=wrong).status_code == 403


def test_health_tells_the_model_and_wants_the_secret_too(door: Door) -> None:
    address = f"{door.url}/webhooks/alongside/health"
    assert door.http.get(address).status_code == 403
    health = door.http.get(address, headers={"X-Alongside-Secret": door.secret})
    assert health.status_code == 200
    assert health.json()["ready"] is True
    assert health.json()["model"].startswith("alongside-")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"inbox_id": "17"}, "inbox_id"),
        ({"inbox_id": True}, "inbox_id"),
        ({"run": ""}, "run"),
        ({"code": "P 001"}, "code"),
        ({"now": "yesterday"}, "now"),
        ({"now": "2026-03-02T07:30:00"}, "now"),
        ({"text": None}, "text"),
        ({"set_aside": "chest_pain"}, "set_aside"),
        ({"set_aside": [7]}, "set_aside"),
        ({"tap": {"do": "start"}}, "text"),
        ({"text": None, "tap": {"do": "St@rt"}}, "tap.do"),
        ({"actions_url": "http://example.org:5055/webhook"}, "actions_url"),
        ({"actions_url": "http://127.0.0.1@example.org:80/"}, "actions_url"),
        ({"actions_url": "file:///etc/passwd"}, "actions_url"),
        ({"checkin": {"name": "weekly", "occurrence": "12", "item": "x"}}, "state_before.checkin.occurrence"),
        ({"slots": {"proof": "x"}}, "state_before.slots.proof"),
        ({"slots": {"no_such": 1}}, "state_before.slots.no_such"),
    ],
)
def test_a_bad_call_is_refused_with_its_place(door: Door, actions: StubActions, change: Any, place: str) -> None:
    body = door.turn_body("i have a headache")
    state = {key: change[key] for key in change.keys() & body["state_before"].keys()}
    fields = {key: change[key] for key in change.keys() - state.keys()}
    broken = {**body, **fields, "state_before": {**body["state_before"], **state}}
    answer = door.post("alongside/turn", broken)
    assert (answer.status_code, answer.json()["place"]) == (422, place)
    assert actions.calls == []


def test_a_body_that_is_no_json_is_a_bad_call(door: Door) -> None:
    headers = {"X-Alongside-Secret": door.secret, "Content-Type": "application/json"}
    for place in ("turn", "understand"):
        answer = door.http.post(f"{door.url}/webhooks/alongside/{place}", content=b"{oops", headers=headers)
        assert answer.status_code == 422


# Faults


def fails(door: Door, text: str, **more: Any) -> tuple[int, str]:
    answer = door.post("alongside/turn", door.turn_body(text, **more))
    assert "replies" not in answer.json()
    return answer.status_code, answer.json()["error"]


def test_an_action_that_raises_fails_the_turn(door: Door, actions: StubActions) -> None:
    actions.fail = {"action_report_dose"}
    assert fails(door, "i forgot my tablet") == (502, "action_failed")


@pytest.mark.parametrize("broken", ["validate_checkin_form", "action_ask_item_answer"])
def test_a_form_whose_action_raises_fails_the_turn(door: Door, actions: StubActions, broken: str) -> None:
    actions.fail = {broken}
    open_one = {"name": "weekly", "occurrence": 12, "item": "fatigue.severity"}
    assert fails(door, "mild", checkin=open_one) == (502, "action_failed")


def test_an_answer_in_the_middle_is_not_handed_out_when_asking_again_fails(door: Door, actions: StubActions) -> None:
    actions.fail = {"action_ask_item_answer"}
    open_one = {"name": "weekly", "occurrence": 12, "item": "fatigue.severity"}
    assert fails(door, "can i drink a beer", checkin=open_one) == (502, "action_failed")


def test_a_200_without_the_proof_fails_the_turn(door: Door, actions: StubActions) -> None:
    actions.unproven = {"action_report_dose"}
    assert fails(door, "i forgot my tablet") == (502, "action_unproven")


def test_the_proof_of_another_action_proves_nothing(door: Door, actions: StubActions) -> None:
    actions.instead["action_report_dose"] = {"events": [slot("proof", "action_pass_on")], "responses": []}
    assert fails(door, "i forgot my tablet") == (502, "action_unproven")


def test_a_slot_the_domain_does_not_have_fails_the_turn(door: Door, actions: StubActions) -> None:
    events = [slot("itme", "x"), slot("proof", "action_report_dose")]
    actions.instead["action_report_dose"] = {"events": events, "responses": []}
    assert fails(door, "i forgot my tablet") == (502, "unknown_slot")


@pytest.mark.parametrize(
    "answer",
    [
        {"events": [{"event": "no_such_event"}, slot("proof", "action_report_dose")], "responses": []},
        {"events": [slot("proof", "action_report_dose")], "responses": "none"},
        {"responses": []},
        [],
    ],
)
def test_an_answer_that_is_none_of_an_action_fails_the_turn(door: Door, actions: StubActions, answer: Any) -> None:
    actions.instead["action_report_dose"] = answer
    status, _ = fails(door, "i forgot my tablet")
    assert status in (500, 502)


def test_a_text_named_by_an_action_that_does_not_exist_fails_the_turn(door: Door, actions: StubActions) -> None:
    said = [{"response": "utter_no_such"}]
    actions.instead["action_report_dose"] = {"events": [slot("proof", "action_report_dose")], "responses": said}
    assert fails(door, "i forgot my tablet") == (500, "no_such_text")


def test_an_action_server_that_is_down_fails_the_turn(door: Door) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/webhook"
    assert fails(door, "i forgot my tablet", actions_url=nobody) == (502, "action_unreachable")


def test_the_default_action_server_being_down_fails_the_turn(door: Door) -> None:
    assert fails(door, "i forgot my tablet", actions_url=None) == (502, "action_unreachable")


def test_an_action_that_hangs_ends_after_its_limit(door: Door, actions: StubActions) -> None:
    actions.before = slowly(7)
    begun = time.monotonic()
    assert fails(door, "i forgot my tablet") == (504, "action_timeout")
    assert 4 < time.monotonic() - begun < 7


def test_a_number_the_bot_did_not_send_fails_instead_of_saying_none(door: Door) -> None:
    assert fails(door, "whats the phone number", slots={"emergency_number": "112"}) == (500, "unfilled_field")


def test_an_action_that_follows_itself_for_ever_is_stopped(door: Door, actions: StubActions) -> None:
    again = {"event": "followup", "name": "action_report_dose"}
    actions.instead["action_report_dose"] = {
        "events": [again, slot("proof", "action_report_dose")],
        "responses": [],
    }
    assert fails(door, "i forgot my tablet") == (500, "endless_turn")


def test_a_check_in_opened_without_its_item_fails_the_turn(door: Door, actions: StubActions) -> None:
    form = {"event": "followup", "name": "checkin_form"}
    actions.instead["action_start_checkin"] = {
        "events": [form, slot("proof", "action_start_checkin")],
        "responses": [],
    }
    answer = door.post("alongside/turn", door.turn_body(tap={"do": "start", "occurrence": 1}))
    assert (answer.status_code, answer.json()["error"]) == (500, "checkin_without_item")


# Repeated and at once


def test_a_repeated_message_joins_the_turn_that_is_still_played(door: Door, actions: StubActions) -> None:
    actions.before = slowly(1)
    body = door.turn_body("i forgot my tablet")
    first, again = in_background(body, body, door=door)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert len(actions.calls) == 1


def test_a_caller_that_gives_up_and_repeats_causes_one_call_of_the_slow_action(
    door: Door, actions: StubActions
) -> None:
    actions.before = slowly(2)
    body = door.turn_body("i forgot my tablet")
    with pytest.raises(httpx.ReadTimeout):
        door.post("alongside/turn", body, timeout=0.5)
    assert door.post("alongside/turn", body).status_code == 200
    assert len(actions.calls) == 1


def test_the_same_inbox_id_of_another_run_is_another_turn(door: Door, actions: StubActions) -> None:
    actions.before = slowly(0.5)
    body = door.turn_body("i forgot my tablet")
    in_background(body, {**body, "run": "rehearsal-7"}, door=door)
    assert sorted(call.sender for call in actions.calls) == ["rehearsal-7:P-001", "test:P-001"]


def test_two_chats_are_played_at_the_same_time(door: Door, actions: StubActions) -> None:
    """Each action waits for the other to have begun: played one after the other, both would give up."""
    both = threading.Barrier(2, timeout=3)

    def meet(call: Call) -> None:
        both.wait()

    actions.before = meet
    bodies = [door.turn_body("i forgot my tablet", code=code) for code in ("P-001", "P-002")]
    answers = in_background(*bodies, door=door)
    assert [answer.status_code for answer in answers] == [200, 200]


def test_turns_of_two_runs_go_to_their_own_action_servers(door: Door, actions: StubActions) -> None:
    other = StubActions()
    with other.listening():
        door.turn("i forgot my tablet", run="rehearsal-8", actions_url=other.url)
    assert len(other.calls) == 1
    assert actions.calls == []


# Nothing is kept


def test_no_word_of_a_patient_stays_in_rasa(door: Door, actions: StubActions) -> None:
    halves = ["zebra", "crossing4711"]
    word = "".join(halves)
    door.turn(f"i have a headache {word}")
    door.turn(f"can i drink {word} beer")
    open_one = {"name": "weekly", "occurrence": 12, "item": "fatigue.severity"}
    door.turn(f"mild {word}", checkin=open_one)
    door.turn(f"/restart {word}")
    door.understand(f"what is {word}")
    actions.fail = {"action_report_dose"}
    door.post("alongside/turn", door.turn_body(f"i forgot my tablet {word}"))
    door.turn("hello")  # the connection's last request is this one
    left = door.post("probe/search", {"halves": halves}).json()
    assert left == {"hits": [], "trackers": []}


def test_the_search_for_words_would_find_one(door: Door) -> None:
    halves = ["planted", "word0815"]
    door.post("probe/plant", {"halves": halves})
    assert door.post("probe/search", {"halves": halves}).json()["hits"] != []


def test_the_log_holds_codes_and_no_words(door: Door, actions: StubActions) -> None:
    if door.log is None:
        pytest.fail("needs a Rasa started by real_rasa.running_rasa, which keeps its log")
    actions.fail = {"action_report_dose", "action_pass_on"}
    body = door.turn_body("i forgot my tablet flamingo2222", code="P-077")
    door.post("alongside/turn", body)
    actions.fail = set()
    door.turn("/restart flamingo2222")
    log = door.log.read_text()
    assert f"turn test:P-077 inbox {body['inbox_id']} failed: action_failed (action_" in log
    assert "flamingo2222" not in log
