"""Which model answers participants: every publication and every step back, by whom, when and how good it was."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from study.db.base import Base


class Step(StrEnum):
    PUBLISHED = "published"
    ROLLED_BACK = "rolled_back"


class Publication(Base):
    """One row a step, never changed: the newest says what is served. `model` is the name of the model's file, which
    holds the fingerprint of what it was trained from; `sha256` is of the file itself and is checked before it is
    handed to Rasa. `report` is what the gate found (scores as shares of one)."""

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    step: Mapped[str]
    by: Mapped[str]
    model: Mapped[str]
    sha256: Mapped[str]
    report: Mapped[dict[str, Any]]


def published(session: Session) -> Publication | None:
    """What is served now; None before the first publication."""
    return session.scalar(select(Publication).order_by(Publication.id.desc()).limit(1))


def history(session: Session) -> list[Publication]:
    """Every step, the newest first."""
    return list(session.scalars(select(Publication).order_by(Publication.id.desc())))
