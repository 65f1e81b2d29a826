"""Several days in one message, each with what was said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.triage.doses_by_day import dose_statements, speaks_generally


def told(text: str) -> list[tuple[str, str]]:
    """Status and day of each statement; no day is an empty one."""
    return [(str(one.status), one.days[0] if one.days else "") for one in dose_statements(text)]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("took sat n sun, monday not sure", "taken saturday, taken sunday, unsure monday"),
        ("forgot tuesday and wednesday", "missed tuesday, missed wednesday"),
        ("I took it yesterday and today", "taken -1, taken 0"),
        ("No, I took it yesterday and today", "taken -1, taken 0"),
        ("I didn't take it yesterday or today", "missed -1, missed 0"),
        ("saturday taken, sunday missed, monday don't know", "taken saturday, missed sunday, unsure monday"),
        ("sat and sun yes, monday no", "taken saturday, taken sunday, missed monday"),
        ("mon yes tue no wed yes", "taken monday, missed tuesday, taken wednesday"),
        ("took it monday but not tuesday", "taken monday, missed tuesday"),
        ("Took Monday, Tuesday and Wednesday. Forgot Thursday.",
         "taken monday, taken tuesday, taken wednesday, missed thursday"),
        ("took them all, saturday and sunday", "taken saturday, taken sunday"),
        ("missed monday to thursday", "missed monday, missed tuesday, missed wednesday, missed thursday"),
        ("I did not forget saturday and sunday", "taken saturday, taken sunday"),
        ("took two on friday and missed saturday", "doubled friday, missed saturday"),
        ("not sure if I took it monday", "unsure monday"),
        ("I think I took it on sunday but can't remember monday", "unsure sunday, unsure monday"),
    ],
)  # fmt: skip
def test_each_day_has_what_was_said_of_it(text: str, statements: str) -> None:
    assert told(text) == [tuple(one.split(" ")) for one in statements.split(", ")]


@pytest.mark.parametrize(
    ("text", "status", "day"),
    [
        ("took last night's this morning", "taken", "-1"),
        ("took sunday's on monday", "taken", "sunday"),
        ("I sat down and took it yesterday", "taken", "-1"),
        ("missed mine friday", "missed", "friday"),
        ("took sat", "taken", "saturday"),
        ("took half", "partial", ""),
        ("took two by mistake", "doubled", ""),
        ("my doctor told me to stop", "stopped", ""),
        ("I've run out of tablets", "missed", ""),
        ("I forgot it last night but took it this morning", "taken", "-1"),
    ],
)
def test_one_dose_is_one_statement(text: str, status: str, day: str) -> None:
    assert told(text) == [(status, day)]


@pytest.mark.parametrize(
    "text",
    [
        "if I miss a dose what do I do",
        "what should I do if I missed saturday and sunday",
        "did I take it sat and sun?",
        "was I supposed to take it monday and tuesday?",
        "my daughter missed monday and tuesday",
        "I cannot come on monday and tuesday",
        "I have not been well on saturday and sunday",
        "I had a cold on saturday and sunday",
        "my knees hurt since monday",
        "hello",
    ],
)
def test_what_tells_no_dose_is_none(text: str) -> None:
    assert told(text) == []


def test_what_is_said_of_all_days_is_said_of_none_in_particular() -> None:
    assert speaks_generally("I haven't missed any")
    assert speaks_generally("I take my tablets every day")
    assert not speaks_generally("took it today, like every day")


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert all(len(one.days) <= 2 for one in dose_statements(text))
