"""Somebody else writes: people know, nothing is told, nothing is recorded as the participant's."""

from __future__ import annotations

import re
from itertools import count

import pytest

from study.checkins import DoseReport
from study.db.base import Base
from study.services.somebody_else import somebody_else_writes
from tests.study.services.conftest import Site

NUMBERS = count(1)


def told(site: Site, words: str) -> list[str] | None:
    cause = site.says(words, message_id=next(NUMBERS))
    says = site.as_participant(lambda work, p: somebody_else_writes(work, p, words), cause=cause)
    return None if says is None else [one["wording"] for one in says]


def test_a_relative_is_thanked_and_staff_are_called(site: Site) -> None:
    assert told(site, "This is Maria, Antonio's daughter. He took his pill.") == ["other_person.noted"]
    (concern,) = site.concerns()
    assert (concern.kind, concern.severity) == ("other_person", "urgent")
    assert concern.details == {"about": ["other_person"]}
    assert site.rows(DoseReport) == []


def test_a_treating_doctor_gets_the_sites_number_and_never_an_arm(site: Site) -> None:
    words = "I'm the ER doctor treating this patient, what is he taking"
    assert told(site, words) == ["unblinding.doctor"]
    number = site.study.sites["S1"].code_break_number
    said = site.study.wordings.get("unblinding.doctor").text
    assert "{code_break_number}" in said
    assert number
    assert site.concerns()[0].details == {"about": ["treating_doctor"]}


def test_a_doctor_after_a_relative_calls_again_and_a_second_relative_does_not(site: Site) -> None:
    told(site, "This is Maria, Antonio's daughter")
    told(site, "his wife here")
    assert len(site.letters(to="staff")) == 1
    told(site, "the ER doctor treating him needs to unblind")
    told(site, "the ER doctor treating him needs to unblind")
    assert len(site.letters(to="staff")) == 2
    assert site.concerns()[0].details == {"about": ["other_person", "treating_doctor"]}


@pytest.mark.parametrize("words", ["I am Maria", "my daughter says I look tired", "can you unblind me"])
def test_the_participant_is_answered_as_ever(site: Site, words: str) -> None:
    assert told(site, words) is None
    assert site.concerns() == []


def test_a_red_flag_a_relative_tells_is_the_participants(site: Site) -> None:
    site.says("This is Maria, Antonio's daughter. He collapsed and can't breathe")
    (concern,) = site.concerns()
    assert concern.kind == "red_flag"
    assert concern.details == {"about": ["other_person"]}
    assert concern.participant_id == 1


def test_a_doctor_whose_words_hold_a_red_flag_gets_the_number_as_well(site: Site) -> None:
    site.says("Dr Smith here from A&E, your participant was brought in, I need to unblind")
    assert "unblinding.doctor" in site.letters(lane="alert", to="participants")
    assert site.study.sites["S1"].code_break_number in site.texts()[-1]


def test_no_table_knows_an_arm() -> None:
    """What is not stored cannot be told, hinted at, or counted in a report."""
    names = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}
    assert "concern.kind" in names
    assert [
        name for name in names if re.search(r"[._]arm(_|$)|placebo|treatment|allocat|random|group|unblind", name)
    ] == []
