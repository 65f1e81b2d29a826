"""Fault 22: a changed message is a new version, read again; the first one is kept, and what it did is put right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.updates import read_update
from study.checkins import Answer, DoseReport, Occurrence, OccurrenceState
from study.concerns import ConcernKind, ConcernReport
from study.inbox import InboxRow, InboxState
from study.keys import unseal
from study.participants import Participant, chat_of
from study.protocol import Severity
from study.replies import Say
from study.services import checking_in
from study.services.dose_days import dose_of_day
from study.services.dosing import plain_doses
from study.services.editing import edited, is_outdated
from study.services.passing_on import pass_on
from study.services.taking_answers import answer_typed
from study.services.taking_concerns import acknowledge
from study.work import Work
from tests.factories import a_message, received
from tests.study.services.conftest import Site

NOON = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)  # Day 3, a Wednesday
WEEKLY_HOUR = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)


class Words:
    """What P-001 writes and changes."""

    def __init__(self, site: Site) -> None:
        self.site, self.now, self.edits = site, NOON, 0

    def writes(self, words: str, act: Any, number: int = 500) -> int:
        """A message and what came of it; its inbox row."""
        cause = self.site.says(words, self.now, number)
        self.site.as_participant(act, self.now, cause=cause)
        self.site.do(lambda work: self._done(work, cause))
        return cause

    @staticmethod
    def _done(work: Work, cause: int) -> None:
        work.session.get_one(InboxRow, cause).state = InboxState.DONE

    def tells_dose(self, words: str) -> int:
        return self.writes(words, lambda work, p: plain_doses(work, p, words))

    def asks_staff(self, words: str) -> int:
        return self.writes(words, lambda work, p: pass_on(work, p, ConcernKind.QUESTION, Severity.ROUTINE))

    def changes(self, words: str, number: int = 500, **more: Any) -> tuple[str, list[str]] | None:
        self.edits += 1
        message = a_message(words, 1001, number, self.now, **more)["message"]
        update = {"update_id": 1, "edited_message": message | {"edit_date": message["date"] + self.edits}}
        cause = self.site.db.run(lambda session: received(session, self.site.study, update, self.now)).inbox_id

        def answer(work: Work, participant: Participant) -> tuple[str, list[Say]] | None:
            chat = chat_of(work.session, participant)
            assert chat is not None
            return edited(work, participant, chat, read_update("participants", update))

        told = self.site.as_participant(answer, self.now, cause=cause)
        self.site.do(lambda work: self._done(work, cause))
        return None if told is None else (told[0], [one["wording"] for one in told[1]])

    def dose(self, day: date) -> str | None:
        report = self.site.db.read(lambda session: dose_of_day(session, 1, day))
        return report.status if report is not None else None

    def occurrence(self, checkin: str, day: date) -> Occurrence:
        mine = [one for one in self.site.rows(Occurrence) if one.participant_id == 1]
        return next(one for one in mine if (one.checkin, one.day) == (checkin, day))

    def answered_weekly(self, first: str = "3") -> None:
        """The first weekly question, answered by word in message 500."""
        self.now = WEEKLY_HOUR
        self.site.ticks(self.now)
        number = self.occurrence("weekly", date(2026, 3, 9)).id
        self.site.as_participant(lambda work, p: checking_in.start(work, p, number), self.now)
        self.writes(first, lambda work, p: answer_typed(work, p, first))

    def answers(self, item: str = "nausea.frequency") -> list[tuple[int, str | None]]:
        return [(one.version, one.value) for one in self.site.rows(Answer) if one.item == item]


@pytest.fixture
def words(site: Site) -> Words:
    return Words(site)


def test_a_changed_answer_is_a_new_version_that_is_said_back(words: Words) -> None:
    words.answered_weekly("3")
    assert words.changes("2") == ("checkin", ["answer.changed_to", "item.nausea.severity"])
    assert words.answers() == [(1, "3"), (2, "2")]


def test_a_changed_answer_is_judged_again(words: Words) -> None:
    words.answered_weekly("3")
    assert words.site.concerns() == []
    words.changes("almost constantly")
    assert [one.details["about"] for one in words.site.concerns()] == [["nausea-often"]]


def test_an_answer_changed_twice_is_its_third_version(words: Words) -> None:
    words.answered_weekly("3")
    words.changes("2")
    words.changes("1")
    assert words.answers() == [(1, "3"), (2, "2"), (3, "1")]


def test_an_answer_changed_to_words_that_are_no_choice_stays_and_people_read_them(words: Words) -> None:
    words.answered_weekly("3")
    assert words.changes("3 but only in the mornings") == ("staff", ["message.edited_noted"])
    assert words.answers() == [(1, "3")]
    assert [one.kind for one in words.site.concerns()] == ["question"]


def test_an_answer_is_not_changed_after_its_window(words: Words) -> None:
    words.answered_weekly("3")
    words.now += timedelta(hours=73)
    words.site.ticks(words.now)
    assert words.changes("2") == ("checkin", ["reply.closed"])
    assert words.answers() == [(1, "3")]


def test_both_wordings_are_kept(words: Words) -> None:
    words.tells_dose("forgot my tablet on monday")
    words.changes("forgot my tablet on tuesday")

    def kept(work: Work) -> list[str | None]:
        return [unseal(work.session, row.words_sealed) for row in words.site.rows(InboxRow)]

    assert words.site.do(kept) == ["forgot my tablet on monday", "forgot my tablet on tuesday"]


def test_a_dose_of_the_wrong_day_is_moved_to_the_right_one(words: Words) -> None:
    words.tells_dose("forgot my tablet on monday")
    assert words.changes("forgot my tablet on tuesday") == ("dose", ["dose.recorded_missed"])
    assert (words.dose(MONDAY), words.dose(TUESDAY)) == ("unknown", "missed")


def test_what_was_known_of_the_day_before_counts_again(words: Words) -> None:
    words.writes("x", lambda work, p: plain_doses(work, p, "took my tablet on monday"), 400)
    words.tells_dose("forgot my tablet on monday")
    words.changes("forgot my tablet on tuesday")
    assert (words.dose(MONDAY), words.dose(TUESDAY)) == ("taken", "missed")


def test_a_changed_status_counts_for_the_same_day(words: Words) -> None:
    words.tells_dose("forgot my tablet on monday")
    assert words.changes("took it") == ("dose", ["dose.recorded_taken"])
    assert [(one.day, one.status) for one in words.site.rows(DoseReport)] == [(MONDAY, "missed"), (MONDAY, "taken")]


def test_todays_dose_told_by_mistake_is_asked_for_again(words: Words) -> None:
    words.tells_dose("took my tablet today")
    assert words.occurrence("daily", WEDNESDAY).state == OccurrenceState.COMPLETED
    words.changes("took my tablet yesterday")
    words.site.ticks(NOON + timedelta(hours=8))
    assert words.occurrence("daily", WEDNESDAY).state == OccurrenceState.STARTED
    assert "checkin.daily.open" in words.site.letters(lane="reminder")


def test_words_that_went_to_staff_are_joined_by_the_new_ones(words: Words) -> None:
    first = words.asks_staff("my parking ticket")
    before = len(words.site.letters(to="staff"))
    assert words.changes("my parking ticket of monday") == ("staff", ["message.edited_noted"])
    (concern,) = words.site.concerns()
    reports = words.site.do(lambda work: [row.inbox_id for row in work.session.query(ConcernReport)])
    assert (len(reports), first in reports, concern.kind) == (2, True, "question")
    assert len(words.site.letters(to="staff")) == before


def test_words_changed_after_somebody_saw_them_are_a_new_concern(words: Words) -> None:
    words.asks_staff("my parking ticket")
    number = words.site.concerns()[0].id
    words.site.as_staff(lambda work, nurse: acknowledge(work, nurse, number), now=NOON)
    words.changes("my parking ticket, and I was sent home")
    assert [one.state for one in words.site.concerns()] == ["acknowledged", "notified"]


def test_a_question_that_was_answered_is_answered_anew_and_nobody_is_called(words: Words) -> None:
    words.writes("can I drink beer?", lambda work, p: None)
    assert words.changes("can I drink wine?") is None
    assert words.site.concerns() == []


def test_a_red_flag_in_the_new_words_is_one(words: Words) -> None:
    words.writes("I feel odd", lambda work, p: None)
    words.changes("I feel odd and cannot breathe")
    assert [one.flags for one in words.site.concerns()] == [["breathing"]]


def test_a_message_changed_into_a_command_does_nothing(words: Words) -> None:
    words.writes("stop it", lambda work, p: None)
    command = [{"type": "bot_command", "offset": 0, "length": 5}]
    assert words.changes("/stop", entities=command) == ("command", ["edit.command"])


def test_of_a_message_not_answered_yet_only_the_newest_wording_is(words: Words) -> None:
    first = words.site.says("can I dri", NOON, 500)
    update = {"update_id": 1, "edited_message": a_message("can I drink?", 1001, 500)["message"] | {"edit_date": 9}}
    second = words.site.db.run(lambda session: received(session, words.site.study, update, NOON)).inbox_id

    def outdated(cause: int, what: Any) -> bool:
        def ask(work: Work, participant: Participant) -> bool:
            chat = chat_of(work.session, participant)
            assert chat is not None
            return is_outdated(work, chat, read_update("participants", what))

        return words.site.as_participant(ask, NOON, cause=cause)

    assert outdated(first, a_message("can I dri", 1001, 500))
    assert not outdated(second, update)
