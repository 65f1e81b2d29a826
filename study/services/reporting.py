"""Figures about a study: who takes part, what was answered, which doses were told, how fast worries were met.

Counts and times only, so that a report can be passed on. Test participants are left out unless asked for. What the
words mean:

- A check-in is due once its window is over, or it is completed; not for somebody who had left by then. Completion is
  completed / due, as for other trials (PRO-TECT: 91%).
- Adherence is what participants say: doses taken / doses due, with the unknown ones apart. Silence is not a missed
  dose, and the figure is neither MPR nor PDC (those count refills).
- Received, delivered and acknowledged are three moments of a concern and are never mixed: investigators count their
  24 hours from awareness (ICH-GCP E6 4.11.1, EU CTR 536/2014 art. 41).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from study.alarms import Alarm
from study.checkins import DoseReport, Occurrence, OccurrenceState, Skipped
from study.concerns import Concern, ConcernKind, ConcernReport, ConcernState
from study.outbox import OutboxRow, OutboxState
from study.participants import Chat, Participant
from study.protocol import CheckInKind, Severity, Study
from study.services.dose_days import COUNTING
from study.wishes import Wish

TAKEN, UNKNOWN = "taken", "unknown"
OVER = (OccurrenceState.COMPLETED, OccurrenceState.MISSED, OccurrenceState.SKIPPED)


@dataclass(frozen=True)
class Scope:
    """Whom and when a report is about. Days are days of the participant (check-ins, doses) or of the site (concerns,
    questions, wishes), both ends included; None is open."""

    site: str | None = None
    first: date | None = None
    last: date | None = None
    with_tests: bool = False

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def people(self) -> list[ColumnElement[bool]]:
        """Which participants are meant."""
        meant: list[ColumnElement[bool]] = [] if self.with_tests else [Participant.is_test.is_(False)]
        if self.site:
            meant.append(Participant.site == self.site)
        return meant


@dataclass(frozen=True)
class Completion:
    """One check-in. `due` = completed + missed + skipped, without those skipped since the participant had left."""

    checkin: str
    due: int
    completed: int
    missed: int
    skipped: dict[str, int]
    still_open: int

    @property
    def rate(self) -> float | None:
        return self.completed / self.due if self.due else None


@dataclass(frozen=True)
class Doses:
    """What participants said about the doses that were due: status -> how many; "unknown" where nobody said."""

    due: int
    told: dict[str, int]

    @property
    def unknown(self) -> int:
        return self.told.get(UNKNOWN, 0)

    @property
    def adherence(self) -> float | None:
        """Doses taken / doses due."""
        return self.told.get(TAKEN, 0) / self.due if self.due else None


@dataclass(frozen=True)
class Waits:
    """How long something took, in seconds: the middle one and the worst; `none` counts where it has not come yet."""

    median: float | None
    worst: float | None
    none: int


@dataclass(frozen=True)
class Concerns:
    """The concerns of one kind and severity."""

    kind: str
    severity: str
    number: int
    to_delivery: Waits
    to_acknowledgement: Waits
    unowned: int


@dataclass(frozen=True)
class Report:
    """All figures of one report."""

    standings: dict[str, int]
    unreachable: int
    checkins: list[Completion]
    told_symptoms: int
    doses: Doses
    concerns: list[Concerns]
    questions: int
    answers: dict[str, int]
    wishes: dict[str, int]
    tests_left_out: int = 0
    unknown_people: int = 0  # how many of the concerns are about nobody we know


def report(session: Session, study: Study, now: datetime, scope: Scope) -> Report:
    """Every figure at `now`. Standings are those of now, whatever the days asked for."""
    people = session.scalars(select(Participant).where(*scope.people())).all()
    tests = select(func.count()).select_from(Participant).where(Participant.is_test)
    if scope.site:
        tests = tests.where(Participant.site == scope.site)
    occurrences = [
        one
        for one in session.scalars(
            select(Occurrence).join(Participant).where(*scope.people(), Occurrence.opens_at <= now)
        )
        if scope.holds(one.day)
    ]
    concerns = _concerns(session, study, scope)
    return Report(
        standings=_counted(person.standing for person in people),
        unreachable=sum(not person.reachable for person in people),
        checkins=[completion(code, occurrences) for code in study.checkins],
        told_symptoms=sum(one.checkin not in study.checkins for one in occurrences),
        doses=_doses(session, study, scope, occurrences),
        concerns=_grouped(concerns, _once_unowned(session)),
        questions=_questions(session, concerns),
        answers=_answers(session, study, scope),
        wishes=_wishes(session, study, scope),
        tests_left_out=0 if scope.with_tests else session.scalar(tests) or 0,
        unknown_people=sum(one.participant_id is None for one in concerns),
    )


def completion(checkin: str, occurrences: Iterable[Occurrence]) -> Completion:
    """How one check-in went."""
    mine = [one for one in occurrences if one.checkin == checkin]
    states = Counter(one.state for one in mine)
    skipped = _counted(one.skipped or "-" for one in mine if one.state == OccurrenceState.SKIPPED)
    return Completion(
        checkin=checkin,
        due=sum(_is_due(one) for one in mine),
        completed=states[OccurrenceState.COMPLETED],
        missed=states[OccurrenceState.MISSED],
        skipped=skipped,
        still_open=sum(one.state not in OVER for one in mine),
    )


def _is_due(occurrence: Occurrence) -> bool:
    gone = occurrence.state == OccurrenceState.SKIPPED and occurrence.skipped == Skipped.LEFT
    return occurrence.state in OVER and not gone


def _doses(session: Session, study: Study, scope: Scope, occurrences: list[Occurrence]) -> Doses:
    """The newest report that says how it went counts. A day without any is unknown once its question has closed."""
    reports = session.scalars(select(DoseReport).join(Participant).where(*scope.people()).order_by(DoseReport.id))
    newest = {(one.participant_id, one.day): one.status for one in reports if one.status in COUNTING}
    told = []
    for one in occurrences:
        if study.kind_of(one.checkin) is not CheckInKind.DOSE:
            continue
        status = newest.get((one.participant_id, one.day))
        if status is not None or _is_due(one):
            told.append(status or UNKNOWN)
    return Doses(len(told), _counted(told))


def _concerns(session: Session, study: Study, scope: Scope) -> list[Concern]:
    """Those about participants who are meant, and about nobody known, raised at the site on the days meant."""
    query = select(Concern).outerjoin(Participant, Participant.id == Concern.participant_id)
    if not scope.with_tests:
        query = query.where(or_(Participant.id.is_(None), Participant.is_test.is_(False)))
    if scope.site:
        query = query.where(Concern.site == scope.site)
    rows = session.scalars(query.order_by(Concern.id))
    return [one for one in rows if scope.holds(_day_at(study, one.site, one.received_at))]


def _grouped(concerns: list[Concern], once_unowned: set[str]) -> list[Concerns]:
    """By severity, the gravest first, then by kind."""
    groups: dict[tuple[str, str], list[Concern]] = {}
    for one in concerns:
        groups.setdefault((one.severity, one.kind), []).append(one)
    ordered = sorted(groups.items(), key=lambda group: (-Severity(group[0][0]).rank, group[0][1]))
    return [
        Concerns(
            kind=kind,
            severity=severity,
            number=len(mine),
            to_delivery=_waits((one.received_at, one.delivered_at) for one in mine),
            to_acknowledgement=_waits((one.received_at, one.acknowledged_at) for one in mine),
            unowned=sum(one.reference in once_unowned or one.state == ConcernState.UNOWNED for one in mine),
        )
        for (severity, kind), mine in ordered
    ]


def _waits(moments: Iterable[tuple[datetime, datetime | None]]) -> Waits:
    pairs = list(moments)
    lasted = [(end - begin).total_seconds() for begin, end in pairs if end is not None]
    missing = len(pairs) - len(lasted)
    return Waits(median(lasted), max(lasted), missing) if lasted else Waits(None, None, missing)


def _once_unowned(session: Session) -> set[str]:
    """References of concerns whose ladder came to its end at some time, also if somebody took them later."""
    return set(session.scalars(select(Alarm.subject).where(Alarm.code == "concern_unowned")))


def _questions(session: Session, concerns: list[Concern]) -> int:
    """Messages given to the team as questions; ten in one concern are ten."""
    asked = [one.id for one in concerns if one.kind == ConcernKind.QUESTION]
    counting = select(func.count()).select_from(ConcernReport).where(ConcernReport.concern_id.in_(asked))
    return session.scalar(counting) or 0


def _answers(session: Session, study: Study, scope: Scope) -> dict[str, int]:
    """FAQ topics answered, the most asked first."""
    rows = session.execute(
        select(OutboxRow.answer, OutboxRow.created_at, Participant.site)
        .join(Chat, Chat.id == OutboxRow.chat_id)
        .join(Participant, Participant.id == Chat.participant_id)
        .where(*scope.people(), OutboxRow.answer.is_not(None), OutboxRow.state == OutboxState.SENT)
    )
    return _counted(answer for answer, at, site in rows if answer and scope.holds(_day_at(study, site, at)))


def _wishes(session: Session, study: Study, scope: Scope) -> dict[str, int]:
    rows = session.execute(
        select(Wish.scope, Wish.wished_at, Participant.site).join(Participant).where(*scope.people())
    )
    return _counted(what for what, at, site in rows if scope.holds(_day_at(study, site, at)))


def _day_at(study: Study, site: str, moment: datetime) -> date:
    """The calendar day at a site; a site that is no longer in the study file keeps UTC."""
    known = study.sites.get(site)
    return (moment.astimezone(known.zone) if known else moment).date()


def _counted(values: Iterable[str]) -> dict[str, int]:
    """How many of each, the most first."""
    return dict(sorted(Counter(values).items(), key=lambda one: (-one[1], one[0])))


def spoken_seconds(seconds: float | None) -> str:
    """A duration as one says it: "40 s", "12 min", "3 h 5 min", "2 d 4 h"; "-" where there is none."""
    if seconds is None:
        return "-"
    whole = timedelta(seconds=round(seconds))
    minutes, rest = divmod(whole.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if whole.days:
        return f"{whole.days} d {hours} h" if hours else f"{whole.days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{rest} s"
