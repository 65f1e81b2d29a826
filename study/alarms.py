"""Alarms: the system itself needs somebody. Rows, so that none is lost while the mail server is away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from study.db.base import Base
from study.work import Work


class Alarm(Base):
    """One thing an operator has to look at. `code` and `subject` hold no words of patients."""

    __tablename__ = "alarm"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    code: Mapped[str]
    subject: Mapped[str]
    mailed_at: Mapped[datetime | None]


def sound(work: Work, code: str, subject: str) -> None:
    """Raise an alarm in this transaction."""
    work.session.add(Alarm(at=work.now, code=code, subject=subject))
    work.record("system", "alarm", subject, code=code)
