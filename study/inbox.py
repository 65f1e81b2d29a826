"""The inbox: every update as Telegram handed it over, committed before Telegram is told that we have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from study.db.base import Base
from study.participants import Chat


class Kind(StrEnum):
    """What an update is, as far as handling differs."""

    TEXT = "text"
    COMMAND = "command"
    TAP = "tap"
    REACTION = "reaction"
    MEDIA = "media"
    EDIT = "edit"
    MEMBERSHIP = "membership"
    GROUP = "group"
    UNREADABLE = "unreadable"


class InboxState(StrEnum):
    OPEN = "open"
    DONE = "done"
    SET_ASIDE = "set_aside"


class InboxRow(Base):
    """One update. `raw_sealed` is its JSON with ASCII escapes, `words_sealed` the words in it; `key` (hashed)
    makes a second delivery of it nothing new."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("bot", "key"), Index("ix_inbox_open", "state", "chat_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    bot: Mapped[str]
    key: Mapped[str]
    update_id: Mapped[int | None]
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chat.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)
    kind: Mapped[str]
    message_id: Mapped[int | None]
    reply_to: Mapped[int | None]
    raw_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    event_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=InboxState.OPEN)
    outcome: Mapped[str | None]
    flags: Mapped[list[Any]] = mapped_column(default=list)
    state_before: Mapped[dict[str, Any] | None]
    understood: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    told_holding_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    chat: Mapped[Chat | None] = relationship()


@dataclass(frozen=True)
class Received:
    """What an edge read from an update, before anything is believed about it.

    `text` is what the person wrote (or a caption, or a new wording of an edit), None where there is none; `key` is
    (chat, message id, edit date) or the callback query's id, the only things Telegram promises to keep.
    """

    bot: str
    key: str
    kind: Kind
    update_id: int | None = None
    chat: int | None = None
    message_id: int | None = None
    text: str | None = None
    token: str | None = None
    callback_id: str | None = None
    media: str | None = None
    reply_to: int | None = None
    event_at: datetime | None = None
    blocked: bool | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Effect(Base):
    """The first result of a use case for one cause. A repeated turn is given it again instead of a second effect."""

    __tablename__ = "effect"

    cause: Mapped[int] = mapped_column(ForeignKey("inbox.id"), primary_key=True)
    use_case: Mapped[str] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    result: Mapped[dict[str, Any]]
