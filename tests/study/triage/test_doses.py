"""What a message says of a dose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.triage.doses import DoseStatus, dose_rules, dose_statement
from study.triage.red_flags import kinds


@pytest.mark.parametrize(("message", "told"), list(dose_rules().examples.items()))
def test_every_example_of_the_file_is_read_as_it_says(message: str, told: tuple[str, ...]) -> None:
    dose = dose_statement(message)
    assert dose.status == told[0]
    day = f"day {dose.day_offset}"
    assert set(told[1:]) <= {day, dose.weekday, dose.reason}


def test_every_status_of_the_file_is_known() -> None:
    assert {*dose_rules().statuses, *dose_rules().by_day, "none"} == set(DoseStatus)


@pytest.mark.parametrize("message", ["took the whole pack", "I took all my pills", "I swallowed 20 tablets"])
def test_an_overdose_is_a_red_flag(message: str) -> None:
    assert kinds(message) == ["overdose"]


@pytest.mark.parametrize("message", ["took two", "I took a double dose by mistake", "took an extra pill yesterday"])
def test_a_double_dose_is_a_change_and_no_red_flag(message: str) -> None:
    assert dose_statement(message).status is DoseStatus.CHANGED
    assert kinds(message) == []


def test_every_day_named_is_kept_in_order() -> None:
    assert dose_statement("I missed Tuesday and Wednesday").days == ("tuesday", "wednesday")


def test_nothing_said_of_day_or_reason_stays_unknown() -> None:
    dose = dose_statement("I missed my pill")
    assert (dose.day_offset, dose.weekday, dose.reason, dose.days) == (None, None, None, ())


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert dose_statement(text).status in DoseStatus
