"""Check-ins: occurrences that fall due, and the answers given to their items.

An occurrence has its own row with the moments due (`opens`), nudge and close, planned from Day 1 in the participant's
zone. `next_at` is the next moment at which something is due on it, None once nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from study.clock import local_date, local_moment
from study.db.base import Base
from study.participants import Participant
from study.protocol import CheckIn


class OccurrenceState(StrEnum):
    """planned -> asked -> started -> completed, or missed when the window closes, or skipped if never asked."""

    PLANNED = "planned"
    ASKED = "asked"
    STARTED = "started"
    COMPLETED = "completed"
    MISSED = "missed"
    SKIPPED = "skipped"


OPEN_STATES = (OccurrenceState.PLANNED, OccurrenceState.ASKED, OccurrenceState.STARTED)


class Skipped(StrEnum):
    """Why a push was not sent."""

    STALE = "stale"
    QUIET_HOURS = "quiet_hours"
    PAUSED = "paused"
    LEFT = "left"
    UNREACHABLE = "unreachable"
    HELD = "held"  # thoughts of suicide are with the staff
    DECEASED = "deceased"
    DECLINED = "declined"  # "not now": the participant left it out


class Push(StrEnum):
    """What falls due on an occurrence."""

    ASK = "ask"
    NUDGE = "nudge"
    CLOSE = "close"


class Occurrence(Base):
    """One check-in of one participant on one day of the study."""

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("participant_id", "checkin", "day"),
        Index("ix_occurrence_next", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    checkin: Mapped[str]
    day: Mapped[date]
    opens_at: Mapped[datetime]
    nudge_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default=OccurrenceState.PLANNED)
    item: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    later_until: Mapped[datetime | None]
    skipped: Mapped[str | None]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def falls_due(self, now: datetime) -> Push | None:
        """What is due at `now`, the last of what has come due if several have (so eight hours of downtime ask once)."""
        if not self.is_open or self.next_at is None or self.next_at > now:
            return None
        if now >= self.closes_at:
            return Push.CLOSE
        if self.later_until and now < self.later_until:
            return None
        if now >= self.nudge_at and self.asked_at and not self.nudged_at:
            return Push.NUDGE
        if self.asked_at is None or self.later_until:
            return Push.ASK
        return None

    def moment_after(self, now: datetime) -> datetime:
        """The next moment something can be due, given what was done up to `now`."""
        coming = [
            moment
            for moment in (self.later_until, None if self.nudged_at else self.nudge_at, self.closes_at)
            if moment and moment > now
        ]
        return min(coming, default=self.closes_at)


class Answer(Base):
    """One answer to one item, stored the moment it is given. A corrected one is a new row; the old one stays.

    `value` is the score (PRO-CTCAE 0-4) or choice as text, None when only words were kept; `branched_off` marks a
    0 that follows
    from an earlier answer (frequency "never" makes severity 0) and was not asked. Unanswered is no row: missing, not 0.
    """

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("occurrence_id", "item", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    item: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    value: Mapped[str | None]
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    branched_off: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime]
    wording_id: Mapped[str]
    wording_version: Mapped[int]
    cause: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))


class DoseReport(Base):
    """What a participant said about the dose of one day. The newest row of a day counts; silence is not a missed
    dose."""

    __tablename__ = "dose_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    day: Mapped[date]
    status: Mapped[str]
    reason: Mapped[str | None]
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    reported_at: Mapped[datetime]
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    cause: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))


@dataclass(frozen=True)
class Moments:
    day: date
    opens_at: datetime
    nudge_at: datetime
    closes_at: datetime


def plan(checkin: CheckIn, day1: date, study_days: int, zone: str, preferred_hour: time) -> list[Moments]:
    """Every occurrence of a check-in from Day 1 on, at the wall-clock hour of the zone (one each day, also over DST).

    Windows are anchored to Day 1, never to the previous check-in.
    """
    planned = []
    for number in checkin.open_days(study_days):
        day = day1 + timedelta(days=number - 1)
        opens = local_moment(day, checkin.hour or preferred_hour, zone)
        planned.append(Moments(day, opens, opens + checkin.nudge_after, opens + checkin.closes_after))
    return planned


def study_day(participant: Participant, now: datetime) -> int | None:
    """Which day of the study it is for a participant: Day 1 is 1; None before it is set."""
    if participant.day1 is None:
        return None
    return (local_date(now, participant.timezone) - participant.day1).days + 1


def audit_name(participant: Participant, occurrence: Occurrence) -> str:
    """How the audit trail names an occurrence: code, check-in, day. No words."""
    return f"{participant.code} {occurrence.checkin} {occurrence.day.isoformat()}"
