"""When somebody tells us that the participant has died: no automatic message goes out any more, from that moment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from study.concerns import ConcernKind
from study.outbox import Lane, OutboxRow
from study.participants import Chat, Participant, Standing
from study.protocol import Severity
from study.replies import Say, button, say, who_reads
from study.services.concerning import concern_fields, raise_concern
from study.services.farewell import plan_farewell
from study.services.sending import cancel_waiting
from study.services.taking_concerns import buttons_now, concern_of
from study.services.tidying import put_away
from study.staff import StaffMember
from study.work import Work

DEATH = "death"
STILL_HERE = "still_here"
OFFERED_IN = ("emergency.death", "bereaved.reply")


def stop_after_a_death(work: Work, participant: Participant) -> None:
    """At once, on the word of whoever writes: a reminder to a family does more harm than a day without one to somebody
    who lives. Staff, or the participant with /resume, take it back."""
    if participant.standing == Standing.DECEASED:
        return
    participant.standing_before, participant.standing = participant.standing, Standing.DECEASED
    participant.farewell_at = None
    chats = [row.id for row in work.session.query(Chat).filter_by(participant_id=participant.id)]
    cancel_waiting(work.session, OutboxRow.chat_id.in_(chats), OutboxRow.lane != Lane.ALERT)
    work.record("system", "death_reported", participant.code)


def answer_the_family(work: Work, participant: Participant) -> list[Say]:
    """Whatever is written later goes to people, in few words."""
    raise_concern(work, participant, ConcernKind.OTHER_PERSON, Severity.URGENT, details={"about": [DEATH]})
    reads = who_reads(work, participant.site, Severity.URGENT)
    return [say("bereaved.reply", who_reads=reads, buttons=still_here_button())]


def still_here_button() -> list[list[dict[str, Any]]]:
    """ "My brother died" may be the participant's own loss: one tap says so."""
    return [[button("button.still_here", STILL_HERE)]]


def still_here(work: Work, participant: Participant) -> list[Say]:
    """A tap on it: everything is as it was before. Staff have the words, and the concern stays with them."""
    _take_back(work, participant, participant.code)
    theirs = select(Chat.id).where(Chat.participant_id == participant.id)
    label = work.study.wordings.render("button.still_here")
    put_away(work, OutboxRow.chat_id.in_(theirs), saying=OFFERED_IN, chosen=label)
    return [say("bereaved.still_here")]


def messages_on(work: Work, member: StaffMember, tap: dict[str, Any]) -> list[Say]:
    """It was a mistake: things go on with the next one due."""
    concern = concern_of(work, member, int(tap["concern"]))
    participant = work.session.get(Participant, concern.participant_id) if concern.participant_id else None
    if participant is not None:
        _take_back(work, participant, member.code)
    return [say("staff.messages_on", concern_fields(work, concern), buttons=buttons_now(work, concern))]


def _take_back(work: Work, participant: Participant, by: str) -> None:
    """They stand where they stood: whoever had stopped or paused the messages gets none."""
    if participant.standing != Standing.DECEASED:
        return
    joined = Standing.ENROLLED if participant.has_consented else Standing.INVITED
    participant.standing, participant.standing_before = participant.standing_before or joined, None
    plan_farewell(work, participant)
    work.record(by, "death_taken_back", participant.code)
