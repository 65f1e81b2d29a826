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
from study.services.answering import newest_answers
from study.services.breaking_off import break_off
from study.services.dosing import report_dose
from study.services.occurrences import active_occurrence
from study.services.summing_up import change, change_item
from study.services.taking_answers import answer_tapped, answer_typed, belongs_here
from study.work import Work
from tests.factories import later
from tests.study.services.conftest import Site

WEEKLY_HOUR = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
DOSE_HOUR = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)


class Talk:
    """P-001 in a check-in, message after message."""

    def __init__(self, site: Site, checkin: str, day: date, now: datetime) -> None:
        self.site, self.checkin, self.day, self.now = site, checkin, day, now
        self.message_id = 1000 * day.day  # a message of its own for every act of every day
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
        return self.does(lambda work, p: answer_tapped(work, p, number, item, value), cause)

    def breaks_off(self, words: str) -> dict[str, Any]:
        return self.does(lambda work, p: break_off(work, p, words))

    def types(self, words: str, guess: dict[str, Any] | None = None) -> dict[str, Any]:
        cause = self.site.says(words, self.now, self.message_id + 500)
        return self.does(lambda work, p: answer_typed(work, p, words, guess), cause)

    def answers(self) -> dict[str, str | None]:
        rows = self.site.rows(Answer)
        return {row.item: row.value for row in rows}

    def says_that_nothing_else_is(self) -> dict[str, Any]:
        """The last three items of the weekly questions, with nothing to tell."""
        self.taps("diarrhea.frequency", 0)
        self.taps("rash.presence", 0)
        return self.taps("note.words", "nothing")

    def well_but(self, item: str, value: int) -> dict[str, Any]:
        """A whole weekly check-in with one answer of its own."""
        outcome = self.starts()
        at = self.occurrence()
        while at.state == OccurrenceState.STARTED and at.item is not None:
            choices = self.site.study.items[at.item].values
            outcome = self.taps(at.item, value if at.item == item else choices[0])
            at = self.occurrence()
        return outcome


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
    assert weekly.taps("joint_pain.frequency", 0)["checkin"]["item"] == "diarrhea.frequency"
    done = weekly.says_that_nothing_else_is()
    assert done["checkin"] is None
    assert ids(done) == ["checkin.weekly.done", "checkin.summary"]
    assert weekly.occurrence().state == OccurrenceState.COMPLETED
    assert weekly.answers() == {
        "nausea.frequency": "0",
        "nausea.severity": "0",
        "fatigue.severity": "2",
        "fatigue.interference": "1",
        "joint_pain.frequency": "0",
        "joint_pain.severity": "0",
        "joint_pain.interference": "0",
        "diarrhea.frequency": "0",
        "rash.presence": "0",
        "note.words": "nothing",
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
        return answer_tapped(work, other, number, "nausea.frequency", 4)

    weekly.site.as_participant(steal, WEEKLY_HOUR, code="P-900")
    assert weekly.site.rows(Answer) == []


def test_what_fits_no_choice_is_not_made_to_fit_and_longer_words_reach_staff(weekly: Talk) -> None:
    weekly.starts()
    assert ids(weekly.types("it depends")) == ["checkin.not_understood"]
    assert weekly.site.concerns() == []
    told = weekly.types("well it comes and goes with the weather really")
    assert ids(told) == ["question.passed_on", "checkin.not_understood"]
    assert [one.kind for one in weekly.site.concerns()] == ["question"]
    assert [row.value for row in weekly.site.rows(Answer)] == [None, None]  # kept as words, without a score
    assert told["checkin"]["item"] == "nausea.frequency"


def test_a_loosely_worded_answer_is_shown_back_and_counts_when_it_is_tapped(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 2)
    offered = weekly.types("pretty bad")["guess"]
    assert (offered["item"], offered["value"]) == ("nausea.severity", 3)
    shown = weekly.site.as_participant(lambda work, p: checking_in.ask_current(work, p, offered), weekly.now)
    (confirming,) = shown["says"]
    assert (confirming["wording"], confirming["asks"]) == ("checkin.confirm", "nausea.severity")
    assert weekly.answers()["nausea.severity"] is None

    yes = confirming["buttons"][0][0]["tap"]
    number = weekly.occurrence().id
    weekly.does(lambda work, p: answer_tapped(work, p, number, yes["item"], yes["value"], said=yes["said"]))
    kept = weekly.site.do(lambda work: newest_answers(work, weekly.occurrence())["nausea.severity"])
    words = weekly.site.db.read(lambda session: unseal(session, kept.words_sealed))
    assert (kept.value, kept.version, words) == ("3", 2, "pretty bad")


def test_a_typed_yes_confirms_what_was_shown_back_and_a_typed_answer_replaces_it(weekly: Talk) -> None:
    weekly.starts()
    offered = weekly.types("3ish, no wait, 2")["guess"]
    assert offered["value"] == 2
    assert weekly.types("yes", offered)["checkin"]["item"] == "nausea.severity"
    assert weekly.answers()["nausea.frequency"] == "2"
    offered = weekly.types("pretty bad")["guess"]
    assert weekly.types("mild", offered)["checkin"]["item"] == "fatigue.severity"
    assert weekly.answers()["nausea.severity"] == "1"


def test_a_yes_to_no_is_not_turned_into_taken(dose: Talk) -> None:
    offered = dose.types("no")["guess"]
    assert offered["value"] == "not_yet"
    assert ids(dose.types("yes", offered)) == ["checkin.daily.done_not_yet"]
    assert dose.site.rows(DoseReport) == []


def test_the_same_as_last_week_is_asked_again_and_never_looked_up(weekly: Talk) -> None:
    weekly.starts()
    again = weekly.types("same as last week")
    assert ids(again) == ["checkin.ask_afresh"]
    assert again["checkin"]["item"] == "nausea.frequency"
    assert weekly.site.rows(Answer) == []


def test_own_words_at_the_end_are_kept_and_reach_staff(weekly: Talk) -> None:
    weekly.starts()
    for item in ("nausea.frequency", "fatigue.severity", "joint_pain.frequency", "diarrhea.frequency", "rash.presence"):
        weekly.taps(item, 0)
    done = weekly.types("my left ear rings a bit at night")
    assert ids(done) == ["checkin.weekly.done", "checkin.note_passed_on", "checkin.summary"]
    (concern,) = weekly.site.concerns()
    assert (concern.kind, concern.details["about"]) == ("symptom", ["free_text"])
    assert weekly.answers()["note.words"] is None
    assert weekly.occurrence().state == OccurrenceState.COMPLETED


@pytest.mark.parametrize("words", ["no", "Nothing else, thanks", "No, thank you"])
def test_nothing_to_add_bothers_nobody(weekly: Talk, words: str) -> None:
    weekly.starts()
    for item in ("nausea.frequency", "fatigue.severity", "joint_pain.frequency", "diarrhea.frequency", "rash.presence"):
        weekly.taps(item, 0)
    assert ids(weekly.types(words)) == ["checkin.weekly.done", "checkin.summary"]
    assert weekly.site.concerns() == []


@pytest.mark.parametrize(
    ("words", "understood", "here"),
    [
        ("mild", {"digression": True, "route": "symptom"}, True),  # a clear choice, whatever the model says
        ("pretty bad", {"digression": True, "route": "symptom"}, True),
        ("pretty bad headache", {"digression": True, "route": "symptom"}, False),  # another symptom
        ("is it bad?", {"digression": True, "route": "answer"}, False),
        ("who can see my answers", {"digression": True, "route": "answer"}, False),
        ("same as last week", {"digression": True, "route": "unsure"}, True),
        ("hm", {"digression": False, "route": "checkin"}, True),
        ("severe, right behind the breastbone", {"digression": False, "flags": ["chest_pain"]}, False),
    ],
)
def test_whose_words_are_meant_for_the_open_question(
    weekly: Talk, words: str, understood: dict[str, Any], here: bool
) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 2)
    meant = weekly.site.as_participant(lambda work, p: belongs_here(work, p, words, understood, None), weekly.now)
    assert meant is here


