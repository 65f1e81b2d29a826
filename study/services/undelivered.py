"""Messages that will never arrive: someone has to know."""

from __future__ import annotations

from study.concerns import ConcernKind
from study.outbox import OutboxRow
from study.participants import Participant
from study.protocol import Severity
from study.services.concerning import raise_concern, staff_unreachable
from study.services.leaving import participant_blocked
from study.services.sending import mark_dead
from study.staff import StaffMember
from study.work import Work


def refused(work: Work, outbox_id: int, reason: str) -> None:
    """The person cannot be reached by this bot any more (403, or the chat is gone): staff are told."""
    participant, member = _bury(work, outbox_id, reason)
    if participant is not None:
        participant_blocked(work, participant, True)
    if member is not None:
        staff_unreachable(work, member, work.session.get_one(OutboxRow, outbox_id).concern_id)


def undeliverable(work: Work, outbox_id: int, reason: str) -> None:
    """Telegram will not take this one message: a task for staff, the person stays reachable."""
    participant, _ = _bury(work, outbox_id, reason)
    raise_concern(work, participant, ConcernKind.UNDELIVERED, Severity.URGENT)


def _bury(work: Work, outbox_id: int, reason: str) -> tuple[Participant | None, StaffMember | None]:
    people = mark_dead(work.session, outbox_id, reason)
    work.session.flush()
    work.record("system", "message_dead", f"outbox {outbox_id}", reason=reason)
    return people
