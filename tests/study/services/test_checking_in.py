"""The check-in: an answer is stored the moment it is given, once, with its words and wording."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from study.checkins import Answer, DoseReport, Occurrence, OccurrenceState
from study.keys import unseal
from study.participants import Participant
from study.services import checking_in
from study.services.dosing import report_dose
from study.work import Work
from tests.factories import later
from tests.study.services.conftest import Site

WEEKLY_HOUR = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
DOSE_HOUR = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)


class Talk:
    """P-001 in a check-in, message after message."""

    def __init__(self, site: Site, checkin: str, day: date, now: datetime) -> None:
        self.site, self.checkin, self.day, self.now = site, checkin, day, now
        self.message_id = 100
        site.ticks(now)

    def occurrence(self) -> Occurrence:
        return self.site.do(
            lambda work: work.session.scalars(
                select(Occurrence).where(
                    Occurrence.participant_id == 1, Occurrence.checkin == self.checkin, Occurrence.day == self.day
                )
            ).one()
        )

    def does(self, act: Any, cause: int | None = None) -> dict[str, Any]:
        self.message_id += 1
        cause = cause or self.site.says("x", self.now, self.message_id)
        outcome: dict[str, Any] = self.site.as_participant(act, self.now, cause=cause)
        return outcome

    def starts(self) -> dict[str, Any]:
        number = self.occurrence().id
        return self.does(lambda work, p: checking_in.start(work, p, number))

    def taps(self, item: str, value: int | str, cause: int | None = None) -> dict[str, Any]:
        number = self.occurrence().id
        return self.does(lambda work, p: checking_in.answer_tapped(work, p, number, item, value), cause)

    def types(self, words: str) -> dict[str, Any]:
        return self.does(lambda work, p: checking_in.answer_typed(work, p, words))

    def answers(self) -> dict[str, str | None]:
        rows = self.site.rows(Answer)
        return {row.item: row.value for row in rows}


@pytest.fixture
def weekly(site: Site) -> Talk:
    return Talk(site, "weekly", date(2026, 3, 9), WEEKLY_HOUR)


@pytest.fixture
def dose(site: Site) -> Talk:
    return Talk(site, "daily", date(2026, 3, 2), DOSE_HOUR)


def ids(outcome: dict[str, Any]) -> list[str]:
    return [one["wording"] for one in outcome["says"]]


def test_item_follows_item_and_what_is_branched_off_is_zero_not_missing(weekly: Talk) -> None:
    assert weekly.starts()["checkin"]["item"] == "nausea.frequency"
    assert weekly.taps("nausea.frequency", 0)["checkin"]["item"] == "fatigue.severity"
    assert weekly.taps("fatigue.severity", 2)["checkin"]["item"] == "fatigue.interference"
    assert weekly.taps("fatigue.interference", 1)["checkin"]["item"] == "joint_pain.frequency"
    done = weekly.taps("joint_pain.frequency", 0)
    assert done["checkin"] is None
    assert ids(done) == ["checkin.weekly.done"]
    assert weekly.occurrence().state == OccurrenceState.COMPLETED
    assert weekly.answers() == {
        "nausea.frequency": "0",
        "nausea.severity": "0",
        "fatigue.severity": "2",
        "fatigue.interference": "1",
        "joint_pain.frequency": "0",
        "joint_pain.severity": "0",
        "joint_pain.interference": "0",
    }


def test_an_answer_keeps_item_value_words_times_and_wording(weekly: Talk) -> None:
    weekly.starts()
    weekly.types("Occasionally")
    (row,) = weekly.site.rows(Answer)
    assert (row.item, row.value) == ("nausea.frequency", "2")
    assert (row.wording_id, row.wording_version, row.answered_at) == ("item.nausea.frequency", 1, WEEKLY_HOUR)
    words = weekly.site.db.read(lambda session: unseal(session, row.words_sealed))
    assert words == "Occasionally"


def test_the_same_message_replayed_gives_the_same_result_and_one_answer(weekly: Talk) -> None:
    weekly.starts()
    cause = weekly.site.says("x", WEEKLY_HOUR, 999)
    first = weekly.taps("nausea.frequency", 3, cause)
    assert weekly.taps("nausea.frequency", 3, cause) == first
    assert len(weekly.site.rows(Answer)) == 1


def test_a_button_pressed_twice_is_one_answer(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 3)
    again = weekly.taps("nausea.frequency", 1)
    assert ids(again) == ["answer.already_recorded"]
    assert again["checkin"]["item"] == "nausea.severity"
    assert weekly.answers() == {"nausea.frequency": "3"}


def test_a_button_of_a_closed_day_says_so_kindly_and_changes_nothing(weekly: Talk) -> None:
    weekly.starts()
    weekly.site.ticks(WEEKLY_HOUR + timedelta(hours=72))
    assert ids(weekly.taps("nausea.frequency", 3)) == ["checkin.closed"]
    assert weekly.site.rows(Answer) == []
    assert weekly.occurrence().state == OccurrenceState.MISSED


def test_another_participants_button_does_nothing(weekly: Talk) -> None:
    weekly.starts()
    number = weekly.occurrence().id

    def steal(work: Work, other: Participant) -> dict[str, Any]:
        return checking_in.answer_tapped(work, other, number, "nausea.frequency", 4)

    weekly.site.as_participant(steal, WEEKLY_HOUR, code="P-900")
    assert weekly.site.rows(Answer) == []


def test_what_fits_no_choice_is_not_made_to_fit_and_longer_words_reach_staff(weekly: Talk) -> None:
    weekly.starts()
    assert ids(weekly.types("pretty bad")) == ["checkin.not_understood"]
    assert weekly.site.concerns() == []
    told = weekly.types("well it comes and goes with the weather really")
    assert ids(told) == ["question.passed_on", "checkin.not_understood"]
    assert [one.kind for one in weekly.site.concerns()] == ["question"]
    assert weekly.site.rows(Answer) == []
    assert told["checkin"]["item"] == "nausea.frequency"


def test_a_severe_answer_raises_a_concern_once_for_the_check_in_and_the_participant_is_told(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 4)
    weekly.taps("nausea.severity", 4)
    weekly.taps("fatigue.severity", 0)
    done = weekly.taps("joint_pain.frequency", 0)
    assert [(one.kind, one.severity) for one in weekly.site.concerns()] == [("threshold", "urgent")]
    assert ids(done) == ["checkin.weekly.done", "concern.threshold_told"]


def test_breaking_off_keeps_what_was_answered_and_start_goes_on_there(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 1)
    stopped = weekly.does(lambda work, p: checking_in.stop(work, p))
    assert ids(stopped) == ["checkin.stopped"]
    assert stopped["checkin"] is None
    assert weekly.starts()["checkin"]["item"] == "nausea.severity"


def test_later_asks_again_in_three_hours_and_not_before(weekly: Talk) -> None:
    number = weekly.occurrence().id
    weekly.does(lambda work, p: checking_in.later(work, p, number))
    pushes = lambda: weekly.site.letters(lane="reminder").count("checkin.weekly.open")  # noqa: E731 - read twice below
    before = pushes()
    weekly.site.ticks(WEEKLY_HOUR + timedelta(hours=2, minutes=59))
    assert pushes() == before
    weekly.site.ticks(WEEKLY_HOUR + timedelta(hours=3))
    assert pushes() == before + 1


def test_a_dose_taken_is_recorded_for_its_own_day(dose: Talk) -> None:
    done = dose.taps("dose.taken", "taken")
    assert ids(done) == ["checkin.daily.done_taken"]
    (report,) = dose.site.rows(DoseReport)
    assert (report.day, report.status) == (date(2026, 3, 2), "taken")


def test_a_missed_dose_asks_why(dose: Talk) -> None:
    assert dose.taps("dose.taken", "missed")["checkin"]["item"] == "dose.reason"
    dose.taps("dose.reason", "forgot")
    (report,) = dose.site.rows(DoseReport)
    assert (report.status, report.reason) == ("missed", "forgot")
    assert dose.occurrence().state == OccurrenceState.COMPLETED


def test_not_yet_is_asked_once_more_and_counts_as_nothing(dose: Talk) -> None:
    assert ids(dose.taps("dose.taken", "not_yet")) == ["checkin.daily.done_not_yet"]
    assert dose.site.rows(DoseReport) == []
    dose.site.ticks(DOSE_HOUR + timedelta(minutes=90))
    assert dose.site.letters(lane="reminder").count("checkin.daily.nudge") == 1
    assert ids(dose.taps("dose.taken", "taken")) == ["checkin.daily.done_taken"]


def test_after_midnight_yesterdays_question_is_not_asked_as_todays_but_its_button_still_counts(dose: Talk) -> None:
    assert dose.site.as_participant(checking_in.active_occurrence, DOSE_HOUR) is not None
    dose.now = DOSE_HOUR + timedelta(hours=13)
    assert dose.site.as_participant(checking_in.active_occurrence, dose.now) is None
    assert ids(dose.types("yes")) == ["checkin.closed"]
    assert dose.taps("dose.taken", "missed")["checkin"]["item"] == "dose.reason"
    (report,) = dose.site.rows(DoseReport)
    assert report.day == date(2026, 3, 2)


def test_a_statement_out_of_the_blue_goes_to_the_day_it_speaks_of(site: Site) -> None:
    now = later(days=1)
    cause = site.says("x", now, 500)
    told = site.as_participant(lambda work, p: report_dose(work, p, "I forgot my pill last night"), now, cause=cause)
    (report,) = site.rows(DoseReport)
    assert (report.day, report.status) == (date(2026, 3, 2), "missed")
    assert told["says"][0]["wording"] == "dose.recorded_missed"
    assert told["says"][0]["params"]["day"] == "yesterday"


def test_a_dose_told_before_it_is_asked_for_is_not_asked_for(site: Site) -> None:
    cause = site.says("x", later(hours=2), 500)
    site.as_participant(lambda work, p: report_dose(work, p, "took my pill this morning"), later(hours=2), cause=cause)
    site.ticks(DOSE_HOUR)
    mine = [row for row in site.rows(Occurrence) if row.participant_id == 1 and row.day == date(2026, 3, 2)]
    assert [row.state for row in mine if row.checkin == "daily"] == [OccurrenceState.COMPLETED]


def test_stopping_the_medicine_reaches_staff(site: Site) -> None:
    cause = site.says("x", later(hours=2), 500)
    told = site.as_participant(lambda work, p: report_dose(work, p, "I stopped taking my pills"), cause=cause)
    assert told["says"][0]["wording"] == "dose.stopped"
    assert [(one.kind, one.severity) for one in site.concerns()] == [("dose", "urgent")]
