"""A check-in is one form with one slot: item after item, and a question in the middle is answered first."""

from typing import Any

import pytest

from tests.nlu.real_rasa import Door
from tests.nlu.stub_actions import ITEMS, StubActions

FIRST = {"name": "weekly", "occurrence": 12, "item": "nausea.frequency"}


def at(item: str) -> dict[str, Any]:
    return {**FIRST, "item": item}


def says(played: dict[str, Any]) -> list[str]:
    """What was said, by wording or by the name of the text."""
    return [reply["say"]["wording"] if reply["say"] else reply["utter"] for reply in played["replies"]]


def test_start_asks_the_first_item(door: Door) -> None:
    played = door.turn(tap={"do": "start", "occurrence": 12})
    assert says(played) == ["asks.nausea.frequency"]
    assert played["state_after"]["checkin"] == FIRST


def test_a_typed_wish_opens_the_check_in_and_is_not_taken_for_an_answer(door: Door, actions: StubActions) -> None:
    played = door.turn("i want to do my check-in")
    assert says(played) == ["asks.nausea.frequency"]
    assert actions.stored == []


def test_item_follows_item_until_the_last(door: Door, actions: StubActions) -> None:
    state = door.turn(tap={"do": "start", "occurrence": 12})["state_after"]
    asked = []
    for words in ("rarely", "Moderate.", "none"):
        played = door.turn(words, checkin=state["checkin"])
        state = played["state_after"]
        asked += says(played)
        assert played["understood"]["route"] == "checkin"
    assert asked == ["asks.fatigue.severity", "asks.joint_pain.severity", "checkin.done"]
    assert state["checkin"] is None
    expected = [
        ("nausea.frequency", "rarely"),
        ("fatigue.severity", "moderate"),
        ("joint_pain.severity", "none"),
    ]
    assert actions.stored == expected


def test_a_tapped_answer_counts_like_a_typed_one(door: Door, actions: StubActions) -> None:
    tap = {"do": "answer", "occurrence": 12, "item": "fatigue.severity", "value": "mild"}
    played = door.turn(tap=tap, checkin=at("fatigue.severity"))
    assert actions.stored == [("fatigue.severity", "mild")]
    assert says(played) == ["asks.joint_pain.severity"]


def test_an_answer_tapped_with_no_check_in_open_reopens_it_at_the_next_item(door: Door, actions: StubActions) -> None:
    tap = {"do": "answer", "occurrence": 12, "item": "nausea.frequency", "value": "never"}
    played = door.turn(tap=tap)
    assert actions.stored == [("nausea.frequency", "never")]
    assert played["state_after"]["checkin"] == at("fatigue.severity")
    assert says(played) == ["asks.fatigue.severity"]


def test_a_question_in_the_middle_is_answered_and_the_item_asked_again(door: Door, actions: StubActions) -> None:
    played = door.turn("can i drink a beer?", checkin=at("fatigue.severity"))
    assert says(played) == ["utter_faq/alcohol", "stub.action_also_told", "asks.fatigue.severity"]
    assert played["understood"]["answer"] == "alcohol"
    assert played["state_after"]["checkin"] == at("fatigue.severity")
    assert actions.stored == []


@pytest.mark.parametrize(
    ("text", "ran"),
    [
        ("when is my next visit", ["action_next_visit", "action_also_told"]),
        ("i've got a rash on my arms", ["action_report_symptom"]),
        ("i forgot my pill last night", ["action_report_dose"]),
        ("can the nurse call me please", ["action_pass_on", "action_also_told"]),
        ("how do i fix my washing machine", ["action_pass_on"]),
    ],
)
def test_something_else_in_the_middle_is_dealt_with_and_the_item_asked_again(
    door: Door, text: str, ran: list[str]
) -> None:
    played = door.turn(text, checkin=at("fatigue.severity"))
    assert says(played) == [*(f"stub.{action}" for action in ran), "asks.fatigue.severity"]


@pytest.mark.parametrize("item", ITEMS)
def test_every_choice_of_an_item_is_an_answer_never_a_question(door: Door, actions: StubActions, item: str) -> None:
    for choice in ITEMS[item]:
        door.turn(choice.title(), checkin=at(item))
    assert actions.stored == [(item, choice) for choice in ITEMS[item]]
    assert {call.action for call in actions.calls} <= {"validate_checkin_form", "action_ask_item_answer"}


@pytest.mark.parametrize("words", ["yes", "3", "a bit", "quite bad", "no", "sometimes"])
def test_a_short_reply_that_is_no_choice_is_asked_again_and_not_answered(
    door: Door, actions: StubActions, words: str
) -> None:
    played = door.turn(words, checkin=at("fatigue.severity"))
    assert says(played) == ["checkin.choose", "asks.fatigue.severity"]
    assert actions.stored == []


def test_stop_ends_the_check_in(door: Door) -> None:
    played = door.turn("stop the questions", checkin=FIRST)
    assert says(played) == ["stub.action_stop_checkin"]
    assert played["state_after"]["checkin"] is None


def test_the_validation_is_called_once_a_message_with_the_words(door: Door, actions: StubActions) -> None:
    door.turn("can i drink a beer?", checkin=FIRST)
    (validation,) = actions.calls_of("validate_checkin_form")
    assert validation.slots["item_answer"] == "can i drink a beer?"
    assert validation.slots["understood"]["digression"] is True


def test_the_same_turn_played_again_from_the_same_state_does_the_same(door: Door, actions: StubActions) -> None:
    body = door.turn_body("mild", checkin=at("fatigue.severity"))
    first, again = (door.post("alongside/turn", body).json() for _ in range(2))
    assert first == again
    assert {call.inbox_id for call in actions.calls} == {body["inbox_id"]}
