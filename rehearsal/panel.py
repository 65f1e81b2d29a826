"""What the database says of one participant, and what is due next: the operator's view. Codes only, never words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from study.checkins import Answer, Occurrence, OccurrenceState, study_day
from study.concerns import UNCLAIMED, Concern, ConcernState
from study.inbox import InboxRow, InboxState
from study.outbox import LANES, WAITING, Lane, OutboxRow, OutboxState
from study.participants import Chat, Participant, by_code
from study.protocol import Ladder, Severity, Study
from study.services.dose_days import dose_of_day
from study.services.due import next_due
from study.staff import StaffMember

ANSWERS_SHOWN = 5
MESSAGES_SHOWN = 3
NAMES = {"daily": "daily question", "weekly": "weekly check-in"}
CLAIMED = (ConcernState.ACKNOWLEDGED,)


@dataclass(frozen=True)
class Fact:
    """One line. `tone`: "" plain, "grave", "good", "next", "quiet"."""

    name: str
    value: str
    tone: str = ""


@dataclass(frozen=True)
class Section:
    """Some facts under a title."""

    title: str
    facts: tuple[Fact, ...]
    tone: str = ""


@dataclass(frozen=True)
class Due:
    """The next moment something happens, and what it is."""

    moment: datetime
    what: str


def sections_of(session: Session, study: Study, code: str, now: datetime) -> list[Section]:
    """Everything the panel shows of a participant; times are theirs."""
    participant = by_code(session, code)
    if participant is None:
        return [Section("Participant", (Fact(code, "not known", "grave"),))]
    zone = ZoneInfo(participant.timezone)
    return [
        _person(participant, study, now),
        _checkin(session, participant, zone, now),
        *_concerns(session, participant, zone),
        _outbox(session, participant),
        _answers(session, participant, zone, now),
        _messages(session, participant, zone),
    ]


def next_event(session: Session, study: Study, now: datetime) -> Due | None:
    """What the button "Next event" turns to, in a few words such as `daily question for P-001`."""
    moment = next_due(session, study, now)
    return Due(moment, _what_is_due(session, study, moment)) if moment is not None else None


def _what_is_due(session: Session, study: Study, moment: datetime) -> str:
    concern = session.scalar(select(Concern).where(Concern.next_at == moment).order_by(Concern.id).limit(1))
    if concern is not None:
        steps = Ladder.model_validate(concern.ladder).steps
        called = steps[min(concern.level + 1, len(steps) - 1)].roles
        return f"{concern.reference} calls {', '.join(called)}"
    occurrence = session.scalar(select(Occurrence).where(Occurrence.next_at == moment).order_by(Occurrence.id).limit(1))
    if occurrence is not None:
        participant = session.get_one(Participant, occurrence.participant_id)
        name = NAMES.get(occurrence.checkin, occurrence.checkin.replace("_", " "))
        if moment >= occurrence.closes_at:
            return f"{name} of {participant.code} closes"
        again = occurrence.asked_at is not None and not occurrence.later_until
        return f"{'reminder: ' if again else ''}{name} for {participant.code}"
    leaving = session.scalar(select(Participant).where(Participant.farewell_at == moment).limit(1))
    return f"farewell to {leaving.code}" if leaving is not None else "a held message goes to the team"


def _person(participant: Participant, study: Study, now: datetime) -> Section:
    day = study_day(participant, now)
    facts = [Fact("standing", participant.standing + ("" if participant.reachable else ", unreachable"))]
    if participant.joining is not None:
        facts.append(Fact("joining, asks", participant.joining))
    facts.append(Fact("day", f"{day} of {study.days}" if day is not None else "not begun"))
    facts.append(Fact("site, zone", f"{participant.site}, {participant.timezone}"))
    return Section(participant.code, tuple(facts))


def _checkin(session: Session, participant: Participant, zone: ZoneInfo, now: datetime) -> Section:
    mine = select(Occurrence).where(Occurrence.participant_id == participant.id).limit(1)
    under_way = session.scalar(
        mine.where(Occurrence.state.in_([OccurrenceState.STARTED, OccurrenceState.ASKED])).order_by(
            Occurrence.started_at.is_(None), Occurrence.opens_at.desc()
        )
    )
    if under_way is not None:
        begun = under_way.state == OccurrenceState.STARTED
        return Section(
            "Open check-in",
            (
                Fact(under_way.checkin, under_way.state, "next" if begun else ""),
                Fact("item", under_way.item or "not begun"),
                Fact("closes", _when(under_way.closes_at, zone)),
            ),
        )
    planned = session.scalar(
        mine.where(Occurrence.state == OccurrenceState.PLANNED, Occurrence.next_at > now).order_by(Occurrence.opens_at)
    )
    if planned is None:
        return Section("Check-in", (Fact("none", "nothing is planned", "quiet"),))
    return Section("Check-in", (Fact(f"next: {planned.checkin}", _when(planned.opens_at, zone)),))


def _concerns(session: Session, participant: Participant, zone: ZoneInfo) -> list[Section]:
    unresolved = session.scalars(
        select(Concern)
        .where(Concern.participant_id == participant.id, Concern.state.in_([*UNCLAIMED, *CLAIMED]))
        .order_by(Concern.id.desc())
    ).all()
    if not unresolved:
        return [Section("Open concerns", (Fact("none", "", "quiet"),))]
    gravest_first = sorted(unresolved, key=lambda one: Severity(one.severity).rank, reverse=True)
    return [_concern(session, one, zone) for one in gravest_first]


def _concern(session: Session, concern: Concern, zone: ZoneInfo) -> Section:
    waits = concern.state in UNCLAIMED
    about = ", ".join(map(str, concern.flags)) or concern.kind
    facts = [Fact(f"{concern.severity}: {about}", concern.state, "grave" if waits else "good")]
    told = _told(session, concern, zone)
    for number, step in enumerate(Ladder.model_validate(concern.ladder).steps):
        name = f"{number + 1}. {', '.join(step.roles)}"
        if any(role in told for role in step.roles) and number <= concern.level:
            facts.append(Fact(name, "told " + ", ".join(told[role] for role in step.roles if role in told), "good"))
        elif number == concern.level + 1 and concern.next_at is not None:
            facts.append(Fact(name, f"next {_when(concern.next_at, zone)}", "next"))
        elif number <= concern.level:
            facts.append(Fact(name, "nobody to tell", "grave"))
        else:
            facts.append(Fact(name, "not needed" if not waits else "later", "quiet"))
    taken = session.get(StaffMember, concern.acknowledged_by or 0)
    if taken is not None and concern.acknowledged_at is not None:
        facts.append(Fact("acknowledged", f"{taken.code}, {_when(concern.acknowledged_at, zone)}", "good"))
    return Section(f"{concern.reference} {concern.kind.replace('_', ' ')}", tuple(facts), "grave" if waits else "good")


def _told(session: Session, concern: Concern, zone: ZoneInfo) -> dict[str, str]:
    """By role: who was first called for a concern and when, by code."""
    rows = session.execute(
        select(StaffMember.role, StaffMember.code, OutboxRow.sent_at)
        .join(Chat, Chat.staff_id == StaffMember.id)
        .join(OutboxRow, OutboxRow.chat_id == Chat.id)
        .where(OutboxRow.concern_id == concern.id, OutboxRow.lane == Lane.ALERT, OutboxRow.state == OutboxState.SENT)
        .order_by(OutboxRow.id.desc())
    )
    return {role: f"{code} {sent.astimezone(zone):%H:%M}" for role, code, sent in rows if sent is not None}


def _outbox(session: Session, participant: Participant) -> Section:
    """Waiting by lane over the whole study: alerts of staff belong to it; sent is to this participant."""
    waiting = select(OutboxRow.lane, func.count()).where(OutboxRow.state.in_([one.value for one in WAITING]))
    counts: dict[str, int] = dict(session.execute(waiting.group_by(OutboxRow.lane)).tuples().all())
    sent = session.scalar(
        select(func.count())
        .select_from(OutboxRow)
        .join(Chat, Chat.id == OutboxRow.chat_id)
        .where(Chat.participant_id == participant.id, OutboxRow.state == OutboxState.SENT)
    )
    lanes = ", ".join(f"{lane} {counts.get(lane, 0)}" for lane in LANES if lane is not Lane.TIDY)
    busy = "next" if sum(counts.values()) else ""
    return Section("Outbox", (Fact("waiting", lanes, busy), Fact(f"sent to {participant.code}", str(sent or 0))))


def _answers(session: Session, participant: Participant, zone: ZoneInfo, now: datetime) -> Section:
    dose = dose_of_day(session, participant.id, now.astimezone(zone).date())
    facts = [Fact("tablet today", dose.status + (f" ({dose.reason})" if dose.reason else ""))] if dose else []
    rows = session.scalars(
        select(Answer).where(Answer.participant_id == participant.id).order_by(Answer.id.desc()).limit(ANSWERS_SHOWN)
    )
    facts += [
        Fact(one.item, f"{one.value if one.value is not None else 'words'}  {one.answered_at.astimezone(zone):%H:%M}")
        for one in rows
        if not one.branched_off
    ]
    return Section("Last answers", tuple(facts) or (Fact("none", "", "quiet"),))


def _messages(session: Session, participant: Participant, zone: ZoneInfo) -> Section:
    """How the last messages were handled."""
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.participant_id == participant.id)
        .order_by(InboxRow.id.desc())
        .limit(MESSAGES_SHOWN)
    )
    facts = [
        Fact(
            f"{row.received_at.astimezone(zone):%H:%M} {row.kind}",
            "waits" if row.state == InboxState.OPEN else (row.outcome or row.state),
            "next" if row.state == InboxState.OPEN else "",
        )
        for row in rows
    ]
    return Section("Last messages, handled as", tuple(facts) or (Fact("none", "", "quiet"),))


def _when(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M}"
