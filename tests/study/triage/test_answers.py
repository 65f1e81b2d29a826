"""Typed answers: only a clear one is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.triage.answers import Certainty, Choice, Value, read_choice

FREQUENCY: list[Choice] = [
    (0, "Never"),
    (1, "Rarely"),
    (2, "Occasionally"),
    (3, "Frequently"),
    (4, "Almost constantly"),
]
SEVERITY: list[Choice] = [(0, "None"), (1, "Mild"), (2, "Moderate"), (3, "Severe"), (4, "Very severe")]
INTERFERENCE: list[Choice] = [
    (0, "Not at all"), (1, "A little bit"), (2, "Somewhat"), (3, "Quite a bit"), (4, "Very much")
]  # fmt: skip
DOSE: list[Choice] = [("taken", "Yes, I took it"), ("missed", "I missed it"), ("not_yet", "Not yet")]


@pytest.mark.parametrize(
    ("choices", "text", "value"),
    [
        (SEVERITY, "3", 3),
        (SEVERITY, "3.", 3),
        (SEVERITY, " three ", 3),
        (SEVERITY, "3\ufe0f\u20e3", 3),
        (SEVERITY, "severe", 3),
        (SEVERITY, "SEVERE!!", 3),
        (SEVERITY, "very severe", 4),
        (SEVERITY, "It was mild, thanks", 1),
        (SEVERITY, "I'd say moderate", 2),
        (SEVERITY, "none", 0),
        (SEVERITY, "zero", 0),
        (FREQUENCY, "never", 0),
        (FREQUENCY, "almost constantly", 4),
        (INTERFERENCE, "not at all", 0),
        (INTERFERENCE, "a little bit", 1),
        (INTERFERENCE, "quite a bit", 3),
        (DOSE, "yes", "taken"),
        (DOSE, "Yes, I took it", "taken"),
        (DOSE, "yep taken", "taken"),
        (DOSE, "just took it", "taken"),
        (DOSE, "forgot it", "missed"),
        (DOSE, "no, missed it", "missed"),
        (DOSE, "not yet", "not_yet"),
    ],
)
def test_a_clear_answer_is_taken(choices: list[Choice], text: str, value: Value) -> None:
    reading = read_choice(text, choices)
    assert (reading.certainty, reading.value) == (Certainty.CERTAIN, value)


@pytest.mark.parametrize(
    ("choices", "text", "guesses"),
    [
        (SEVERITY, "pretty bad", (3,)),
        (SEVERITY, "3ish, no wait, 2", (2, 3)),
        (SEVERITY, "2 or 3", (2, 3)),
        (SEVERITY, "about 3", (3,)),
        (SEVERITY, "maybe a 2", (2,)),
        (SEVERITY, "3?", (3,)),
        (SEVERITY, "severe headache", (3,)),
        (SEVERITY, "same as last week", ()),
        (SEVERITY, "not severe", ()),
        (SEVERITY, "7", ()),
        (SEVERITY, "-3", ()),
        (SEVERITY, "2.5", ()),
        (SEVERITY, "2/3", ()),
        (SEVERITY, "no", (0,)),
        (FREQUENCY, "all the time", (4,)),
        (FREQUENCY, "sometimes", (2,)),
        (FREQUENCY, "none", (0,)),
        (DOSE, "no", ("not_yet", "missed")),
        (DOSE, "forgot it last night", ("missed",)),
    ],
)
def test_an_unclear_answer_is_only_guessed_at(choices: list[Choice], text: str, guesses: tuple[Value, ...]) -> None:
    reading = read_choice(text, choices)
    assert reading.certainty is Certainty.UNCLEAR
    assert reading.value is None
    assert reading.guesses == guesses
    assert reading.guess == (guesses[0] if guesses else None)


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        (SEVERITY, ""),
        (SEVERITY, "\U0001f600"),
        (SEVERITY, "what does moderate mean?"),
        (SEVERITY, "can I drink alcohol"),
        (SEVERITY, "my appointment is on Friday"),
        (DOSE, "hello"),
    ],
)
def test_what_is_no_answer_is_none(choices: list[Choice], text: str) -> None:
    assert read_choice(text, choices).certainty is Certainty.NONE


@pytest.mark.parametrize("choices", [FREQUENCY, SEVERITY, INTERFERENCE, DOSE])
def test_every_label_is_its_own_answer(choices: list[Choice]) -> None:
    assert [read_choice(label, choices).value for _, label in choices] == [value for value, _ in choices]


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_only_a_choice_is_ever_stored(text: str) -> None:
    reading = read_choice(text, SEVERITY)
    assert reading.value in (None, 0, 1, 2, 3, 4)
    assert (reading.value is not None) == (reading.certainty is Certainty.CERTAIN)
