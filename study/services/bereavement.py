"""When somebody tells us that the participant has died: no automatic message goes out any more, from that moment."""

from __future__ import annotations

from typing import Any

from study.concerns import ConcernKind
from study.outbox import Lane, OutboxRow
from study.participants import Chat, Participant, Standing
from study.protocol import Severity
from study.replies import Say, say, who_reads
from study.services.concerning import concern_fields, raise_concern
from study.services.farewell import plan_farewell
from study.services.sending import cancel_waiting
from study.services.taking_concerns import buttons_now, concern_of
from study.staff import StaffMember
from study.work import Work

DEATH = "death"


def stop_after_a_death(work: Work, participant: Participant) -> None:
    """At once, on the word of whoever writes: a reminder to a family does more harm than a day without one to somebody
    who lives. Staff, or the participant with /resume, take it back."""
    if participant.standing == Standing.DECEASED:
        return
    participant.standing, participant.farewell_at = Standing.DECEASED, None
    chats = [row.id for row in work.session.query(Chat).filter_by(participant_id=participant.id)]
    cancel_waiting(work.session, OutboxRow.chat_id.in_(chats), OutboxRow.lane != Lane.ALERT)
    work.record("system", "death_reported", participant.code)


def answer_the_family(work: Work, participant: Participant) -> list[Say]:
    """Whatever is written later goes to people, in few words."""
    raise_concern(work, participant, ConcernKind.OTHER_PERSON, Severity.URGENT, details={"about": [DEATH]})
    return [say("bereaved.reply", who_reads=who_reads(work, participant.site, Severity.URGENT))]


def messages_on(work: Work, member: StaffMember, tap: dict[str, Any]) -> list[Say]:
    """It was a mistake: things go on with the next one due."""
    concern = concern_of(work, member, int(tap["concern"]))
    participant = work.session.get(Participant, concern.participant_id) if concern.participant_id else None
    if participant is not None and participant.standing == Standing.DECEASED:
        participant.standing = Standing.ENROLLED if participant.has_consented else Standing.INVITED
        plan_farewell(work, participant)
        work.record(member.code, "death_taken_back", participant.code)
    return [say("staff.messages_on", concern_fields(work, concern), buttons=buttons_now(work, concern))]
