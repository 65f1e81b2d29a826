"""Rows and people for tests, made through the use cases wherever there is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.updates import as_json, read_update
from study.keys import seal, vault_of
from study.participants import Chat, Participant, by_code
from study.protocol import Study
from study.services.enrolling import add_staff, consent, invite
from study.services.receiving import Taken, take_update
from study.staff import StaffMember
from study.work import Work

MONDAY = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)  # 08:30 in Madrid, 02:30 in Boston, within S1's monitoring hours


def a_chat(work: Work, bot: str, number: int, **owner: int) -> Chat:
    """A chat with Telegram's id `number` that belongs to a participant_id or staff_id."""
    vault = vault_of(work.session)
    key = vault.study_key(work.session, work.now)
    chat = Chat(
        bot=bot,
        chat_hash=vault.fingerprint(f"{bot}:{number}"),
        chat_sealed=seal(work.session, key.id, str(number)),
        **owner,
    )
    work.session.add(chat)
    work.session.flush()
    return chat


def a_participant(
    work: Work, code: str = "P-001", site: str = "S1", timezone: str | None = None, chat: int = 1001
) -> Participant:
    """Enrolled, with a chat; Day 1 is the day of `work.now`."""
    invite(work, code, site, timezone, is_test=True)
    participant = by_code(work.session, code)
    assert participant is not None
    a_chat(work, "participants", chat, participant_id=participant.id)
    consent(work, participant)
    work.session.flush()
    return participant


def a_member(work: Work, name: str = "Nora", role: str = "nurse", site: str = "S1", chat: int = 2001) -> StaffMember:
    """Staff whose phone is connected."""
    add_staff(work, name, role, site)
    member = work.session.query(StaffMember).order_by(StaffMember.id.desc()).first()
    assert member is not None
    a_chat(work, "staff", chat, staff_id=member.id)
    return member


def a_message(
    text: str, chat: int = 1001, message_id: int = 1, sent_at: datetime = MONDAY, **more: Any
) -> dict[str, Any]:
    """An update as Telegram sends it for a text in a private chat."""
    person = {"id": chat, "is_bot": False, "first_name": "Ana"}
    message = {
        "message_id": message_id,
        "date": int(sent_at.timestamp()),
        "chat": {"id": chat, "type": "private", "first_name": "Ana"},
        "from": person,
        "text": text,
    } | more
    return {"update_id": 900_000 + message_id, "message": message}


def received(session: Session, study: Study, update: Any, now: datetime = MONDAY, bot: str = "participants") -> Taken:
    """The update taken in as the receiving loop does."""
    return take_update(Work(session, study, now), read_update(bot, update), as_json(update))


def later(**span: float) -> datetime:
    """MONDAY and so much more."""
    return MONDAY + timedelta(**span)
