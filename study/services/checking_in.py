"""The check-in conversation: start, answer, later, stop. An answer is stored the moment it is given."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from study.checkins import OPEN_STATES, Answer, DoseReport, Occurrence, OccurrenceState, audit_name
from study.clock import local_date
from study.concerns import ConcernKind
from study.keys import seal
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import Participant
from study.protocol import AnswerValue, Attribute, CheckInKind, Choice, Item, Severity
from study.replies import Say, ask, button, say, who_reads
from study.services.concerning import raise_concern
from study.services.passing_on import pass_on
from study.services.sending import cancel_waiting
from study.triage.answers import Certainty, read_choice
from study.work import Work

NOT_YET = "not_yet"
WORDS_WORTH_READING = 4  # an answer that fits no choice and has this many words may hold a worry: staff see it

Outcome = dict[str, Any]


def outcome(says: list[Say], occurrence: Occurrence | None = None) -> Outcome:
    """What a use case answers Rasa: what to say, and the check-in that is open now (None: none)."""
    active = occurrence is not None and occurrence.state == OccurrenceState.STARTED and occurrence.item is not None
    opened = (
        {"name": occurrence.checkin, "occurrence": occurrence.id, "item": occurrence.item}
        if occurrence is not None and active
        else None
    )
    return {"says": says, "checkin": opened}


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


def start(work: Work, participant: Participant, occurrence_id: int | None) -> Outcome:
    """Begin a check-in, or go on with it where it stopped."""
    return work.once("start", lambda: _start(work, participant, occurrence_id))


def _start(work: Work, participant: Participant, occurrence_id: int | None) -> Outcome:
    occurrence = (
        open_occurrence(work, participant) if occurrence_id is None else _theirs(work, participant, occurrence_id)
    )
    if occurrence is None or occurrence.state not in OPEN_STATES:
        return outcome([say("checkin.closed")])
    item = _next(work, occurrence)
    if item is None:
        return outcome([say("checkin.closed")])
    occurrence.state, occurrence.item = OccurrenceState.STARTED, item.id
    occurrence.started_at = work.now
    occurrence.asked_at = occurrence.asked_at or work.now
    _no_more_pushes(work, occurrence)
    work.record(participant.code, "checkin_started", audit_name(participant, occurrence))
    return outcome([], occurrence)


def ask_current(work: Work, participant: Participant) -> Outcome:
    """The question that is open, asked (again). Nothing changes."""
    occurrence = active_occurrence(work, participant)
    if occurrence is None or occurrence.item is None:
        return outcome([])
    return outcome([ask(work.study.items[occurrence.item], occurrence.id)], occurrence)


def is_an_answer(work: Work, participant: Participant, words: str) -> bool:
    """Whether words, as a whole, are clearly a choice of the question that is open. The model has no say in it."""
    occurrence = active_occurrence(work, participant)
    return occurrence is not None and occurrence.item is not None and _read(work, occurrence.item, words) is not None


def answer_tapped(
    work: Work,
    participant: Participant,
    occurrence_id: int,
    item_id: str,
    value: AnswerValue,
    ordinal: int = 0,
) -> Outcome:
    """A button was pressed: it counts for its own question of its own day, whatever is open now."""
    return work.once("answer", lambda: _answer_tapped(work, participant, occurrence_id, item_id, value), ordinal)


def _answer_tapped(
    work: Work, participant: Participant, occurrence_id: int, item_id: str, value: AnswerValue
) -> Outcome:
    occurrence = _theirs(work, participant, occurrence_id)
    item = work.study.items.get(item_id)
    choice = item.choice(value) if item else None
    if occurrence is None or item is None or choice is None:
        return outcome([say("checkin.closed")], active_occurrence(work, participant))
    given = answers_of(work, occurrence)
    if item_id in given and given[item_id] != NOT_YET:
        return outcome([say("answer.already_recorded")], active_occurrence(work, participant))
    expected = occurrence.item or _first(work, occurrence).id
    if not occurrence.is_open or item_id != expected:
        return outcome([say("checkin.closed")], active_occurrence(work, participant))
    return _take(work, participant, occurrence, item, choice, None)


def answer_typed(work: Work, participant: Participant, words: str, ordinal: int = 0) -> Outcome:
    """An answer in words to the question that is open. What does not clearly fit a choice is not made to fit."""
    return work.once("answer", lambda: _answer_typed(work, participant, words), ordinal)


def _answer_typed(work: Work, participant: Participant, words: str) -> Outcome:
    occurrence = active_occurrence(work, participant)
    if occurrence is None or occurrence.item is None:
        return outcome([say("checkin.closed")])
    item = work.study.items[occurrence.item]
    choice = _read(work, item.id, words)
    if choice is not None:
        return _take(work, participant, occurrence, item, choice, words)
    says = []
    if len(words.split()) >= WORDS_WORTH_READING:
        says += pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE)["says"]
    return outcome([*says, say("checkin.not_understood")], occurrence)


def _read(work: Work, item_id: str, words: str) -> Choice | None:
    item = work.study.items[item_id]
    labels = [(choice.value, work.study.wordings.render(choice.label)) for choice in item.choices]
    reading = read_choice(words, labels)
    if reading.certainty is not Certainty.CERTAIN or reading.value is None:
        return None
    return item.choice(reading.value)


def _take(
    work: Work,
    participant: Participant,
    occurrence: Occurrence,
    item: Item,
    choice: Choice,
    words: str | None,
) -> Outcome:
    work.session.add(
        Answer(
            occurrence_id=occurrence.id,
            participant_id=participant.id,
            item=item.id,
            version=_versions(work, occurrence, item.id) + 1,
            value=str(choice.value),
            words_sealed=seal(work.session, participant.key_id, words) if words is not None else None,
            asked_at=_asked_at(work, occurrence, item),
            answered_at=work.now,
            wording_id=item.wording,
            wording_version=work.study.wordings.get(item.wording).version,
            cause=work.cause,
        )
    )
    work.session.flush()
    work.record(participant.code, "answered", audit_name(participant, occurrence), item=item.id, value=choice.value)
    for threshold in work.study.thresholds_met(item.id, choice.value)[:1]:
        raise_concern(work, participant, ConcernKind.THRESHOLD, threshold.severity)
    checkin = work.study.checkins[occurrence.checkin]
    if checkin.kind is CheckInKind.DOSE:
        return _take_dose(work, participant, occurrence, item, choice)
    return _go_on(work, participant, occurrence)


def _take_dose(work: Work, participant: Participant, occurrence: Occurrence, item: Item, choice: Choice) -> Outcome:
    if item.attribute is Attribute.TAKEN and choice.value == NOT_YET:
        occurrence.state, occurrence.item = OccurrenceState.ASKED, None
        until = spoken_moment(occurrence.closes_at, participant)
        told = say(f"checkin.{occurrence.checkin}.done_not_yet", until=until)
        return outcome([told], active_occurrence(work, participant))
    if item.attribute is Attribute.TAKEN:
        work.session.add(
            DoseReport(
                participant_id=participant.id,
                day=occurrence.day,
                status=str(choice.value),
                reported_at=work.now,
                occurrence_id=occurrence.id,
                cause=work.cause,
            )
        )
    elif item.attribute is Attribute.REASON:
        report = work.session.scalar(
            select(DoseReport).where(DoseReport.occurrence_id == occurrence.id).order_by(DoseReport.id.desc()).limit(1)
        )
        if report is not None:
            report.reason = str(choice.value)
    return _go_on(work, participant, occurrence)


def _go_on(work: Work, participant: Participant, occurrence: Occurrence) -> Outcome:
    item = _next(work, occurrence)
    if item is not None:
        occurrence.state, occurrence.item = OccurrenceState.STARTED, item.id
        occurrence.started_at = occurrence.started_at or work.now
        return outcome([], occurrence)
    complete(work, participant, occurrence)
    return outcome(_closing_words(work, participant, occurrence), active_occurrence(work, participant))


def complete(work: Work, participant: Participant, occurrence: Occurrence) -> None:
    """All that was to be asked has been answered: no more reminders for it."""
    _branch_off(work, participant, occurrence)
    occurrence.state, occurrence.completed_at = OccurrenceState.COMPLETED, work.now
    occurrence.item, occurrence.next_at = None, None
    _no_more_pushes(work, occurrence)
    work.record(participant.code, "checkin_completed", audit_name(participant, occurrence))


def _closing_words(work: Work, participant: Participant, occurrence: Occurrence) -> list[Say]:
    checkin = work.study.checkins[occurrence.checkin]
    given = answers_of(work, occurrence)
    if checkin.kind is CheckInKind.DOSE:
        taken = next(str(given[i]) for i in checkin.items if work.study.items[i].attribute is Attribute.TAKEN)
        says = [say(f"checkin.{checkin.code}.done_{taken}")]
    else:
        says = [say(f"checkin.{checkin.code}.done")]
    met = [
        threshold
        for item, value in given.items()
        if value is not None
        for threshold in work.study.thresholds_met(item, value)
    ]
    if met:
        worst = max((threshold.severity for threshold in met), key=lambda severity: severity.rank)
        says.append(say("concern.threshold_told", who_reads=who_reads(work, participant.site, worst)))
    return says


def closed(work: Work, participant: Participant) -> Outcome:
    """A button that means nothing any more."""
    return outcome([say("checkin.closed")], active_occurrence(work, participant))


def later(work: Work, participant: Participant, occurrence_id: int) -> Outcome:
    """Put a check-in off for as long as the study says, or to the end of quiet hours; it still closes in time."""
    return work.once("later", lambda: _later(work, participant, occurrence_id))


def _later(work: Work, participant: Participant, occurrence_id: int) -> Outcome:
    occurrence = _theirs(work, participant, occurrence_id)
    if occurrence is None or not occurrence.is_open or work.now + work.study.timings.later >= occurrence.closes_at:
        return outcome([say("checkin.closed")], active_occurrence(work, participant))
    if occurrence.state == OccurrenceState.STARTED:
        occurrence.state = OccurrenceState.ASKED
    occurrence.later_until = work.now + work.study.timings.later
    occurrence.next_at = occurrence.moment_after(work.now)
    work.record(participant.code, "checkin_later", audit_name(participant, occurrence))
    until = spoken_moment(occurrence.closes_at, participant)
    return outcome([say("checkin.later", until=until)], active_occurrence(work, participant))


def stop(work: Work, participant: Participant) -> Outcome:
    """Break off the check-in that is open. What was answered stays; it can be taken up again until it closes."""
    return work.once("stop", lambda: _stop(work, participant))


def _stop(work: Work, participant: Participant) -> Outcome:
    occurrence = active_occurrence(work, participant)
    if occurrence is None:
        return outcome([say("checkin.closed")])
    occurrence.state = OccurrenceState.ASKED
    work.record(participant.code, "checkin_stopped", audit_name(participant, occurrence))
    again = [[button("button.start", "start", occurrence=occurrence.id)]]
    return outcome([say("checkin.stopped", buttons=again, until=spoken_moment(occurrence.closes_at, participant))])


def answers_of(work: Work, occurrence: Occurrence) -> dict[str, AnswerValue | None]:
    """The newest answer to each item, as the study file's own values."""
    rows = work.session.scalars(select(Answer).where(Answer.occurrence_id == occurrence.id).order_by(Answer.version))
    return {row.item: _value(work.study.items[row.item], row.value) for row in rows}


