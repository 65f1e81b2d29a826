"""One-time links that bind a Telegram chat to a participant or a member of staff."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from study.db.base import Base

TOKEN_BYTES = 16  # 128 bit; 22 characters in a deep link, of Telegram's 64
TRIES = 5  # wrong links from one chat before it is locked


class Link(Base):
    """A link that was given out. Only the keyed hash of its token is kept."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    def is_open(self, now: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and now < self.expires_at
