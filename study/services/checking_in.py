"""The check-in conversation: start, ask, later, not now, stop. How an answer is taken: taking_answers.py."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from study.checkins import OPEN_STATES, Occurrence, OccurrenceState, Skipped, audit_name
from study.outbox import OutboxRow
from study.participants import Participant
from study.protocol import Attribute
from study.replies import Say, ask, ask_confirming, button, say
from study.services.occurrences import (
    Outcome,
    active_occurrence,
    next_item,
    no_more_pushes,
    open_occurrence,
    outcome,
    spoken_coming,
    spoken_moment,
    theirs,
)
from study.services.taking_answers import guessed_choice, told_staff
from study.services.tidying import put_away
from study.work import Work


def start(work: Work, participant: Participant, occurrence_id: int | None) -> Outcome:
    """Begin a check-in, or go on with it where it stopped."""
    return work.once("start", lambda: _start(work, participant, occurrence_id))


def _start(work: Work, participant: Participant, occurrence_id: int | None) -> Outcome:
    occurrence = (
        open_occurrence(work, participant) if occurrence_id is None else theirs(work, participant, occurrence_id)
    )
    item = next_item(work, occurrence) if occurrence is not None and occurrence.state in OPEN_STATES else None
    if occurrence is None or item is None:
        return outcome([say("checkin.closed")])
    occurrence.state, occurrence.item = OccurrenceState.STARTED, item.id
    occurrence.started_at = work.now
    occurrence.asked_at = occurrence.asked_at or work.now
    occurrence.skipped = None
    no_more_pushes(work, occurrence)
    put_away(work, OutboxRow.occurrence_id == occurrence.id, OutboxRow.asks.is_(None))
    work.record(participant.code, "checkin_started", audit_name(participant, occurrence))
    return outcome([], occurrence)


def ask_current(work: Work, participant: Participant, guess: dict[str, Any] | None = None) -> Outcome:
    """The question that is open, asked (again). Nothing changes. With a guess the answer is shown back instead, and
    counts when it is tapped."""
    occurrence = active_occurrence(work, participant)
    if occurrence is None or occurrence.item is None:
        return outcome([])
    item = work.study.items[occurrence.item]
    guessed = guessed_choice(item, occurrence, guess)
    if guess is not None and guessed is not None:
        label = work.study.wordings.render(guessed.label)
        return outcome([ask_confirming(item, occurrence.id, guessed, label, guess["said"])], occurrence)
    return outcome([ask(item, occurrence.id)], occurrence)


def waits_in_silence(work: Work, participant: Participant) -> bool:
    """Whether the open question is not repeated below an answer to something else: "have you taken your tablet?" stays
    on the phone with its buttons, and a "thank you" is not answered with it again. Below an alarm nothing is asked."""
    message = work.message()
    if message is not None and message.flags:
        return True
    occurrence = active_occurrence(work, participant)
    item = work.study.items.get(occurrence.item or "") if occurrence is not None else None
    return item is not None and item.attribute is Attribute.TAKEN


def closed(work: Work, participant: Participant) -> Outcome:
    """A button that means nothing any more."""
    return outcome([say("checkin.closed")], active_occurrence(work, participant))


def later(work: Work, participant: Participant, occurrence_id: int) -> Outcome:
    """Put a check-in off for as long as the study says, or to the end of quiet hours; it still closes in time."""
    return work.once("later", lambda: _later(work, participant, occurrence_id))


def _later(work: Work, participant: Participant, occurrence_id: int) -> Outcome:
    occurrence = theirs(work, participant, occurrence_id)
    again = work.now + work.study.timings.later
    again = work.study.quiet_hours.end_after(again.astimezone(ZoneInfo(participant.timezone))) or again
    if occurrence is None or not occurrence.is_open or again >= occurrence.closes_at:
        return outcome([say("checkin.closed")], active_occurrence(work, participant))
    if occurrence.state == OccurrenceState.STARTED:
        occurrence.state = OccurrenceState.ASKED
    occurrence.later_until = again
    occurrence.next_at = occurrence.moment_after(work.now)
    put_away(work, OutboxRow.occurrence_id == occurrence.id, OutboxRow.asks.is_(None))
    work.record(participant.code, "checkin_later", audit_name(participant, occurrence))
    told = say(
        "checkin.later",
        buttons=start_button(occurrence),
        again=spoken_coming(work, again, participant),
        until=spoken_moment(occurrence.closes_at, participant),
    )
    return outcome([told], active_occurrence(work, participant))


def not_now(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """Leave a check-in out: no reminder for it, and no word of reproach. It can be taken up until it closes."""
    occurrence = theirs(work, participant, int(tap["occurrence"]))
    if occurrence is None or not occurrence.is_open:
        return [say("checkin.closed")]
    occurrence.state = OccurrenceState.ASKED
    occurrence.skipped, occurrence.later_until = Skipped.DECLINED, None
    occurrence.nudged_at, occurrence.next_at = work.now, occurrence.closes_at
    no_more_pushes(work, occurrence)
    put_away(work, OutboxRow.occurrence_id == occurrence.id)
    work.record(participant.code, "checkin_declined", audit_name(participant, occurrence))
    return [say("checkin.not_now", until=spoken_moment(occurrence.closes_at, participant))]


def stop(work: Work, participant: Participant, occurrence: Occurrence) -> Outcome:
    """Break off a check-in they are in, and with it any other that was begun: of two symptoms told at once the second
    does not go on asking. What was answered stays; it can be taken up again until it closes."""
    begun: Occurrence | None = occurrence
    while begun is not None:
        begun.state = OccurrenceState.ASKED
        put_away(work, OutboxRow.occurrence_id == begun.id)
        work.record(participant.code, "checkin_stopped", audit_name(participant, begun))
        work.session.flush()
        begun = active_occurrence(work, participant)
    until = spoken_moment(occurrence.closes_at, participant)
    told = told_staff(work, participant, occurrence)
    return outcome([*told, say("checkin.stopped", buttons=start_button(occurrence), until=until)])


def start_button(occurrence: Occurrence) -> list[list[dict[str, Any]]]:
    """Begin this check-in, or go on with it."""
    return [[button("button.start", "start", occurrence=occurrence.id)]]
