"""Taking in what Telegram hands over: one transaction stores it, finds who it is from, and raises every red flag."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from study.concerns import ConcernKind
from study.inbox import InboxRow, InboxState, Kind, Received
from study.keys import seal, vault_of
from study.outbox import Button
from study.participants import Chat, Participant, Standing
from study.protocol import Severity
from study.replies import key_of
from study.services.concerning import raise_concern
from study.services.emergencies import answer_red_flags
from study.services.gentle_check import HAPPENING, happening_now, said_yes
from study.services.unreadable import UNWELL, cannot_be_read, unwell_now
from study.settings import PARTICIPANTS_BOT
from study.triage.red_flags import kinds
from study.work import Work


@dataclass(frozen=True)
class Taken:
    """What became of an update: its row, and whether we had it already."""

    inbox_id: int
    duplicate: bool
    flags: list[str]


def take_update(work: Work, received: Received, raw: str) -> Taken:
    """Commit this, and only then tell Telegram that we have it.

    `raw` is the update's JSON with ASCII escapes. An update that came before (same key) changes nothing. A red
    flag is answered
    and paged here, whoever it comes from and whatever state they are in; it waits for no queue and no model.
    """
    session = work.session
    key = vault_of(session).fingerprint(f"update:{received.key}")
    known = session.scalar(select(InboxRow).where(InboxRow.bot == received.bot, InboxRow.key == key))
    if known is not None:
        return Taken(known.id, True, known.flags)
    chat = _chat(work, received)
    key_id = key_of(session, chat, work) if chat else vault_of(session).study_key(session, work.now).id
    row = InboxRow(
        bot=received.bot,
        key=key,
        update_id=received.update_id,
        chat_id=chat.id if chat else None,
        participant_id=chat.participant_id if chat else None,
        kind=received.kind,
        message_id=received.message_id,
        reply_to=received.reply_to,
        raw_sealed=seal(session, key_id, raw),
        words_sealed=seal(session, key_id, received.text) if received.text is not None else None,
        event_at=received.event_at,
        received_at=work.now,
        flags=[],
    )
    session.add(row)
    session.flush()
    work = Work(session, work.study, work.now, cause=row.id)
    if chat is not None and _is_heard(received, chat):
        row.flags = kinds(received.text or "") or said_yes(work, chat, received.text or "")
        if row.flags:
            answer_red_flags(work, chat, row.flags, received.text or "")
            row.state, row.outcome, row.done_at = InboxState.DONE, "emergency", work.now
            if chat.participant_id is None:
                erase_words(row)
        elif received.kind is Kind.MEDIA:
            _ask_how_urgent(work, chat, received, row)
    if chat is not None and received.kind is Kind.TAP:
        _hear_tap(work, chat, received)
    if chat is None or received.kind is Kind.UNREADABLE:
        row.state, row.outcome, row.done_at = InboxState.SET_ASIDE, "unreadable", work.now
        participant = session.get(Participant, row.participant_id) if row.participant_id else None
        raise_concern(work, participant, ConcernKind.TECHNICAL, Severity.URGENT)
    return Taken(row.id, False, row.flags)


def _is_heard(received: Received, chat: Chat) -> bool:
    """Whose words the red-flag rules read: everybody's who writes to the participants' bot alone, staff excepted. Also
    where the rest of the message makes no sense; ids of groups are negative (Bot API, type Chat)."""
    alone = received.kind is not Kind.GROUP and (received.chat or 0) > 0
    private = alone and received.bot == PARTICIPANTS_BOT
    return private and chat.staff_id is None and (bool(received.text) or received.kind is Kind.MEDIA)


def _ask_how_urgent(work: Work, chat: Chat, received: Received, row: InboxRow) -> None:
    """A voice message may be a cry for help: its question goes out now, and waits behind nothing either."""
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    if participant is None or not participant.has_consented or chat.closed_at is not None:
        return
    if participant.standing == Standing.DECEASED or (participant.joining is not None and received.media == "contact"):
        return  # the conversation answers: the family, or somebody who gives their number while joining
    cannot_be_read(work, participant, chat, received.media or "file")
    row.state, row.outcome, row.done_at = InboxState.DONE, "staff", work.now


def _hear_tap(work: Work, chat: Chat, received: Received) -> None:
    """ "Unwell now" and "Yes, now" are emergencies before their turn comes; every other button waits for it."""
    pressed = work.session.get(Button, received.token) if received.token else None
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    heard = {UNWELL: unwell_now, HAPPENING: happening_now}
    if pressed is None or pressed.chat_id != chat.id or participant is None or pressed.tap.get("do") not in heard:
        return
    heard[pressed.tap["do"]](work, participant, pressed.tap)


def erase_words(row: InboxRow) -> None:
    """Keep the ids of a message, not its words (before consent, once it is handled)."""
    row.raw_sealed = row.words_sealed = None


def _chat(work: Work, received: Received) -> Chat | None:
    if received.chat is None:
        return None
    session = work.session
    hashed = vault_of(session).fingerprint(f"{received.bot}:{received.chat}")
    chat = session.scalar(select(Chat).where(Chat.bot == received.bot, Chat.chat_hash == hashed))
    if chat is None:
        study_key = vault_of(session).study_key(session, work.now)
        chat = Chat(bot=received.bot, chat_hash=hashed, chat_sealed=seal(session, study_key.id, str(received.chat)))
        session.add(chat)
        session.flush()
    return chat
