"""Groups and channels: private chats only. One notice a group, nothing personal, and no participant is touched."""

from __future__ import annotations

from sqlalchemy import select

from study.inbox import InboxRow, Received
from study.keys import vault_of
from study.outbox import OutboxRow
from study.participants import Chat
from study.replies import Say, say
from study.work import Work

NOTICE = "private_only"
MOVED = "group_moved"


def in_group(work: Work, chat: Chat, received: Received) -> tuple[str, list[Say]]:
    """The route, and the notice where this group has not had it. One that became a supergroup has a new id and is
    still the same group."""
    moved_from = received.details.get("moved_from")
    if moved_from is not None:
        return (MOVED if _was_told(work, _chat_numbered(work, received.bot, moved_from)) else "group"), []
    if received.details.get("silent") or _was_told(work, chat):
        return "group", []
    return "group", [say(NOTICE)]


def _was_told(work: Work, chat: Chat | None) -> bool:
    if chat is None:
        return False
    letters = work.session.scalars(select(OutboxRow).where(OutboxRow.chat_id == chat.id))
    if any(wording["id"] == NOTICE for letter in letters for wording in letter.wordings):
        return True
    moved = select(InboxRow.id).where(InboxRow.chat_id == chat.id, InboxRow.outcome == MOVED).limit(1)
    return work.session.scalar(moved) is not None


def _chat_numbered(work: Work, bot: str, number: int) -> Chat | None:
    hashed = vault_of(work.session).fingerprint(f"{bot}:{number}")
    return work.session.scalar(select(Chat).where(Chat.bot == bot, Chat.chat_hash == hashed))