def _value(item: Item, stored: str | None) -> AnswerValue | None:
    return next((value for value in item.values if str(value) == stored), None)


def _next(work: Work, occurrence: Occurrence) -> Item | None:
    given = {item: value for item, value in answers_of(work, occurrence).items() if value != NOT_YET}
    return work.study.next_item(occurrence.checkin, given)


def _first(work: Work, occurrence: Occurrence) -> Item:
    item = _next(work, occurrence)
    return item or work.study.items[work.study.checkins[occurrence.checkin].items[0]]


def _branch_off(work: Work, participant: Participant, occurrence: Occurrence) -> None:
    """Scores that follow from an earlier answer: a branched-off PRO-CTCAE item is 0, not missing."""
    given = answers_of(work, occurrence)
    for item_id in work.study.checkins[occurrence.checkin].items:
        item = work.study.items[item_id]
        if item_id in given or not item.pro_ctcae or item.ask_if is None:
            continue
        work.session.add(
            Answer(
                occurrence_id=occurrence.id,
                participant_id=participant.id,
                item=item_id,
                value="0",
                branched_off=True,
                answered_at=work.now,
                wording_id=item.wording,
                wording_version=work.study.wordings.get(item.wording).version,
                cause=work.cause,
            )
        )


def _versions(work: Work, occurrence: Occurrence, item_id: str) -> int:
    query = select(Answer.version).where(Answer.occurrence_id == occurrence.id, Answer.item == item_id)
    return max(work.session.scalars(query), default=0)


def _asked_at(work: Work, occurrence: Occurrence, item: Item) -> Any:
    """When the question was last sent to the phone; None while it is still on its way."""
    return work.session.scalar(
        select(OutboxRow.sent_at)
        .where(
            OutboxRow.asks == item.id,
            OutboxRow.occurrence_id == occurrence.id,
            OutboxRow.state == OutboxState.SENT,
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )


def _no_more_pushes(work: Work, occurrence: Occurrence) -> None:
    cancel_waiting(work.session, OutboxRow.occurrence_id == occurrence.id, OutboxRow.lane == Lane.REMINDER)


def _theirs(work: Work, participant: Participant, occurrence_id: int) -> Occurrence | None:
    occurrence = work.session.get(Occurrence, occurrence_id)
    return occurrence if occurrence is not None and occurrence.participant_id == participant.id else None


def spoken_moment(moment: datetime, participant: Participant) -> str:
    """A moment as the participant's own calendar and clock show it: "Tuesday 12:00"."""
    return f"{moment.astimezone(ZoneInfo(participant.timezone)):%A %H:%M}"
