"""Concerns: every worry has a clock, an owner and a ladder. Nothing is acknowledged by a machine.

open -> notified (level 0, 1, ...) -> acknowledged -> resolved, or unowned at the end of the ladder (loud, repeated).
The ladder is copied onto the concern when it is raised, so that a later edit of study.yml changes no running clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from study.db.base import Base
from study.errors import AlreadyAcknowledged, AlreadyResolved
from study.protocol import Ladder


class ConcernKind(StrEnum):
    RED_FLAG = "red_flag"
    THRESHOLD = "threshold"
    SYMPTOM = "symptom"
    QUESTION = "question"
    DOSE = "dose"
    WISH = "wish"
    UNREADABLE = "unreadable"
    OTHER_PERSON = "other_person"  # somebody else writes in the participant's chat
    SILENT = "silent"  # several check-ins in a row without an answer
    UNREACHABLE = "unreachable"
    UNDELIVERED = "undelivered"
    TECHNICAL = "technical"


class ConcernState(StrEnum):
    OPEN = "open"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    UNOWNED = "unowned"


UNCLAIMED = (ConcernState.OPEN, ConcernState.NOTIFIED, ConcernState.UNOWNED)


class Concern(Base):
    """One worry of one participant. `version` makes every change compare-and-set: of two at once one wins."""

    __tablename__ = "concern"
    __table_args__ = (Index("ix_concern_next", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)
    site: Mapped[str]
    kind: Mapped[str]
    flags: Mapped[list[Any]] = mapped_column(default=list)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    severity: Mapped[str]
    state: Mapped[str] = mapped_column(default=ConcernState.OPEN)
    ladder: Mapped[dict[str, Any]]
    level: Mapped[int] = mapped_column(default=-1)
    repeats: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it as an instance attribute

    def acknowledge(self, by: int, at: datetime) -> None:
        """A person takes the concern: its clock stops. Raises AlreadyAcknowledged, AlreadyResolved."""
        if self.state == ConcernState.RESOLVED:
            raise AlreadyResolved(self.reference)
        if self.state == ConcernState.ACKNOWLEDGED:
            raise AlreadyAcknowledged(self.reference)
        self.state, self.acknowledged_by, self.acknowledged_at = ConcernState.ACKNOWLEDGED, by, at
        self.next_at = None

    def resolve(self, by: int, at: datetime) -> None:
        """The matter is settled; someone who settles it has also seen it. Raises AlreadyResolved."""
        if self.state == ConcernState.RESOLVED:
            raise AlreadyResolved(self.reference)
        if self.state != ConcernState.ACKNOWLEDGED:
            self.acknowledge(by, at)
        self.state, self.resolved_by, self.resolved_at = ConcernState.RESOLVED, by, at

    def worsen(self, severity: str, ladder: dict[str, Any], now: datetime) -> None:
        """A graver report joined: the graver ladder starts from its beginning, at once."""
        self.severity, self.ladder, self.level, self.repeats = severity, ladder, -1, 0
        self.state, self.next_at = ConcernState.OPEN, now

    def calm(self, severity: str, ladder: dict[str, Any], next_at: datetime) -> bool:
        """The participant says that it is less grave: another ladder from `next_at` on. Whether it was changed: once
        somebody was called, what called them stands."""
        if self.state != ConcernState.OPEN or self.level >= 0:
            return False
        self.severity, self.ladder, self.next_at = severity, ladder, next_at
        return True

    def climb(self, now: datetime, unowned_repeat: timedelta) -> Page | None:
        """What the ladder says at `now`; one step at a time, however late the clock comes.

        After downtime the level that is due is paged at once and the next one counts from then, never all together.
        """
        if self.state not in UNCLAIMED or self.next_at is None or self.next_at > now:
            return None
        ladder = Ladder.model_validate(self.ladder)
        steps = ladder.steps
        if self.level + 1 < len(steps):
            self.level += 1
            self.state = ConcernState.NOTIFIED
            later = steps[self.level + 1].after if self.level + 1 < len(steps) else None
            pause = later - steps[self.level].after if later is not None else ladder.repeat.every
            self.next_at = now + pause
            return Page(self.level, steps[self.level].roles, PageKind.STEP)
        self.repeats += 1
        if self.repeats <= ladder.repeat.times:
            self.next_at = now + ladder.repeat.every
            return Page(self.level, ladder.roles, PageKind.REPEAT)
        self.state = ConcernState.UNOWNED
        self.next_at = now + unowned_repeat
        return Page(self.level, ladder.roles, PageKind.UNOWNED)


class PageKind(StrEnum):
    STEP = "step"
    REPEAT = "repeat"
    UNOWNED = "unowned"


@dataclass(frozen=True)
class Page:
    """Whom to call now."""

    level: int
    roles: tuple[str, ...]
    kind: PageKind


class ConcernReport(Base):
    """A message that belongs to a concern. A hundred messages are one concern with a hundred reports."""

    __tablename__ = "concern_report"

    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id"), primary_key=True)
