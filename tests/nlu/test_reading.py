"""Which parts of a message are read alone, and what they add to the whole. The model's guesses are made up here; the
real model reads in test_rasa_many_things.py."""

from typing import Any

import pytest

from nlu.reading import parts, pieces, together


def parse(text: str, name: str, sure: float = 0.9, hints: tuple[str, ...] = ()) -> dict[str, Any]:
    """As Rasa gives it; `name` is an intent or faq/topic."""
    intent, _, topic = name.partition("/")
    selected = {"faq": {"response": {"intent_response_key": name}}} if topic else {}
    return {
        "text": text,
        "intent": {"name": intent, "confidence": sure},
        "intent_ranking": [{"name": name, "confidence": sure}],
        "response_selector": selected,
        "flag_hints": [{"kind": kind, "confidence": sure, "is_sure": sure > 0.6} for kind in hints],
    }


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("can i drink wine?", []),
        ("hello! can i drink wine?", ["can i drink wine"]),
        ("what is a placebo? can i drink wine?", ["what is a placebo", "can i drink wine"]),
        (
            "is wine allowed and i'd like to speak to somebody",
            ["is wine allowed", "i'd like to speak to somebody"],
        ),
        ("took it at nine, and then could someone ring me", ["took it at nine", "could someone ring me"]),
        ("ham and cheese", []),
    ],
)
def test_the_parts_of_a_message(text: str, read: list[str]) -> None:
    assert parts(text) == read


def test_a_question_with_a_greeting_is_that_question_and_not_another() -> None:
    read = [parse("can i drink wine", "faq/food")]
    assert together(parse("hello! can i drink wine?", "faq/alcohol"), read)["also"] is None
    assert together(parse("hello! can i drink wine?", "nlu_fallback"), read)["also"] == "food"


def test_of_a_very_long_message_only_the_first_parts_are_read() -> None:
    text = "and this is one more sentence. " * 300
    assert len(parts(text)) == 6


@pytest.mark.parametrize(("sure", "unwell"), [(0.8, True), (0.4, False)])
def test_how_somebody_feels_is_heard_in_a_part_that_surely_tells_it(sure: float, unwell: bool) -> None:
    read = [parse("i feel awful", "report_symptom", sure), parse("can i take two now", "faq/extra_dose")]
    assert together(parse("i feel awful, can i take two now?", "faq/extra_dose"), read)["unwell"] is unwell


def test_a_wish_beside_a_question_is_kept_with_its_own_words() -> None:
    whole = parse("is wine allowed? please can somebody ring me", "faq/alcohol")
    read = [parse("is wine allowed", "faq/alcohol"), parse("please can somebody ring me", "ask_staff")]
    found = together(whole, read)
    assert found["intent"]["name"] == "faq"
    assert [(beside["intent"]["name"], beside["text"]) for beside in found["besides"]] == [
        ("ask_staff", "please can somebody ring me")
    ]
    assert found["also"] is None


@pytest.mark.parametrize(
    ("whole", "part", "sure"),
    [
        ("ask_staff", "ask_staff", 0.9),  # it is the whole already
        ("faq/alcohol", "ask_staff", 0.4),  # out of its context it must be surer than that
        ("faq/alcohol", "thanks", 0.9),
        ("nlu_fallback", "ask_staff", 0.9),  # people read it anyway
        ("out_of_scope", "ask_staff", 0.9),
    ],
)
def test_no_wish_is_made_of(whole: str, part: str, sure: float) -> None:
    read = [parse("one two three", part, sure)]
    assert together(parse("four five six. one two three", whole), read)["besides"] == []


def test_who_wants_to_leave_is_heard_in_a_message_that_as_a_whole_is_like_nothing() -> None:
    read = [parse("my skin is peeling", "report_symptom"), parse("i want out of this study", "leave_study")]
    found = together(parse("my skin is peeling and i want out of this study", "nlu_fallback"), read)
    assert found["intent"]["name"] == "nlu_fallback"
    assert [beside["intent"]["name"] for beside in found["besides"]] == ["leave_study"]


