"""A symptom told out of the blue reaches staff, and its own questions follow."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from study.checkins import Occurrence, OccurrenceState
from study.services.breaking_off import break_off
from study.services.checking_in import start
from study.services.leaving import pause
from study.services.occurrences import active_occurrence
from study.services.taking_answers import answer_tapped
from study.services.telling_symptoms import report_symptom
from tests.factories import MONDAY, later
from tests.study.services.conftest import Site
from tests.study.services.test_checking_in import WEEKLY_HOUR, Talk, ids


def told(site: Site, words: str, number: int = 700) -> dict[str, Any]:
    cause = site.says(words, MONDAY, number)
    return site.as_participant(lambda work, p: report_symptom(work, p, words), cause=cause)


def about(site: Site) -> list[Occurrence]:
    return [row for row in site.rows(Occurrence) if row.checkin.startswith("symptom_")]


def test_its_items_are_asked_and_staff_know_what_it_is_about(site: Site) -> None:
    outcome = told(site, "my joints hurt so much since yesterday")
    assert ids(outcome) == ["symptom.passed_on", "symptom.may_ask"]
    assert outcome["checkin"]["item"] == "joint_pain.frequency"
    (concern,) = site.concerns()
    assert (concern.kind, concern.details) == ("symptom", {"term": ["joint_pain"]})


def test_two_symptoms_are_asked_one_after_the_other(site: Site) -> None:
    outcome = told(site, "I feel sick and my joints hurt")
    assert outcome["checkin"]["item"] == "nausea.frequency"
    number = outcome["checkin"]["occurrence"]
    cause = site.says("x", MONDAY, 701)
    then = site.as_participant(lambda work, p: answer_tapped(work, p, number, "nausea.frequency", 0), cause=cause)
    assert then["checkin"]["item"] == "joint_pain.frequency"
    assert ids(then) == ["checkin.symptom.done", "checkin.summary"]


def test_a_symptom_the_study_does_not_ask_about_is_passed_on_alone(site: Site) -> None:
    outcome = told(site, "I have a headache")
    assert ids(outcome) == ["symptom.passed_on"]
    assert outcome["checkin"] is None
    assert about(site) == []


def test_the_same_symptom_is_asked_about_once_a_day_and_passed_on_each_time(site: Site) -> None:
    number = told(site, "I feel sick")["checkin"]["occurrence"]
    cause = site.says("x", MONDAY, 702)
    site.as_participant(lambda work, p: answer_tapped(work, p, number, "nausea.frequency", 0), cause=cause)
    again = told(site, "I feel sick again", 703)
    assert ids(again) == ["symptom.passed_on"]
    assert len(about(site)) == 1


def test_a_severe_answer_to_it_is_over_the_threshold_as_in_the_weekly_questions(site: Site) -> None:
    number = told(site, "I feel sick")["checkin"]["occurrence"]
    for message, (item, value) in enumerate([("nausea.frequency", 4), ("nausea.severity", 4)], start=702):
        cause = site.says("x", MONDAY, message)
        site.as_participant(lambda work, p, i=item, v=value: answer_tapped(work, p, number, i, v), cause=cause)
    assert ("threshold", "urgent") in [(one.kind, one.severity) for one in site.concerns()]


def test_told_in_the_middle_of_a_check_in_it_is_passed_on_and_the_check_in_goes_on(site: Site) -> None:
    weekly = Talk(site, "weekly", date(2026, 3, 9), WEEKLY_HOUR)
    number = weekly.occurrence().id
    weekly.does(lambda work, p: start(work, p, number))
    outcome = weekly.does(lambda work, p: report_symptom(work, p, "my joints hurt"))
    assert ids(outcome) == ["symptom.passed_on"]
    assert outcome["checkin"]["item"] == "nausea.frequency"
    assert about(site) == []


def test_who_paused_is_asked_nothing(site: Site) -> None:
    site.as_participant(pause)
    assert ids(told(site, "I feel sick")) == ["symptom.passed_on"]
    assert about(site) == []


def test_unanswered_it_closes_in_silence_after_a_day(site: Site) -> None:
    told(site, "I feel sick")
    site.ticks(MONDAY + timedelta(hours=23))
    before = site.letters(lane="reminder")
    site.ticks(MONDAY + timedelta(hours=24))
    (occurrence,) = about(site)
    assert occurrence.state == OccurrenceState.MISSED
    assert site.letters(lane="reminder") == before


def test_a_repeated_turn_opens_one_occurrence(site: Site) -> None:
    cause = site.says("I feel sick", later(), 700)
    for _ in range(2):
        site.as_participant(lambda work, p: report_symptom(work, p, "I feel sick"), cause=cause)
    assert len(about(site)) == 1


def test_a_symptom_that_is_denied_is_read_by_people_and_pitied_by_nobody(site: Site) -> None:
    assert ids(told(site, "no joint pain today, thanks")) == ["symptom.none_now"]
    assert [one.kind for one in site.concerns()] == ["symptom"]
    assert about(site) == []


def test_stop_ends_the_questions_about_every_symptom_that_was_told(site: Site) -> None:
    told(site, "I feel sick and my joints hurt")
    cause = site.says("stop", MONDAY, 702)
    stopped = site.as_participant(lambda work, p: break_off(work, p, "stop"), cause=cause)
    assert ids(stopped) == ["checkin.stopped"]
    assert [one.state for one in about(site)] == [OccurrenceState.ASKED, OccurrenceState.ASKED]
    assert site.as_participant(active_occurrence) is None