def test_nothing_is_asked_below_an_alarm(weekly: Talk) -> None:
    weekly.starts()
    assert not weekly.does(lambda work, p: {"silent": checking_in.waits_in_silence(work, p)})["silent"]
    alarm = weekly.site.says("i fainted on the stairs", weekly.now, 77)
    assert weekly.does(lambda work, p: {"silent": checking_in.waits_in_silence(work, p)}, cause=alarm)["silent"]


def test_a_severe_answer_raises_a_concern_once_for_the_check_in_and_the_participant_is_told(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 4)
    weekly.taps("nausea.severity", 4)
    weekly.taps("fatigue.severity", 0)
    weekly.taps("joint_pain.frequency", 0)
    done = weekly.says_that_nothing_else_is()
    (concern,) = weekly.site.concerns()
    assert (concern.kind, concern.severity) == ("threshold", "urgent")
    assert concern.details == {
        "about": ["nausea-often", "nausea-severe"],
        "items": ["nausea.frequency", "nausea.severity"],
    }
    assert ids(done) == ["checkin.weekly.done", "concern.threshold_told", "checkin.summary"]


def test_who_breaks_off_after_a_severe_answer_is_told_who_reads_it(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 4)
    assert ids(weekly.breaks_off("stop there")) == [
        "concern.threshold_told",
        "checkin.stopped",
    ]