def test_a_hint_in_a_part_counts_in_a_long_message_or_a_question_only() -> None:
    """A short message is read whole by the rules and by the hints; torn to pieces it sounds like more than it tells."""
    read = [parse("i was gone for a moment", "report_symptom", hints=("seizure_or_fainting",))]
    short = "nice day. i was gone for a moment"
    assert together(parse(short, "greet"), read)["flag_hints"] == []
    long = parse(f"{'we had a lovely day at the sea ' * 4}. {short}", "greet")
    assert [hint["kind"] for hint in together(long, read)["flag_hints"]] == ["seizure_or_fainting"]


def test_a_hint_that_is_not_sure_stands_apart_and_is_none_where_another_part_is_sure_of_it() -> None:
    faint = parse("is it odd that i was gone", "report_symptom", sure=0.4, hints=("seizure_or_fainting", "stroke"))
    sure = parse("did i faint", "report_symptom", hints=("stroke",))
    found = together(parse("hello", "greet"), [{**faint, "text": "is it odd"}, sure])
    assert [hint["kind"] for hint in found["flag_hints"]] == ["stroke"]
    assert [hint["kind"] for hint in found["faint_flags"]] == ["seizure_or_fainting"]


@pytest.mark.parametrize(
    ("text", "intent", "read"),
    [
        ("no sleep, dry mouth and my ankles are up", "report_symptom", ["no sleep", "dry mouth", "my ankles are up"]),
        ("my ankles are up", "report_symptom", []),
        ("tired, sore", "report_symptom", []),  # single words are the lexicon's
        ("dry mouth and my ankles are up", "faq/side_effects", []),
        ("dry mouth and my ankles are up", "nlu_fallback", []),  # nothing in it sounds like a symptom
    ],
)
def test_the_pieces_of_a_list_of_symptoms(text: str, intent: str, read: list[str]) -> None:
    assert pieces(text, parse(text, intent)) == read


@pytest.mark.parametrize(("sure", "heard"), [(0.9, [("swelling", "my ankles are up")]), (0.5, [])])
def test_a_piece_must_be_sure_of_its_symptom(sure: float, heard: list[tuple[str, str]]) -> None:
    piece = {
        **parse("my ankles are up", "report_symptom"),
        "symptom_hints": [{"term": "swelling", "confidence": sure}],
    }
    found = together(parse("dry mouth and my ankles are up", "report_symptom"), [], [piece])
    assert [(hint["term"], hint["said"]) for hint in found["symptom_hints"]] == heard


@pytest.mark.parametrize(("sure", "told"), [(0.35, "dose_missed"), (0.8, "faq")])
def test_what_is_told_beside_a_question_counts_where_the_whole_is_not_surely_a_question(sure: float, told: str) -> None:
    whole = parse("I forgot it. Can I drive to the visit?", "faq/missed_dose", sure)
    read = [parse("I forgot it last night", "dose_missed"), parse("Can I drive to the visit", "faq/driving")]
    found = together(whole, read)
    assert (found["intent"]["name"], found["also"]) == (told, "driving")
    assert found["text"] == whole["text"]


@pytest.mark.parametrize(
    ("text", "faint"),
    [
        ("i feel like a burden to everyone", ["suicidal_thoughts"]),
        ("do i feel like a burden to everyone", []),
        ("who helps me, a burden to everyone?", []),
    ],
)
def test_what_belongs_to_a_topic_and_asks_nothing_is_a_faint_hint_where_the_hint_is_sure(
    text: str, faint: list[str]
) -> None:
    found = together(parse(text, "faq/feelings_support", 0.9, ("suicidal_thoughts",)), [])
    assert [hint["kind"] for hint in found["faint_flags"]] == faint
    assert found["flag_hints"] == []
