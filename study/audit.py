"""The audit trail: append-only, hash-chained, written in the transaction it tells of (ICH-GCP E6 4.9, 21 CFR 11.10(e)).

Each row's hash covers the row before it, so an edited, removed or inserted row is found at its place. Triggers in the
database refuse UPDATE and DELETE. Events are collected during the transaction and written as its last act: the
chain's lock
is then held for the shortest time and always taken last, so it cannot deadlock.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from study.db.base import Base

GENESIS = "0" * 64
CHAIN_LOCK = 0x0A0D17


class AuditEvent(Base):
    """One thing that happened: who did what to whom, when. Codes and ids only, never words."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    event: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]]
    previous: Mapped[str]
    hash: Mapped[str]

    def computed_hash(self) -> str:
        """SHA-256 over the row in canonical JSON, the hash before it included."""
        body = [
            self.id,
            self.at.astimezone(UTC).isoformat(),
            self.actor,
            self.event,
            self.subject,
            self.details,
            self.previous,
        ]
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class _Pending:
    at: datetime
    actor: str
    event: str
    subject: str
    details: dict[str, Any]


def record(session: Session, now: datetime, actor: str, what: str, subject: str, **details: Any) -> None:
    """Remember an event; it is written when the transaction commits, and not at all if it does not."""
    session.info.setdefault("audit", []).append(_Pending(now, actor, what, subject, details))


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    pending: list[_Pending] = session.info.pop("audit", [])
    if not pending:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    last = session.execute(select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)).one_or_none()
    number, previous = (last.id, last.hash) if last else (0, GENESIS)
    for item in pending:
        number += 1
        row = AuditEvent(
            id=number,
            at=item.at,
            actor=item.actor,
            event=item.event,
            subject=item.subject,
            details=item.details,
            previous=previous,
        )
        row.hash = previous = row.computed_hash()
        session.add(row)
    session.flush()


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("audit", None)


def first_broken_link(session: Session) -> int | None:
    """The id of the first row that does not fit its chain, or None if all do."""
    previous, expected = GENESIS, 1
    for row in session.scalars(select(AuditEvent).order_by(AuditEvent.id)).yield_per(500):
        if row.id != expected or row.previous != previous or row.hash != row.computed_hash():
            return row.id
        previous, expected = row.hash, expected + 1
    return None
