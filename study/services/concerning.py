"""Raising concerns and calling staff up the ladder."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from study import alarms
from study.concerns import (
    UNCLAIMED,
    Concern,
    ConcernKind,
    ConcernReport,
    ConcernState,
    PageKind,
)
from study.inbox import InboxRow
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import Chat, Participant
from study.protocol import Severity
from study.replies import button, lifelines_of, put_replies, say
from study.staff import StaffMember, on_call
from study.work import Work

ALERTS = {
    ConcernKind.UNREACHABLE: "staff.task.unreachable",
    ConcernKind.UNDELIVERED: "staff.task.dead_message",
    ConcernKind.TECHNICAL: "staff.task.set_aside",
    ConcernKind.SILENT: "staff.task.silent",
    ConcernKind.UNREADABLE: "staff.task.unreadable",
}


def raise_concern(
    work: Work,
    participant: Participant | None,
    kind: ConcernKind,
    severity: Severity,
    *,
    flags: list[str] | None = None,
    details: dict[str, list[str]] | None = None,
    first_page_after: timedelta | None = None,
    received_at: datetime | None = None,
) -> Concern:
    """Put a worry on its ladder, or join it to the one that waits already. The first page goes out in this transaction,
    or `first_page_after` later for a new one whose gravity is being asked for.

    A hundred reports are one concern while nobody has taken it. A graver one, or one with a new red flag, pages
    again. After
    somebody acknowledged, a new report is a new concern: what was seen is not what came later.
    """
    new_flags = flags or []
    concern = _waiting(work, participant, kind)
    if concern is None:
        concern = _new(work, participant, kind, severity, new_flags, received_at or work.now)
        if first_page_after is not None:
            concern.next_at = page_hour(work, concern.site, severity, work.now + first_page_after)
    else:
        graver = severity.rank > Severity(concern.severity).rank
        unseen = [flag for flag in new_flags if flag not in concern.flags]
        concern.flags = [*concern.flags, *unseen]
        if graver or unseen:
            worst = severity if graver else Severity(concern.severity)
            concern.worsen(worst, ladder_of(work, worst), page_hour(work, concern.site, worst, work.now))
            work.record("system", "concern_worsened", concern.reference, severity=worst, flags=concern.flags)
    concern.details = _joined(concern.details or {}, details or {})
    if work.cause is not None:
        link_report(work, concern, work.cause)
    work.session.flush()
    page(work, concern)
    return concern


def link_report(work: Work, concern: Concern, inbox_id: int) -> None:
    """This message belongs to the concern: staff see its words."""
    if work.session.get(ConcernReport, (concern.id, inbox_id)) is None:
        work.session.add(ConcernReport(concern_id=concern.id, inbox_id=inbox_id))


def _joined(known: dict[str, Any], more: dict[str, list[str]]) -> dict[str, Any]:
    """What a concern is about, with what a further report is about: nothing twice."""
    lists = {key: [*known.get(key, []), *more.get(key, [])] for key in (*known, *more)}
    return {key: list(dict.fromkeys(values)) for key, values in lists.items()}


def _waiting(work: Work, participant: Participant | None, kind: ConcernKind) -> Concern | None:
    """The concern a report joins, not taken yet: of the same kind and person or, of somebody unknown, the same chat."""
    waiting = select(Concern).where(Concern.kind == kind, Concern.state.in_([state.value for state in UNCLAIMED]))
    if participant is not None:
        waiting = waiting.where(Concern.participant_id == participant.id)
    else:
        here = work.message()
        if here is None or here.chat_id is None:
            return None
        from_here = (
            select(ConcernReport.concern_id)
            .join(InboxRow, InboxRow.id == ConcernReport.inbox_id)
            .where(InboxRow.chat_id == here.chat_id)
        )
        waiting = waiting.where(Concern.participant_id.is_(None), Concern.id.in_(from_here))
    return work.session.scalar(waiting.order_by(Concern.id.desc()).limit(1))


def _new(
    work: Work,
    participant: Participant | None,
    kind: ConcernKind,
    severity: Severity,
    flags: list[str],
    received_at: datetime,
) -> Concern:
    site = participant.site if participant else next(iter(work.study.sites))
    concern = Concern(
        reference=f"new-{secrets.token_hex(8)}",
        participant_id=participant.id if participant else None,
        site=site,
        kind=kind,
        flags=flags,
        severity=severity,
        ladder=ladder_of(work, severity),
        next_at=page_hour(work, site, severity, work.now),
        received_at=received_at,
        raised_at=work.now,
    )
    work.session.add(concern)
    work.session.flush()
    concern.reference = f"C-{concern.id:04d}"
    code = participant.code if participant else "unknown"
    work.record(
        "system",
        "concern_raised",
        concern.reference,
        participant=code,
        kind=kind,
        severity=severity,
        flags=flags,
    )
    return concern


def ladder_of(work: Work, severity: Severity) -> dict[str, Any]:
    """The ladder of the study as it is now, to be copied onto a concern."""
    return work.study.ladders[severity].model_dump(mode="json")


def page_hour(work: Work, site: str, severity: str, moment: datetime) -> datetime:
    """`moment` itself, or the site's next opening where the ladder pages in monitoring hours only."""
    if work.study.ladders[Severity(severity)].pages == "any_hour":
        return moment
    return work.study.monitoring.opens_next(moment.astimezone(work.study.sites[site].zone))


