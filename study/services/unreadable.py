"""What cannot be read: voice, pictures, files. It is kept, people know of it at once, and its sender says how urgent
it is. Nobody saying so makes it urgent (`timings.unread_after`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from study.concerns import UNCLAIMED, Concern, ConcernKind, ConcernReport
from study.outbox import Lane, OutboxRow
from study.participants import Chat, Participant, chat_of
from study.protocol import CheckInKind, Severity
from study.replies import Say, ask, button, put_replies, say, standing_fields, who_reads
from study.services.concerning import ladder_of, page_hour, raise_concern
from study.services.occurrences import active_occurrence
from study.services.tidying import put_away
from study.work import Work

SMILEYS = frozenset(("sticker", "dice", "animation"))
ASKED = "asked"  # in a concern's details: when its sender was asked how urgent it is, until they have said so
UNWELL, QUESTION, CAN_WAIT = "unwell", "question", "can_wait"


def cannot_be_read(work: Work, participant: Participant, chat: Chat, media: str) -> None:
    """Staff know of it in this transaction, and its sender is asked once how urgent it is: the pictures of an album,
    and whatever else comes while that question is open, join in silence.

    A smiley alarms nobody: it is routine, with the same buttons.
    """
    smiley = media in SMILEYS
    waiting = _waiting(work, participant)
    if waiting is not None and _is_asked(work, waiting) and (smiley or waiting.severity != Severity.ROUTINE):
        _join(work, waiting, media)
        return
    again = waiting is not None and waiting.severity == Severity.ROUTINE and not smiley
    severity = Severity.ROUTINE if smiley or again else Severity.URGENT
    until = work.study.timings.unread_after
    concern = raise_concern(
        work, participant, ConcernKind.UNREADABLE, severity, details={"about": [media]}, first_page_after=until
    )
    if again:  # what came before could wait; nobody knows that of this one
        concern.worsen(Severity.URGENT, ladder_of(work, Severity.URGENT), work.now + until)
        work.record("system", "concern_worsened", concern.reference, severity=Severity.URGENT)
    concern.details = concern.details | {ASKED: [work.now.isoformat()]}
    buttons = [[button("button.unwell", UNWELL, concern=concern.id)]]
    buttons += [[button(f"button.{how}", "unread", concern=concern.id, urgency=how)] for how in (QUESTION, CAN_WAIT)]
    asks = say(
        "cannot_read.smiley" if smiley else "cannot_read", buttons=buttons, minutes=int(until.total_seconds() // 60)
    )
    put_replies(work, chat, [asks], key=f"unread:{work.cause}", concern_id=concern.id)


def told_how_urgent(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A tap on "A question" or "Can wait": nobody is called at night for it. A concern that was called out already
    stands as it is."""
    concern = work.session.get(Concern, tap.get("concern"))
    if concern is None or concern.participant_id != participant.id:
        return [say("checkin.closed")]
    urgency = tap["urgency"]
    _say_so(work, participant, concern, urgency)
    opens = page_hour(work, concern.site, Severity.ROUTINE, work.now)
    if concern.calm(Severity.ROUTINE, ladder_of(work, Severity.ROUTINE), opens):
        work.record("system", "concern_calmed", concern.reference, severity=Severity.ROUTINE)
    severity = Severity(concern.severity)
    says = [say(f"cannot_read.{urgency}", who_reads=who_reads(work, participant.site, severity))]
    return says if urgency == QUESTION else [*says, *open_question(work, participant)]


def unwell_now(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A tap on "Unwell now": emergency wording and page in the open transaction, once. Receiving calls it before any
    queue, the conversation again when the tap's turn comes."""
    work.once("unwell_now", lambda: _unwell(work, participant, tap))
    return []


def _unwell(work: Work, participant: Participant, tap: dict[str, Any]) -> dict[str, Any]:
    asked = work.session.get(Concern, tap.get("concern"))
    concern = raise_concern(work, participant, ConcernKind.UNREADABLE, Severity.EMERGENCY, details={"about": [UNWELL]})
    if asked is not None and asked.participant_id == participant.id:
        _say_so(work, participant, asked, UNWELL)
    chat = chat_of(work.session, participant)
    if chat is not None:
        reads = {"who_reads": who_reads(work, participant.site, Severity.EMERGENCY)}
        put_replies(
            work,
            chat,
            [say("emergency.unwell")],
            key=f"emergency:{work.cause}",
            lane=Lane.ALERT,
            fields=standing_fields(work, participant) | reads,
            concern_id=concern.id,
        )
    return {"concern": concern.id}


def _say_so(work: Work, participant: Participant, concern: Concern, urgency: str) -> None:
    """The question is answered: its buttons go, and the next file is asked about anew."""
    concern.details = {key: value for key, value in (concern.details or {}).items() if key != ASKED}
    theirs = select(Chat.id).where(Chat.participant_id == participant.id)
    put_away(
        work,
        OutboxRow.concern_id == concern.id,
        OutboxRow.chat_id.in_(theirs),
        chosen=work.study.wordings.render(f"button.{urgency}"),
    )
    work.record(participant.code, "urgency_told", concern.reference, urgency=urgency)


def open_question(work: Work, participant: Participant) -> list[Say]:
    """The question of the check-in that is open, asked again so that it is not lost; nothing where none is. That of a
    dose is not repeated (docs/adr/008)."""
    occurrence = active_occurrence(work, participant)
    if occurrence is None or occurrence.item is None or work.study.kind_of(occurrence.checkin) is CheckInKind.DOSE:
        return []
    return [ask(work.study.items[occurrence.item], occurrence.id)]


def _waiting(work: Work, participant: Participant) -> Concern | None:
    return work.session.scalar(
        select(Concern)
        .where(
            Concern.participant_id == participant.id,
            Concern.kind == ConcernKind.UNREADABLE,
            Concern.state.in_([state.value for state in UNCLAIMED]),
        )
        .order_by(Concern.id.desc())
        .limit(1)
    )


def _is_asked(work: Work, concern: Concern) -> bool:
    asked = concern.details.get(ASKED, [])
    return any(work.now - datetime.fromisoformat(at) < work.study.timings.unread_after for at in asked)


def _join(work: Work, concern: Concern, media: str) -> None:
    about = [*concern.details.get("about", []), media]
    concern.details = concern.details | {"about": list(dict.fromkeys(about))}
    if work.cause is not None:
        work.session.merge(ConcernReport(concern_id=concern.id, inbox_id=work.cause))
    work.record("system", "concern_joined", concern.reference, about=media)
