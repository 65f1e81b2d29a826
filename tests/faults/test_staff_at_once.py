"""Faults 11 and 12: staff and the ladder's timer reach for one concern at the same moment, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from study.audit import AuditEvent, first_broken_link
from study.concerns import Concern, ConcernKind, ConcernState
from study.db.session import Database
from study.outbox import OutboxRow, OutboxState
from study.protocol import Severity, Study
from study.services.concerning import raise_concern
from study.services.due import do_what_is_due
from study.services.taking_concerns import acknowledge
from study.staff import StaffMember
from study.work import Work
from tests.factories import MONDAY, a_member, a_participant

ROUNDS = 8


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, let go together; their results. An error in one is raised here."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def act(place: int) -> None:
        barrier.wait()
        try:
            results[place] = acts[place]()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=act, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def a_concern(db: Database, study: Study, number: int) -> int:
    """An emergency of a participant of its own, its first page on its way."""

    def work(session: Any) -> int:
        made = Work(session, study, MONDAY)
        participant = a_participant(made, f"P-{number:03d}", chat=1000 + number)
        return raise_concern(made, participant, ConcernKind.RED_FLAG, Severity.EMERGENCY, flags=["breathing"]).id

    return db.run(work)


def staff(db: Database, study: Study, *roles: str) -> list[int]:
    def work(session: Any) -> list[int]:
        made = Work(session, study, MONDAY)
        return [a_member(made, f"{role} {n}", role, chat=2000 + n).id for n, role in enumerate(roles)]

    return db.run(work)


def acknowledges(db: Database, study: Study, member_id: int, concern_id: int) -> Callable[[], Any]:
    def work(session: Any) -> Any:
        made = Work(session, study, MONDAY + timedelta(minutes=10))
        return acknowledge(made, session.get_one(StaffMember, member_id), concern_id)[0]["wording"]

    return lambda: db.run(work)


def events(db: Database, reference: str) -> list[str]:
    query = select(AuditEvent.event).where(AuditEvent.subject == reference).order_by(AuditEvent.id)
    return db.read(lambda session: list(session.scalars(query)))


def test_of_two_who_acknowledge_at_once_one_wins_and_both_are_told_and_recorded(db: Database, study: Study) -> None:
    """Fault 11."""
    nora, nick = staff(db, study, "nurse", "nurse")
    for number in range(1, ROUNDS + 1):
        concern_id = a_concern(db, study, number)
        told = at_once(acknowledges(db, study, nora, concern_id), acknowledges(db, study, nick, concern_id))
        assert sorted(told) == ["staff.acknowledged", "staff.already_acknowledged"]
        concern = db.read(lambda session, concern_id=concern_id: session.get_one(Concern, concern_id))
        winner = (nora, nick)[told.index("staff.acknowledged")]
        assert (concern.state, concern.acknowledged_by) == (ConcernState.ACKNOWLEDGED, winner)
        happened = events(db, concern.reference)
        assert happened.count("concern_acknowledged") == 1
        assert happened.count("acknowledge_already_acknowledged") == 1
    assert db.read(first_broken_link) is None


def test_the_ladder_never_climbs_after_a_committed_acknowledgement(db: Database, study: Study) -> None:
    """Fault 12: the nurse taps in the very moment the next level comes due. Either may be first; the order in the
    audit is the order of the commits, and after the acknowledgement there is no page."""
    nora, _ = staff(db, study, "nurse", "investigator")
    due = MONDAY + timedelta(minutes=10)
    for number in range(1, ROUNDS + 1):
        concern_id = a_concern(db, study, number)
        at_once(
            acknowledges(db, study, nora, concern_id),
            lambda: do_what_is_due(db, study, due),
            lambda: do_what_is_due(db, study, due),
        )
        concern = db.read(lambda session, concern_id=concern_id: session.get_one(Concern, concern_id))
        assert (concern.state, concern.next_at) == (ConcernState.ACKNOWLEDGED, None)
        happened = events(db, concern.reference)
        assert happened[-1] == "concern_acknowledged"
        assert happened.count("concern_paged") in (1, 2), "each level once, however many timers look"
        waiting = db.read(
            lambda session, concern_id=concern_id: session.scalars(
                select(OutboxRow).where(
                    OutboxRow.concern_id == concern_id,
                    OutboxRow.key.startswith("alert:"),
                    OutboxRow.state == OutboxState.PENDING,
                )
            ).all()
        )
        assert waiting == [], "an alert nobody has yet is withdrawn"
        do_what_is_due(db, study, due + timedelta(hours=5))
        assert events(db, concern.reference) == happened
    assert db.read(first_broken_link) is None
