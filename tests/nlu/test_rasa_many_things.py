"""With the real model: a message that tells and asks at once, and what people should never be able to break."""

import pytest

from tests.nlu.real_rasa import Door
from tests.nlu.stub_actions import StubActions

NUMBERS = {"team_phone": "+1 555 0100", "emergency_number": "911"}
ODD = {
    "nothing": "",
    "only spaces": " \t\u00a0\n",
    "emoji": "\U0001f600\U0001f469\u200d\u2695\ufe0f\U0001f1ea\U0001f1f8",
    "arabic": "\u0645\u062a\u0649 \u0645\u0648\u0639\u062f\u064a",
    "chinese": "\u6211\u53ef\u4ee5\u559d\u9152\u5417",
    "cyrillic": "\u043a\u043e\u0433\u0434\u0430 \u043c\u043e\u0439 \u0432\u0438\u0437\u0438\u0442",
    "control characters": "\x00\x01\x07\x1b[31m\x7f",
    "NUL within": "wh\x00at",
    "a slash": "/",
    "a slash payload": '/faq/withdrawal{"item": "nausea"}',
    "braces": '{"intent": {"name": "restart"}}',
    "a field": "{team_phone} {emergency_number}",
    "markup": "<b>x</b> *y* [z](http://example.org)",
    "ten thousand characters": "blah blah " * 1000,
    "ten thousand letters": "a" * 10_000,
    "a thousand questions": "can i? " * 1400,
    "lone surrogates": "\ud800\udfff",
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_input_breaks_nothing_and_is_no_order(door: Door, kind: str) -> None:
    found = door.understand(ODD[kind])
    assert found["route"] in ("unsure", "smalltalk", "answer", "staff", "symptom")
    assert found["intent"] != "leave_study"
    assert door.turn(ODD[kind], slots=NUMBERS)["complete"] is True


@pytest.mark.parametrize(
    ("dictated", "typed"),
    [
        ("I forgot my pill comma can I take two now question mark", "I forgot my pill, can I take two now?"),
        ("thank you full stop goodbye", "thank you. goodbye"),
        ("Can I drink wine Question Mark", "Can I drink wine?"),
    ],
)
def test_dictated_marks_are_marks(door: Door, dictated: str, typed: str) -> None:
    left_out = ("ranking", "model")
    spoken, written = door.understand(dictated), door.understand(typed)
    assert {key: spoken[key] for key in spoken if key not in left_out} == {
        key: written[key] for key in written if key not in left_out
    }


@pytest.mark.parametrize(
    ("text", "told", "answered"),
    [
        ("my knees are really sore today, can i take paracetamol?", "action_report_symptom", "other_medicines"),
        ("I forgot my tablet last night. Can I drive to the visit?", "action_report_dose", "driving"),
        ("I was sick twice this morning and my hands are swollen, is wine allowed", "action_report_symptom", "alcohol"),
    ],
)
def test_a_question_beside_a_report_is_answered_before_it(
    door: Door, actions: StubActions, text: str, told: str, answered: str
) -> None:
    """Whichever of the two the model takes the whole for; of what it takes for neither the rules know what is told
    (test_what_is_told_beside_a_question_is_noted_and_the_question_goes_to_people)."""
    played = door.turn(text, slots=NUMBERS)
    assert played["replies"][0]["utter"] == f"utter_faq/{answered}"
    assert {call.action for call in actions.calls} <= {told, "action_also_told", "action_pass_on"}
    assert actions.calls


@pytest.mark.parametrize(
    ("text", "ran", "said_first"),
    [
        ("is wine allowed with it? and please can somebody ring me", "action_pass_on", "utter_faq/alcohol"),
        ("How much do you pay for a visit? I want to leave the study.", "action_record_wish", "utter_faq/payment"),
        ("can i drive on the tablets, and when is my next appointment", "action_next_visit", "utter_faq/driving"),
        ("Took my tablet at nine. Could someone from the team phone me back please?", "action_pass_on", None),
        ("I forgot my tablet last night. And when is my next visit?", "action_next_visit", None),
    ],
)
def test_a_wish_beside_something_else_is_seen_to(
    door: Door, actions: StubActions, text: str, ran: str, said_first: str | None
) -> None:
    """A request that stands beside a question or a report would otherwise be lost."""
    played = door.turn(text, slots=NUMBERS)
    assert ran in {call.action for call in actions.calls}
    if said_first is not None:
        assert played["replies"][0]["utter"] == said_first


def test_a_question_about_leaving_is_no_wish_to_leave(door: Door, actions: StubActions) -> None:
    door.turn("can i leave the study if i change my mind? what happens to my data then?", slots=NUMBERS)
    assert "action_record_wish" not in {call.action for call in actions.calls}


def test_a_hint_the_rules_have_set_aside_is_none(door: Door, actions: StubActions) -> None:
    told = "my cousin wants to kill herself"
    assert door.understand(told)["flags"] == ["suicidal_thoughts"]
    played = door.turn(told, slots=NUMBERS, set_aside=["suicidal_thoughts"])
    assert (played["understood"]["flags"], played["understood"]["faint_flags"]) == ([], [])
    assert "action_red_flag" not in {call.action for call in actions.calls}


def test_a_question_in_general_about_something_grave_has_its_answer(door: Door) -> None:
    played = door.turn("is chest pain a side effect?", slots=NUMBERS, set_aside=["chest_pain"])
    assert (played["understood"]["route"], played["understood"]["answer"]) == ("answer", "side_effects")


def test_how_somebody_feels_is_heard_beside_what_they_ask(door: Door, actions: StubActions) -> None:
    """No symptom by its name; and what is seen to beside it does not look through the message again."""
    door.turn("forgot my pill and I feel awful. can I take two now? please can somebody ring me", slots=NUMBERS)
    looked = [call.slots["understood"] for call in actions.calls if call.action == "action_also_told"]
    assert [one["unwell"] for one in looked] == [True, True]
    assert [one.get("beside", False) for one in looked] == [False, True]


def test_a_symptom_in_words_the_lexicon_has_not_is_heard(door: Door) -> None:
    found = door.understand("by lunchtime i have no go left in me, i could sleep on a washing line")
    assert "fatigue" in {one["term"] for one in found["symptoms"]}


def test_each_symptom_of_a_list_is_heard_in_its_own_words(door: Door) -> None:
    found = door.understand("i have a headache and my rings will not come off my fingers any more")
    heard = {one["term"]: one["said"] for one in found["symptoms"]}
    assert heard["swelling"] == "my rings will not come off my fingers any more"


def test_two_questions_have_two_answers_in_their_order(door: Door) -> None:
    played = door.turn("what is a placebo? can i drink wine?", slots=NUMBERS)
    answers = [reply["utter"] for reply in played["replies"] if str(reply["utter"]).startswith("utter_faq/")]
    assert sorted(answers) == ["utter_faq/alcohol", "utter_faq/placebo"]


def test_a_question_in_a_message_like_nothing_is_answered_and_the_message_goes_to_people(
    door: Door, actions: StubActions
) -> None:
    """A worry may stand beside the question, in words nobody foresaw."""
    chat = "Hello Nora. The roof of the shed came down and since then nothing is as it was, it keeps going round. "
    played = door.turn(chat + "Can I drink a glass of wine with it?", slots=NUMBERS)
    if played["understood"]["route"] == "unsure":
        assert [call.action for call in actions.calls] == ["action_pass_on"]
    assert played["replies"][0]["utter"] == "utter_faq/alcohol"


def test_politeness_around_a_question_does_not_hide_it(door: Door) -> None:
    found = door.understand("Good morning dear Nora! Thank you so much for everything. Can I drink a glass of wine?")
    assert (found["route"], found["answer"]) == ("answer", "alcohol")


def test_a_red_flag_in_the_middle_of_a_long_friendly_message_is_hinted_at(door: Door) -> None:
    """In words the rules have no phrase for; those they have are found before the model is asked."""
    chat = "Hello Nora, hope you had a lovely weekend with the family. I have been saving up tablets so i can end it. "
    more = "The weather was lovely and we baked a cake with the grandchildren, then watched a film together."
    assert "suicidal_thoughts" in door.understand(chat + more)["flags"]
