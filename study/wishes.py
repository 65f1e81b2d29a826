"""Wishes to stop something: recorded as they were said, in neutral words, and never argued with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from study.db.base import Base


class Scope(StrEnum):
    """What somebody wishes to stop. The messages are ours to stop; the rest is for people (ICH-GCP E6 2.8.10: at any
    time, without giving a reason)."""

    MESSAGES = "messages"
    TABLETS = "tablets"
    VISITS = "visits"
    DATA_USE = "data_use"
    NOT_SAID = "not_said"


class Wish(Base):
    """One wish of one participant. A later one stands beside it, nothing is overwritten."""

    __tablename__ = "wish"

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    scope: Mapped[str]
    wished_at: Mapped[datetime]
    concern_id: Mapped[int | None] = mapped_column(ForeignKey("concern.id"))
    cause: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))
