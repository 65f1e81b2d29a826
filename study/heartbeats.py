"""Heartbeats: each loop of the bot writes when it last went round, in both times."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, Session, mapped_column

from study.clock import boot_id, machine_now
from study.db.base import Base


class Heartbeat(Base):
    """The last round of one loop. `study_at` is the study time that round worked with."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    study_at: Mapped[datetime]
    machine_at: Mapped[float]
    boot: Mapped[str]
    trouble: Mapped[str | None]


def beat(session: Session, name: str, now: datetime, trouble: str | None = None) -> None:
    """Write that `name` is alive; `trouble` says in a code what it cannot do at the moment."""
    row = session.get(Heartbeat, name)
    if row is None:
        row = Heartbeat(name=name)
        session.add(row)
    row.study_at, row.machine_at, row.boot, row.trouble = now, machine_now(), boot_id(), trouble


def age(row: Heartbeat) -> float:
    """Seconds since the last beat; endless if it was before this boot."""
    return machine_now() - row.machine_at if row.boot == boot_id() else float("inf")
