"""Which check-in a participant is at, and which of its questions comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from study.checkins import Occurrence, OccurrenceState
from study.clock import local_date
from study.outbox import Lane, OutboxRow
from study.participants import Participant
from study.protocol import Attribute, Item
from study.replies import Say
from study.services.answering import newest_answers, value_of
from study.services.sending import cancel_waiting
from study.work import Work

NOT_YET = "not_yet"

Outcome = dict[str, Any]


def outcome(says: list[Say], occurrence: Occurrence | None = None, **more: Any) -> Outcome:
    """What a use case answers Rasa: what to say, and the check-in that is open now (None: none)."""
    active = occurrence is not None and occurrence.state == OccurrenceState.STARTED and occurrence.item is not None
    opened = (
        {"name": occurrence.checkin, "occurrence": occurrence.id, "item": occurrence.item}
        if occurrence is not None and active
        else None
    )
    return {"says": says, "checkin": opened, **more}


def active_occurrence(work: Work, participant: Participant) -> Occurrence | None:
    """The check-in whose question the participant is at: the one started last.

    "Have you taken your tablet today?" is a question of its own day: after midnight it is not asked again, and a typed
    "yes" is not taken for it. Its buttons still count for their day until it closes.
    """
    today = local_date(work.now, participant.timezone)
    begun = work.session.scalars(
        select(Occurrence)
        .where(
            Occurrence.participant_id == participant.id,
            Occurrence.state == OccurrenceState.STARTED,
            Occurrence.item.is_not(None),
        )
        .order_by(Occurrence.started_at.desc(), Occurrence.id.desc())
    )
    for occurrence in begun:
        item = work.study.items.get(occurrence.item or "")
        if item is not None and (item.attribute is not Attribute.TAKEN or occurrence.day == today):
            return occurrence
    return None


def open_occurrence(work: Work, participant: Participant) -> Occurrence | None:
    """What a participant means who asks for "my check-in": the one begun, else the one asked for last."""
    asked = (
        select(Occurrence)
        .where(
            Occurrence.participant_id == participant.id,
            Occurrence.state == OccurrenceState.ASKED,
        )
        .order_by(Occurrence.asked_at.desc(), Occurrence.id.desc())
        .limit(1)
    )
    return active_occurrence(work, participant) or work.session.scalar(asked)


def next_item(work: Work, occurrence: Occurrence) -> Item | None:
    """What is to be asked next. A 0 that only followed from another answer is asked for once that answer has
    changed."""
    given = {
        item: value_of(work, answer)
        for item, answer in newest_answers(work, occurrence).items()
        if not answer.branched_off and answer.value != NOT_YET
    }
    return work.study.next_item(occurrence.checkin, given)


def first_item(work: Work, occurrence: Occurrence) -> Item:
    """The item a button may answer before the check-in was begun."""
    item = next_item(work, occurrence)
    return item or work.study.items[work.study.items_of(occurrence.checkin)[0]]


def theirs(work: Work, participant: Participant, occurrence_id: int) -> Occurrence | None:
    """An occurrence, if it is this participant's."""
    occurrence = work.session.get(Occurrence, occurrence_id)
    return occurrence if occurrence is not None and occurrence.participant_id == participant.id else None


def spoken_coming(work: Work, moment: datetime, participant: Participant) -> str:
    """A moment soon to come, as one says it: "today at 12:00", "tomorrow at 08:00", "on Thursday at 12:00"."""
    local = moment.astimezone(ZoneInfo(participant.timezone))
    days = (local.date() - local_date(work.now, participant.timezone)).days
    spoken = {0: "today", 1: "tomorrow"}.get(days, f"on {local:%A}")
    return f"{spoken} at {local:%H:%M}"


def spoken_moment(moment: datetime, participant: Participant) -> str:
    """A moment as the participant's own calendar and clock show it: "Tuesday 12:00"."""
    return f"{moment.astimezone(ZoneInfo(participant.timezone)):%A %H:%M}"


def no_more_pushes(work: Work, occurrence: Occurrence) -> None:
    """Withdraw the reminders of a check-in that were not sent yet."""
    cancel_waiting(work.session, OutboxRow.occurrence_id == occurrence.id, OutboxRow.lane == Lane.REMINDER)
