"""Figures of a report, counted by hand: two participants of S1, with noise from another site and a test participant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session

from study.alarms import sound
from study.checkins import DoseReport, Occurrence, OccurrenceState, Skipped
from study.concerns import Concern, ConcernKind, ConcernReport, ConcernState
from study.db.session import Database
from study.inbox import InboxRow
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import Participant, Standing, chat_of
from study.protocol import Severity, Study
from study.replies import put_replies, say
from study.services.concerning import raise_concern
from study.services.reporting import Report, Scope, Waits, report, spoken_seconds
from study.wishes import Scope as WishScope
from study.wishes import Wish
from study.work import Work
from tests.factories import MONDAY, a_participant, later, received
from tests.factories import a_message as message

T = TypeVar("T")
LAST = MONDAY.date() + timedelta(days=9)
TEN_DAYS = MONDAY + timedelta(days=10)


class Made:
    """Three participants' worth of rows, and what a report says of them."""

    def __init__(self, db: Database, study: Study) -> None:
        self.db, self.study = db, study
        db.run(lambda session: self._people(Work(session, study, MONDAY)))

    def _people(self, work: Work) -> None:
        for number, (code, site) in enumerate(
            [("P-001", "S1"), ("P-002", "S1"), ("P-800", "S1"), ("P-900", "S2")], start=1
        ):
            participant = a_participant(work, code, site, chat=1000 + number)
            participant.is_test = code == "P-800"
            work.session.query(Occurrence).filter_by(participant_id=participant.id).delete()
            for day in range(4):
                self._occurrence(work, participant, "daily", day, OccurrenceState.COMPLETED)
            self._dose(work, participant, 0, "taken")

    def _occurrence(
        self, work: Work, participant: Participant, checkin: str, day: int, state: str, skipped: str | None = None
    ) -> None:
        opens = MONDAY + timedelta(days=day)
        work.session.add(
            Occurrence(
                participant_id=participant.id,
                checkin=checkin,
                day=opens.date(),
                opens_at=opens,
                nudge_at=opens,
                closes_at=opens,
                state=state,
                skipped=skipped,
            )
        )

    def _dose(self, work: Work, participant: Participant, day: int, status: str) -> None:
        work.session.add(
            DoseReport(
                participant_id=participant.id,
                day=(MONDAY + timedelta(days=day)).date(),
                status=status,
                reported_at=work.now,
            )
        )
        work.session.flush()

    def do(self, act: Callable[[Work], T], now: datetime = MONDAY) -> T:
        return self.db.run(lambda session: act(Work(session, self.study, now)))

    def participant(self, work: Work, code: str) -> Participant:
        return work.session.query(Participant).filter_by(code=code).one()

    def concern(self, code: str | None, kind: ConcernKind, severity: Severity, delivered: float, taken: float) -> None:
        """Delivered and acknowledged so many minutes after it was received; negative: not yet."""

        def make(work: Work) -> None:
            about = self.participant(work, code) if code else None
            concern = raise_concern(work, about, kind, severity)
            concern.delivered_at = None if delivered < 0 else MONDAY + timedelta(minutes=delivered)
            concern.acknowledged_at = None if taken < 0 else MONDAY + timedelta(minutes=taken)
            concern.state = ConcernState.NOTIFIED if taken < 0 else ConcernState.ACKNOWLEDGED

        self.do(make)

    def report(self, **scope: Any) -> Report:
        return self.db.read(lambda session: report(session, self.study, TEN_DAYS, Scope(**scope)))


@pytest.fixture
def made(db: Database, study: Study) -> Made:
    return Made(db, study)


def test_test_participants_are_counted_nowhere_and_said_so(made: Made) -> None:
    ours = made.report()
    assert ours.standings == {"enrolled": 3}
    assert ours.tests_left_out == 1
    assert ours.checkins[_place(made, "daily")].completed == 12
    with_them = made.report(with_tests=True)
    assert (with_them.standings, with_them.tests_left_out) == ({"enrolled": 4}, 0)
    assert with_them.checkins[_place(made, "daily")].completed == 16


def test_one_site_is_that_site(made: Made) -> None:
    assert made.report(site="S1").standings == {"enrolled": 2}
    assert made.report(site="S2").doses.due == 4


def _place(made: Made, checkin: str) -> int:
    return list(made.study.checkins).index(checkin)


def test_completion_counts_due_missed_and_skipped_apart_and_not_those_who_had_left(made: Made) -> None:
    def more(work: Work) -> None:
        ana = made.participant(work, "P-001")
        made._occurrence(work, ana, "daily", 4, OccurrenceState.MISSED)
        made._occurrence(work, ana, "daily", 5, OccurrenceState.SKIPPED, Skipped.PAUSED)
        made._occurrence(work, ana, "daily", 6, OccurrenceState.SKIPPED, Skipped.LEFT)
        made._occurrence(work, ana, "daily", 7, OccurrenceState.STARTED)
        made._occurrence(work, ana, "daily", 30, OccurrenceState.PLANNED)  # after the day of the report

    made.do(more)
    daily = made.report(site="S1").checkins[_place(made, "daily")]
    assert (daily.due, daily.completed, daily.missed, daily.still_open) == (10, 8, 1, 1)
    assert daily.skipped == {"left": 1, "paused": 1}
    assert daily.rate == pytest.approx(0.8)