def page(work: Work, concern: Concern) -> None:
    """Call whom the ladder names now. A level that reaches nobody is passed at once, and said aloud."""
    for _ in range(len(concern.ladder["steps"]) + 1):
        call = concern.climb(work.now, work.study.timings.unowned_repeat)
        if call is None:
            return
        if concern.next_at is not None:
            concern.next_at = page_hour(work, concern.site, concern.severity, concern.next_at)
        people = on_call(work.session, concern.site, list(call.roles))
        work.record(
            "system",
            "concern_paged",
            concern.reference,
            level=call.level,
            how=call.kind,
            told=[m.code for m, _ in people],
        )
        for member, chat in people:
            _alert(work, concern, call.kind, member, chat)
        if call.kind is PageKind.UNOWNED:
            alarms.sound(work, "concern_unowned", concern.reference)
        if people:
            return
        alarms.sound(work, "nobody_reachable", f"{concern.reference} level {call.level}")
        if call.kind is not PageKind.STEP:
            return
        concern.next_at = work.now


def _alert(work: Work, concern: Concern, kind: PageKind, member: StaffMember, chat: Chat) -> None:
    wording = {
        PageKind.STEP: _first_wording(concern),
        PageKind.REPEAT: "staff.alert.repeat",
        PageKind.UNOWNED: "staff.unowned",
    }[kind]
    put_replies(
        work,
        chat,
        [say(wording, buttons=staff_buttons(concern), level=concern.level + 1)],
        key=f"alert:{concern.id}:{concern.severity}:{concern.version}:{concern.level}:{concern.repeats}:{member.code}",
        lane=Lane.ALERT,
        fields=concern_fields(work, concern),
        concern_id=concern.id,
    )


def staff_buttons(concern: Concern) -> list[list[dict[str, Any]]]:
    """What staff can do with a concern now: take it, look, call, write, settle it. Of a settled one the words stay."""
    about: dict[str, Any] = {"concern": concern.id}
    words = button("button.show_words", "words", **about)
    if concern.state == ConcernState.RESOLVED:
        return [[words]] if concern.participant_id is not None else []
    take = [button("button.acknowledge", "acknowledge", **about)] if concern.state in UNCLAIMED else []
    settle = button("button.resolve", "resolve", **about)
    if concern.participant_id is None:
        return [row for row in (take, [settle]) if row]
    look = [words, button("button.show_number", "number", **about)]
    act = [button("button.message_them", "message", **about), settle]
    return [row for row in (take, look, act) if row]


def _first_wording(concern: Concern) -> str:
    """What calls staff first: by how grave it is, or the task it is. What cannot be read is a task once its sender said
    that it can wait, and something to act on before that."""
    if concern.participant_id is None and concern.kind == ConcernKind.RED_FLAG:
        return "staff.alert.unknown_person"
    graver = f"staff.alert.{concern.severity}"
    if concern.kind == ConcernKind.UNREADABLE and concern.severity != Severity.ROUTINE:
        return graver
    return ALERTS.get(ConcernKind(concern.kind), graver)


def concern_fields(work: Work, concern: Concern) -> dict[str, str]:
    """What an alert may name: codes, the site, what kind of thing it is, the hours. Never a disease, drug, symptom or
    person."""
    participant = work.session.get(Participant, concern.participant_id) if concern.participant_id else None
    site = work.study.sites[concern.site]
    lifelines = lifelines_of(work, participant) if participant else work.study.lifelines(concern.site, site.timezone)
    return {
        "reference": concern.reference,
        "code": participant.code if participant else "not enrolled",
        "site": site.name,
        "kind": work.study.wordings.render(f"kind.{concern.kind}"),
        "received": _since(work, concern, site.zone),
        "emergency_number": lifelines.emergency_number,
        "team_phone": site.telephone,
    }


def _since(work: Work, concern: Concern, zone: ZoneInfo) -> str:
    """When it was written, where the site is: the first message and, if more have joined, the last and how many.

    The hour is Telegram's (`event_at`), which is earlier than ours where the message waited for us.
    """
    reports = work.session.scalars(
        select(InboxRow)
        .join(ConcernReport, ConcernReport.inbox_id == InboxRow.id)
        .where(ConcernReport.concern_id == concern.id)
        .order_by(InboxRow.id)
    ).all()
    moments = [min(row.event_at or row.received_at, row.received_at) for row in reports] or [concern.received_at]
    first, last = (moment.astimezone(zone) for moment in (moments[0], moments[-1]))
    began = f"{first:%a %d %b, %H:%M}"
    if last - first < timedelta(minutes=1):
        return began
    return work.study.wordings.render("staff.since", first=began, last=f"{last:%a %H:%M}", count=len(moments))


def staff_unreachable(work: Work, member: StaffMember, concern_id: int | None) -> None:
    """An alert did not reach a member of staff: the next on the ladder at once, and an alarm."""
    member.reachable = False
    work.record("system", "staff_unreachable", member.code)
    alarms.sound(work, "staff_unreachable", member.code)
    concern = work.session.get(Concern, concern_id) if concern_id is not None else None
    if concern is None or concern.state not in UNCLAIMED:
        return
    waiting = work.session.scalar(
        select(OutboxRow.id)
        .where(
            *pages_of(concern),
            OutboxRow.state.in_([OutboxState.SENT, OutboxState.PENDING, OutboxState.LEASED]),
        )
        .limit(1)
    )
    if waiting is None:
        concern.next_at = work.now
        page(work, concern)


def pages_of(concern: Concern) -> tuple[ColumnElement[bool], ...]:
    """The messages that call staff to a concern; the emergency wording to the participant is none of them."""
    to_staff = select(Chat.id).where(Chat.staff_id.is_not(None))
    return OutboxRow.concern_id == concern.id, OutboxRow.lane == Lane.ALERT, OutboxRow.chat_id.in_(to_staff)