def test_a_change_from_baseline_raises_a_concern_although_the_score_itself_does_not(site: Site) -> None:
    first = Talk(site, "weekly", date(2026, 3, 9), WEEKLY_HOUR)
    first.well_but("fatigue.severity", 0)
    second = Talk(site, "weekly", date(2026, 3, 16), WEEKLY_HOUR + timedelta(days=7))
    second.well_but("fatigue.severity", 1)
    assert site.concerns() == []
    third = Talk(site, "weekly", date(2026, 3, 23), WEEKLY_HOUR + timedelta(days=14))
    done = third.well_but("fatigue.severity", 2)
    (concern,) = [one for one in site.concerns() if one.kind == "threshold"]
    assert concern.details["about"] == ["fatigue-worse"]
    assert "concern.threshold_told" in ids(done)


def test_an_answer_is_changed_from_the_summary_and_both_versions_stay(weekly: Talk) -> None:
    weekly.well_but("diarrhea.frequency", 1)
    number = weekly.occurrence().id
    (which,) = weekly.does(lambda work, p: change(work, p, {"occurrence": number}))
    offered = [row[0]["tap"]["item"] for row in which["buttons"]]
    assert "diarrhea.frequency" in offered
    assert "nausea.severity" not in offered  # was never asked

    tap = {"occurrence": number, "item": "nausea.frequency"}
    (asked,) = weekly.does(lambda work, p: change_item(work, p, tap))
    assert asked["asks"] == "nausea.frequency"
    follows = weekly.taps("nausea.frequency", 3)
    assert follows["checkin"]["item"] == "nausea.severity"  # its 0 only followed from "never"
    done = weekly.taps("nausea.severity", 1)
    assert ids(done) == ["checkin.changed", "checkin.summary"]
    versions = [(row.version, row.value) for row in weekly.site.rows(Answer) if row.item == "nausea.frequency"]
    assert versions == [(1, "0"), (2, "3")]
    assert weekly.occurrence().state == OccurrenceState.COMPLETED


def test_never_after_all_makes_the_rest_of_the_branch_zero(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 2)
    weekly.taps("nausea.severity", 2)
    weekly.taps("fatigue.severity", 0)
    weekly.taps("joint_pain.frequency", 0)
    weekly.says_that_nothing_else_is()
    tap = {"occurrence": weekly.occurrence().id, "item": "nausea.frequency"}
    weekly.does(lambda work, p: change_item(work, p, tap))
    weekly.taps("nausea.frequency", 0)
    assert weekly.answers()["nausea.severity"] == "0"