def test_silence_is_an_unknown_dose_and_never_a_missed_one(made: Made) -> None:
    def more(work: Work) -> None:
        ana = made.participant(work, "P-001")
        made._dose(work, ana, 1, "taken")
        made._dose(work, ana, 1, "missed")  # the newest of a day counts
        made._dose(work, ana, 2, "partial")
        made._dose(work, ana, 25, "taken")  # no dose was due that day

    made.do(more)
    doses = made.report(site="S1").doses
    assert doses.due == 8
    assert doses.told == {"taken": 2, "unknown": 4, "missed": 1, "partial": 1}
    assert (doses.unknown, doses.adherence) == (4, pytest.approx(2 / 8))


def test_the_days_asked_for_bound_every_figure(made: Made) -> None:
    made.concern("P-001", ConcernKind.SYMPTOM, Severity.URGENT, 1, 2)
    second = made.report(first=MONDAY.date() + timedelta(days=1), last=MONDAY.date() + timedelta(days=2))
    assert (second.doses.due, second.concerns) == (6, [])
    assert len(made.report(first=MONDAY.date(), last=MONDAY.date()).concerns) == 1
    assert made.report(first=LAST).doses.adherence is None


def test_received_delivered_and_acknowledged_are_kept_apart(made: Made) -> None:
    made.concern("P-001", ConcernKind.SYMPTOM, Severity.URGENT, 1, 10)
    made.concern("P-001", ConcernKind.SYMPTOM, Severity.URGENT, 5, 60)
    made.concern("P-002", ConcernKind.SYMPTOM, Severity.URGENT, 2, -1)
    made.concern(None, ConcernKind.RED_FLAG, Severity.EMERGENCY, -1, -1)
    made.concern("P-800", ConcernKind.RED_FLAG, Severity.EMERGENCY, 0, 0)  # a test participant
    flag, symptom = made.report().concerns
    assert (flag.kind, flag.severity, flag.number) == ("red_flag", "emergency", 1)
    assert flag.to_delivery == Waits(None, None, 1)
    assert (symptom.kind, symptom.number) == ("symptom", 3)
    assert symptom.to_delivery == Waits(120.0, 300.0, 0)
    assert symptom.to_acknowledgement == Waits(35 * 60.0, 3600.0, 1)
    assert made.report().unknown_people == 1


def test_a_concern_that_was_unowned_once_stays_counted_when_somebody_took_it(made: Made) -> None:
    made.concern("P-001", ConcernKind.DOSE, Severity.URGENT, 1, 600)
    made.concern("P-002", ConcernKind.DOSE, Severity.URGENT, 1, 5)

    def mark(work: Work) -> None:
        first = work.session.query(Concern).order_by(Concern.id).first()
        assert first is not None
        sound(work, "concern_unowned", first.reference)
        sound(work, "staff_unreachable", "C-0002")

    made.do(mark)
    (dose,) = made.report().concerns
    assert (dose.number, dose.unowned) == (2, 1)


def test_every_question_to_the_team_counts_also_when_ten_are_one_concern(made: Made) -> None:
    def asked(session: Session) -> InboxRow:
        taken = received(session, made.study, message("a word", 1001, next(numbers), later(minutes=1)))
        return session.get_one(InboxRow, taken.inbox_id)

    numbers = iter(range(10, 20))
    made.concern("P-001", ConcernKind.QUESTION, Severity.ROUTINE, 1, -1)
    made.concern("P-001", ConcernKind.SYMPTOM, Severity.URGENT, 1, -1)

    def link(work: Work) -> None:
        question, symptom = work.session.query(Concern).order_by(Concern.id)
        for concern in (question, question, symptom):
            work.session.add(ConcernReport(concern_id=concern.id, inbox_id=asked(work.session).id))

    made.do(link)
    assert made.report().questions == 2


def test_answers_sent_are_counted_by_topic(made: Made) -> None:
    def answered(work: Work) -> None:
        for code, topic, state in (
            ("P-001", "visits", OutboxState.SENT),
            ("P-002", "visits", OutboxState.SENT),
            ("P-002", "alcohol", OutboxState.SENT),
            ("P-001", "risks", OutboxState.CANCELLED),
            ("P-800", "risks", OutboxState.SENT),
        ):
            chat = chat_of(work.session, made.participant(work, code))
            assert chat is not None
            (row,) = put_replies(work, chat, [say("paused")], key=f"{code}:{topic}", lane=Lane.REPLY)
            row.answer, row.state = topic, state
        assert work.session.query(OutboxRow).count() >= 5

    made.do(answered)
    assert made.report().answers == {"visits": 2, "alcohol": 1}


def test_wishes_are_counted_by_what_was_to_stop(made: Made) -> None:
    def wish(work: Work) -> None:
        for code, scope in (("P-001", WishScope.MESSAGES), ("P-002", WishScope.MESSAGES), ("P-800", WishScope.VISITS)):
            mine = made.participant(work, code)
            work.session.add(Wish(participant_id=mine.id, scope=scope, wished_at=work.now))

    made.do(wish)
    assert made.report().wishes == {"messages": 2}


def test_standings_are_those_of_now(made: Made) -> None:
    def leave(work: Work) -> None:
        made.participant(work, "P-001").standing = Standing.LEFT
        made.participant(work, "P-002").reachable = False

    made.do(leave)
    told = made.report(first=date(2030, 1, 1))
    assert (told.standings, told.unreachable) == ({"enrolled": 2, "left": 1}, 1)


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [(None, "-"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (7500, "2 h 5 min"), (176_400, "2 d 1 h")],
)
def test_a_duration_is_said_as_people_say_it(seconds: float | None, spoken: str) -> None:
    assert spoken_seconds(seconds) == spoken
