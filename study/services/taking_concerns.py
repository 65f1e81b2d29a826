"""What staff do with a concern: take it, see the words, settle it; and who is told of that."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from study.checkins import Answer
from study.concerns import (
    UNCLAIMED,
    Concern,
    ConcernKind,
    ConcernReport,
    ConcernState,
)
from study.errors import AlreadyAcknowledged, AlreadyResolved, Refused
from study.holding import HOLDING_FLAG
from study.inbox import InboxRow, Kind
from study.keys import unseal
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import Chat, Participant, Standing, chat_of
from study.replies import Say, button, clock_time, put_replies, role_title, say, standing_fields
from study.services.concerning import concern_fields, pages_of, staff_buttons
from study.services.sending import cancel_waiting
from study.services.tidying import put_away
from study.staff import StaffMember
from study.work import Work

TOLD_WHEN_SEEN = {
    ConcernKind.RED_FLAG,
    ConcernKind.THRESHOLD,
    ConcernKind.SYMPTOM,
    ConcernKind.QUESTION,
    ConcernKind.DOSE,
    ConcernKind.WISH,
    ConcernKind.UNREADABLE,
    ConcernKind.OTHER_PERSON,
}


HOW_IT_CAME: dict[str, str] = {Kind.TAP: "staff.tapped", Kind.MEDIA: "staff.sent_media", Kind.EDIT: "staff.changed"}
REPLACED, GAP = "\N{REPLACEMENT CHARACTER}", "\N{ZERO WIDTH SPACE}"
ACTING = re.compile(r"[@#]|:/|(?<!\S)/|(?<=\w)\.(?=[^\W\d])")  # what Telegram makes links of: @who, t.me, /command
BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def acknowledge(work: Work, member: StaffMember, concern_id: int) -> list[Say]:
    """A member of staff takes a concern. The participant is told that a named role has seen it, and when."""
    concern = concern_of(work, member, concern_id)
    try:
        concern.acknowledge(member.id, work.now)
    except (AlreadyAcknowledged, AlreadyResolved) as already:
        work.record(member.code, f"acknowledge_{already.code}", concern.reference)
        return [_who_was_first(work, concern)]
    work.record(member.code, "concern_acknowledged", concern.reference)
    cancel_waiting(work.session, *pages_of(concern))
    put_away(work, *pages_of(concern))
    _tell_participant(work, concern, member)
    _tell_the_others(work, concern, member)
    return [
        say(
            "staff.acknowledged_dark" if HOLDING_FLAG in concern.flags else "staff.acknowledged",
            concern_fields(work, concern),
            buttons=buttons_now(work, concern),
            time=clock_time(work, work.study.sites[concern.site].zone),
        )
    ]


def resolve(work: Work, member: StaffMember, concern_id: int) -> list[Say]:
    """The matter is settled, with who and when."""
    concern = concern_of(work, member, concern_id)
    unseen = concern.acknowledged_at is None
    try:
        concern.resolve(member.id, work.now)
    except AlreadyResolved:
        work.record(member.code, "resolve_already_resolved", concern.reference)
        return [_who_was_first(work, concern)]
    work.record(member.code, "concern_resolved", concern.reference)
    cancel_waiting(work.session, *pages_of(concern))
    put_away(work, *pages_of(concern))
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
    concern = concern_of(work, member, concern_id)
    rows = work.session.scalars(
        select(InboxRow)
        .join(ConcernReport, ConcernReport.inbox_id == InboxRow.id)
        .where(ConcernReport.concern_id == concern.id)
        .order_by(InboxRow.id)
    )
    shown = [_shown(work, row, work.study.sites[concern.site].zone) for row in rows]
    lines = [line for line in shown if line is not None]
    work.record(member.code, "words_shown", concern.reference, messages=len(lines))
    return [
        say(
            "staff.words",
            concern_fields(work, concern),
            buttons=buttons_now(work, concern),
            words="\n".join(lines) or "-",
        )
    ]


def _shown(work: Work, row: InboxRow, zone: ZoneInfo) -> str | None:
    """One message as staff see it: when, how it came, and the words quoted line by line, so that nothing in them can
    be taken for ours. None for a tap that answered no question: the alert says what it was about."""
    words = unseal(work.session, row.words_sealed)
    how = HOW_IT_CAME.get(row.kind, "staff.wrote")
    if words is None:
        words = _tapped(work, row)
        if not words and row.kind == Kind.TAP:
            return None
    when = min(row.event_at or row.received_at, row.received_at).astimezone(zone)
    said = work.study.wordings.render(how, when=f"{when:%a %H:%M}")
    quoted = [f"> {line}" for line in inert(words or "-").splitlines() or ["-"]]
    return "\n".join([said, *quoted])


def _tapped(work: Work, row: InboxRow) -> str:
    """The question and the answer behind a tap, which has no words of its own."""
    answer = work.session.scalar(select(Answer).where(Answer.cause == row.id, ~Answer.branched_off))
    item = work.study.items.get(answer.item) if answer is not None else None
    if answer is None or item is None:
        return ""
    given = next((choice.label for choice in item.choices if str(choice.value) == answer.value), None)
    label = work.study.wordings.render(given) if given else answer.value
    return f"{work.study.wordings.render(item.wording)} {label}"


def inert(words: str) -> str:
    """A patient's text shown to staff: nothing in it acts, hides or turns the line round; broken characters are
    replaced. No link, mention or command of Telegram's is left in it to be tapped by mistake."""
    shown = words.encode("utf-8", "replace").decode("utf-8")
    kept = "".join(c if c == "\n" or (c.isprintable() and c not in BIDI) else REPLACED for c in shown)
    return ACTING.sub(lambda found: found[0] + GAP, kept)


def concern_of(work: Work, member: StaffMember, concern_id: int) -> Concern:
    """A concern of this member's own site. Raises Refused for anybody else's, and for whoever was removed."""
    concern = work.session.get(Concern, concern_id)
    if concern is None or not member.active or concern.site != member.site:
        raise Refused(f"{member.code} and concern {concern_id}")
    return concern


def buttons_now(work: Work, concern: Concern) -> list[list[dict[str, Any]]]:
    """What can be done with it now; after a reported death also to take that back."""
    rows = staff_buttons(concern)
    participant = work.session.get(Participant, concern.participant_id) if concern.participant_id else None
    if participant is not None and participant.standing == Standing.DECEASED and concern.state not in UNCLAIMED:
        rows.append([button("button.messages_on", "messages_on", concern=concern.id)])
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
        _seen_wording(participant, concern),
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


def _seen_wording(participant: Participant, concern: Concern) -> str:
    if participant.standing == Standing.DECEASED:
        return "concern.seen_family"
    return "concern.seen_dark" if HOLDING_FLAG in concern.flags else "concern.seen"


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