def test_a_change_begun_and_left_leaves_the_check_in_completed(weekly: Talk) -> None:
    weekly.well_but("diarrhea.frequency", 1)
    tap = {"occurrence": weekly.occurrence().id, "item": "nausea.frequency"}
    weekly.does(lambda work, p: change_item(work, p, tap))
    closing = WEEKLY_HOUR + timedelta(hours=72)
    weekly.site.ticks(closing)
    assert weekly.occurrence().state == OccurrenceState.COMPLETED
    weekly.now = closing
    (late,) = weekly.does(lambda work, p: change_item(work, p, tap))
    assert late["wording"] == "checkin.closed"


def test_not_now_leaves_it_out_without_a_reminder_and_it_can_still_be_taken_up(weekly: Talk) -> None:
    tap = {"occurrence": weekly.occurrence().id}
    (told,) = weekly.does(lambda work, p: checking_in.not_now(work, p, tap))
    assert told["wording"] == "checkin.not_now"
    weekly.site.ticks(WEEKLY_HOUR + timedelta(hours=25))
    assert "checkin.weekly.nudge" not in weekly.site.letters(lane="reminder")
    weekly.now = WEEKLY_HOUR + timedelta(hours=26)
    assert weekly.starts()["checkin"]["item"] == "nausea.frequency"


def test_what_was_left_out_is_not_counted_as_silence(weekly: Talk) -> None:
    tap = {"occurrence": weekly.occurrence().id}
    weekly.does(lambda work, p: checking_in.not_now(work, p, tap))
    weekly.site.ticks(WEEKLY_HOUR + timedelta(hours=72))
    closed = weekly.occurrence()
    assert (closed.state, closed.skipped) == (OccurrenceState.SKIPPED, "declined")


def test_breaking_off_keeps_what_was_answered_and_start_goes_on_there(weekly: Talk) -> None:
    weekly.starts()
    weekly.taps("nausea.frequency", 1)
    stopped = weekly.breaks_off("stop there")
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


def test_later_in_the_evening_means_tomorrow_after_the_quiet_hours(weekly: Talk) -> None:
    weekly.now = datetime(2026, 3, 9, 19, 30, tzinfo=UTC)  # 20:30 in Madrid; three hours later it is quiet
    number = weekly.occurrence().id
    (told,) = weekly.does(lambda work, p: checking_in.later(work, p, number))["says"]
    assert told["params"]["again"] == "tomorrow at 08:00"


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
    assert dose.site.as_participant(active_occurrence, DOSE_HOUR) is not None
    dose.now = DOSE_HOUR + timedelta(hours=13)
    assert dose.site.as_participant(active_occurrence, dose.now) is None
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
    assert told["says"][0]["params"]["day"] == "yesterday (Monday)"


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


def test_not_now_puts_off_the_check_in_that_waits(weekly: Talk) -> None:
    assert ids(weekly.breaks_off("not now, i am at work")) == ["checkin.later"]
    assert weekly.site.concerns() == []


def test_stop_before_a_check_in_is_begun_is_asked_about_and_staff_see_it(weekly: Talk) -> None:
    """It may be the questions, the tablets or the study: nobody guesses."""
    (asked,) = weekly.breaks_off("i want to stop")["says"]
    assert asked["wording"] == "choices.which"
    assert len(asked["buttons"]) == 6
    assert weekly.occurrence().state == OccurrenceState.ASKED
    assert [(one.kind, one.details) for one in weekly.site.concerns()] == [("question", {"about": ["stop"]})]


def test_with_no_question_open_breaking_off_is_heard_kindly(site: Site) -> None:
    told = site.as_participant(lambda work, p: break_off(work, p, "not now, i am at work"))
    assert ids(told) == ["checkin.none_open"]
    told = site.as_participant(lambda work, p: break_off(work, p, "i want out"))
    assert ids(told) == ["choices.which"]
