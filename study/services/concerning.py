"""Raising concerns, calling staff up the ladder, and what staff do with them."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from study import alarms
from study.checkins import Answer
from study.concerns import (
    UNCLAIMED,
    Concern,
    ConcernKind,
    ConcernReport,
    ConcernState,
    PageKind,
)
from study.errors import AlreadyAcknowledged, AlreadyResolved, Refused
from study.inbox import InboxRow
from study.keys import unseal
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import Chat, Participant, chat_of
from study.protocol import Severity
from study.replies import Say, button, clock_time, put_replies, say, standing_fields
from study.services.sending import cancel_waiting
from study.staff import StaffMember, on_call
from study.work import Work

TOLD_WHEN_SEEN = {
    ConcernKind.RED_FLAG,
    ConcernKind.THRESHOLD,
    ConcernKind.SYMPTOM,
    ConcernKind.QUESTION,
    ConcernKind.DOSE,
    ConcernKind.WISH,
    ConcernKind.UNREADABLE,
}
ALERTS = {
    ConcernKind.UNREACHABLE: "staff.task.unreachable",
    ConcernKind.UNDELIVERED: "staff.task.dead_message",
    ConcernKind.TECHNICAL: "staff.task.set_aside",
    ConcernKind.UNREADABLE: "staff.task.unreadable",
}


def raise_concern(
    work: Work,
    participant: Participant | None,
    kind: ConcernKind,
    severity: Severity,
    *,
    flags: list[str] | None = None,
    received_at: datetime | None = None,
) -> Concern:
    """Put a worry on its ladder, or join it to the one that waits already. The first page goes out in this transaction.

    A hundred reports are one concern while nobody has taken it. A graver one, or one with a new red flag, pages
    again. After
    somebody acknowledged, a new report is a new concern: what was seen is not what came later.
    """
    new_flags = flags or []
    concern = _waiting(work, participant, kind)
    if concern is None:
        concern = _new(work, participant, kind, severity, new_flags, received_at or work.now)
    else:
        graver = severity.rank > Severity(concern.severity).rank
        unseen = [flag for flag in new_flags if flag not in concern.flags]
        concern.flags = [*concern.flags, *unseen]
        if graver or unseen:
            worst = severity if graver else Severity(concern.severity)
            concern.worsen(worst, _ladder(work, worst), _page_hour(work, concern.site, worst, work.now))
            work.record("system", "concern_worsened", concern.reference, severity=worst, flags=concern.flags)
    if work.cause is not None and work.session.get(ConcernReport, (concern.id, work.cause)) is None:
        work.session.add(ConcernReport(concern_id=concern.id, inbox_id=work.cause))
    work.session.flush()
    page(work, concern)
    return concern


def _waiting(work: Work, participant: Participant | None, kind: ConcernKind) -> Concern | None:
    """The concern a report joins, not taken yet: of the same kind and person or, of somebody unknown, the same chat."""
    waiting = select(Concern).where(Concern.kind == kind, Concern.state.in_([state.value for state in UNCLAIMED]))
    if participant is not None:
        waiting = waiting.where(Concern.participant_id == participant.id)
    else:
        here = work.session.get(InboxRow, work.cause) if work.cause is not None else None
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
        ladder=_ladder(work, severity),
        next_at=_page_hour(work, site, severity, work.now),
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


def _ladder(work: Work, severity: Severity) -> dict[str, Any]:
    return work.study.ladders[severity].model_dump(mode="json")


def _page_hour(work: Work, site: str, severity: str, moment: datetime) -> datetime:
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
            concern.next_at = _page_hour(work, concern.site, concern.severity, concern.next_at)
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
    first = ALERTS.get(ConcernKind(concern.kind), f"staff.alert.{concern.severity}")
    if concern.participant_id is None and concern.kind == ConcernKind.RED_FLAG:
        first = "staff.alert.unknown_person"
    wording = {
        PageKind.STEP: first,
        PageKind.REPEAT: "staff.alert.repeat",
        PageKind.UNOWNED: "staff.unowned",
    }[kind]
    buttons = [[button("button.acknowledge", "acknowledge", concern=concern.id)]]
    if concern.participant_id is not None:
        buttons.append([button("button.show_words", "words", concern=concern.id)])
    put_replies(
        work,
        chat,
        [say(wording, buttons=buttons, level=concern.level + 1)],
        key=f"alert:{concern.id}:{concern.severity}:{concern.version}:{concern.level}:{concern.repeats}:{member.code}",
        lane=Lane.ALERT,
        fields=concern_fields(work, concern),
        concern_id=concern.id,
    )


def concern_fields(work: Work, concern: Concern) -> dict[str, str]:
    """What an alert may name: codes, the site, the hour. Never a disease, drug, symptom or person."""
    participant = work.session.get(Participant, concern.participant_id) if concern.participant_id else None
    site = work.study.sites[concern.site]
    lifelines = work.study.lifelines(concern.site, participant.timezone if participant else site.timezone)
    received = concern.received_at.astimezone(site.zone)
    return {
        "reference": concern.reference,
        "code": participant.code if participant else "not enrolled",
        "site": site.name,
        "received": received.strftime("%a %d %b, %H:%M"),
        "emergency_number": lifelines.emergency_number,
        "team_phone": site.telephone,
    }


def acknowledge(work: Work, member: StaffMember, concern_id: int) -> list[Say]:
    """A member of staff takes a concern. The participant is told that a named role has seen it, and when."""
    concern = _theirs(work, member, concern_id)
    try:
        concern.acknowledge(member.id, work.now)
    except (AlreadyAcknowledged, AlreadyResolved) as already:
        work.record(member.code, f"acknowledge_{already.code}", concern.reference)
        return [_who_was_first(work, concern)]
    work.record(member.code, "concern_acknowledged", concern.reference)
    cancel_waiting(work.session, *_pages_of(concern))
    _tell_participant(work, concern, member)
    _tell_the_others(work, concern, member)
    return [
        say(
            "staff.acknowledged",
            concern_fields(work, concern),
            buttons=_taken_buttons(concern),
            time=clock_time(work, work.study.sites[concern.site].zone),
        )
    ]


def resolve(work: Work, member: StaffMember, concern_id: int) -> list[Say]:
    """The matter is settled, with who and when."""
    concern = _theirs(work, member, concern_id)
    unseen = concern.acknowledged_at is None
    try:
        concern.resolve(member.id, work.now)
    except AlreadyResolved:
        work.record(member.code, "resolve_already_resolved", concern.reference)
        return [_who_was_first(work, concern)]
    work.record(member.code, "concern_resolved", concern.reference)
    cancel_waiting(work.session, *_pages_of(concern))
    if unseen:
        _tell_participant(work, concern, member)
        _tell_the_others(work, concern, member)
    return [
        say(
            "staff.resolved",
            concern_fields(work, concern),
            who=role_title(work, member),
            time=clock_time(work, work.study.sites[concern.site].zone),
        )
    ]


def show_words(work: Work, member: StaffMember, concern_id: int) -> list[Say]:
    """What the participant wrote, for those who may see it; that they looked is in the audit trail."""
    concern = _theirs(work, member, concern_id)
    rows = work.session.scalars(
        select(InboxRow)
        .join(ConcernReport, ConcernReport.inbox_id == InboxRow.id)
        .where(ConcernReport.concern_id == concern.id)
        .order_by(InboxRow.id)
    )
    zone = work.study.sites[concern.site].zone
    lines = []
    for row in rows:
        words = unseal(work.session, row.words_sealed) or _tapped(work, row) or "-"
        lines.append(f"{row.received_at.astimezone(zone):%a %H:%M}: «{inert(words)}»")
    work.record(member.code, "words_shown", concern.reference, messages=len(lines))
    return [
        say(
            "staff.words",
            concern_fields(work, concern),
            buttons=_taken_buttons(concern),
            words="\n".join(lines) or "-",
        )
    ]


def _tapped(work: Work, row: InboxRow) -> str:
    """The question and the answer behind a tap, which has no words of its own."""
    answer = work.session.scalar(select(Answer).where(Answer.cause == row.id, ~Answer.branched_off))
    item = work.study.items.get(answer.item) if answer is not None else None
    if answer is None or item is None:
        return ""
    given = next((choice.label for choice in item.choices if str(choice.value) == answer.value), None)
    label = work.study.wordings.render(given) if given else answer.value
    return f"{work.study.wordings.render(item.wording)} {label}"


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
            *_pages_of(concern),
            OutboxRow.state.in_([OutboxState.SENT, OutboxState.PENDING, OutboxState.LEASED]),
        )
        .limit(1)
    )
    if waiting is None:
        concern.next_at = work.now
        page(work, concern)


def inert(words: str) -> str:
    """A patient's text shown to staff: nothing in it acts, hides or turns the line round; broken characters are
    replaced."""
    shown = words.encode("utf-8", "replace").decode("utf-8")
    kept = (c if c == "\n" or (c.isprintable() and c not in BIDI) else "\N{REPLACEMENT CHARACTER}" for c in shown)
    return "".join(kept).replace("@", "@\N{ZERO WIDTH SPACE}").replace("://", ":/\N{ZERO WIDTH SPACE}/")


BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def role_title(work: Work, member: StaffMember) -> str:
    """What a participant may call this member of staff."""
    return work.study.wordings.render(work.study.roles[member.role])


def _theirs(work: Work, member: StaffMember, concern_id: int) -> Concern:
    concern = work.session.get(Concern, concern_id)
    if concern is None or not member.active or concern.site != member.site:
        raise Refused(f"{member.code} and concern {concern_id}")
    return concern


def _pages_of(concern: Concern) -> tuple[ColumnElement[bool], ...]:
    """The messages that call staff to a concern; the emergency wording to the participant is none of them."""
    to_staff = select(Chat.id).where(Chat.staff_id.is_not(None))
    return OutboxRow.concern_id == concern.id, OutboxRow.lane == Lane.ALERT, OutboxRow.chat_id.in_(to_staff)


def _taken_buttons(concern: Concern) -> list[list[dict[str, Any]]]:
    rows = []
    if concern.state in UNCLAIMED:
        rows.append([button("button.acknowledge", "acknowledge", concern=concern.id)])
    elif concern.participant_id is not None:
        rows.append([button("button.show_words", "words", concern=concern.id)])
    if concern.state != ConcernState.RESOLVED:
        rows.append([button("button.resolve", "resolve", concern=concern.id)])
    return rows


def _who_was_first(work: Work, concern: Concern) -> Say:
    settled = concern.state == ConcernState.RESOLVED
    by, at = (
        (concern.resolved_by, concern.resolved_at) if settled else (concern.acknowledged_by, concern.acknowledged_at)
    )
    first = work.session.get_one(StaffMember, by)
    zone = work.study.sites[concern.site].zone
    return say(
        "staff.already_resolved" if settled else "staff.already_acknowledged",
        concern_fields(work, concern),
        who=role_title(work, first),
        time=f"{at.astimezone(zone):%H:%M}" if at else "",
    )


def _tell_participant(work: Work, concern: Concern, member: StaffMember) -> None:
    participant = work.session.get(Participant, concern.participant_id) if concern.participant_id else None
    chat = chat_of(work.session, participant) if participant else None
    if participant is None or chat is None or ConcernKind(concern.kind) not in TOLD_WHEN_SEEN:
        return
    told = say(
        "concern.seen",
        role=role_title(work, member),
        time=clock_time(work, ZoneInfo(participant.timezone)),
    )
    put_replies(
        work,
        chat,
        [told],
        key=f"seen:{concern.id}",
        fields=standing_fields(work, participant),
        concern_id=concern.id,
    )


def _tell_the_others(work: Work, concern: Concern, member: StaffMember) -> None:
    paged = work.session.scalars(
        select(Chat)
        .join(OutboxRow, OutboxRow.chat_id == Chat.id)
        .where(
            OutboxRow.concern_id == concern.id,
            OutboxRow.lane == Lane.ALERT,
            OutboxRow.state.in_([OutboxState.SENT, OutboxState.LEASED]),
            Chat.staff_id.is_not(None),
            Chat.staff_id != member.id,
        )
        .distinct()
    )
    told = say(
        "staff.acknowledged_by",
        who=role_title(work, member),
        time=clock_time(work, work.study.sites[concern.site].zone),
    )
    for chat in paged:
        put_replies(
            work,
            chat,
            [told],
            key=f"taken:{concern.id}:{chat.id}",
            fields=concern_fields(work, concern),
            concern_id=concern.id,
        )
