"""Participants and their chats. A code (P-001) is what everything else knows them by."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from study.db.base import Base


class Standing(StrEnum):
    """Where a participant stands with the messages, not with the trial itself."""

    INVITED = "invited"
    ENROLLED = "enrolled"
    PAUSED = "paused"
    LEFT = "left"
    FINISHED = "finished"
    DECEASED = "deceased"  # somebody told us so: no message goes out by itself any more


class Participant(Base):
    """One person in the trial. Telephone, names and Telegram ids are sealed under the key `key_id`.

    `joining` is the question of the joining conversation that is open, None once it is over; `country` an ISO 3166 code
    the participant gave, which decides the emergency number before the time zone does; `farewell_at` the moment of the
    study's farewell, None once it was said; `standing_before` where they stood before somebody told of a death.
    """

    __tablename__ = "participant"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site: Mapped[str]
    timezone: Mapped[str]
    preferred_hour: Mapped[str] = mapped_column(default="09:00")
    standing: Mapped[str] = mapped_column(default=Standing.INVITED)
    standing_before: Mapped[str | None]
    day1: Mapped[date | None]
    consented_at: Mapped[datetime | None]
    consent_wording: Mapped[str | None]
    joining: Mapped[str | None]
    country: Mapped[str | None]
    telephone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    emergency_contact_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    farewell_at: Mapped[datetime | None] = mapped_column(index=True)
    reachable: Mapped[bool] = mapped_column(default=True)
    is_test: Mapped[bool] = mapped_column(default=False)
    dialogue: Mapped[dict[str, Any]] = mapped_column(default=dict)
    key_id: Mapped[int] = mapped_column(ForeignKey("data_key.id"))
    created_at: Mapped[datetime]

    @property
    def has_consented(self) -> bool:
        return self.consented_at is not None

    @property
    def takes_reminders(self) -> bool:
        """Only someone enrolled and reachable is pushed to; a pause or leaving stops every push."""
        return self.standing == Standing.ENROLLED and self.reachable


class Chat(Base):
    """A private Telegram chat with one of the two bots. Work on its messages is leased chat by chat."""

    __tablename__ = "chat"
    __table_args__ = (UniqueConstraint("bot", "chat_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bot: Mapped[str]
    chat_hash: Mapped[str]
    chat_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    closed_at: Mapped[datetime | None]
    link_tries: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[float] = mapped_column(default=0.0)
    lease_boot: Mapped[str | None]
    retry_at: Mapped[float] = mapped_column(default=0.0)

    participant: Mapped[Participant | None] = relationship()


def by_code(session: Session, code: str) -> Participant | None:
    return session.scalar(select(Participant).where(Participant.code == code))


def chat_of(session: Session, participant: Participant) -> Chat | None:
    """The chat a participant is written to, the newest that is not closed."""
    return session.scalar(
        select(Chat)
        .where(Chat.participant_id == participant.id, Chat.closed_at.is_(None))
        .order_by(Chat.id.desc())
        .limit(1)
    )
