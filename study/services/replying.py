"""An answer that replies to a message of ours belongs to the question of that message, whatever is open now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from study.checkins import Occurrence, OccurrenceState
from study.concerns import ConcernKind
from study.inbox import Received
from study.outbox import OutboxRow, OutboxState
from study.participants import Chat, Participant
from study.protocol import AnswerValue, Attribute, Choice, Item, Severity
from study.replies import Say, ask, ask_confirming, say, who_reads
from study.services.answering import answers_of
from study.services.confirming_doses import answer_to_read_back, which
from study.services.dose_days import dose_of_day
from study.services.dosing import take_statements
from study.services.occurrences import NOT_YET, active_occurrence, first_item, theirs
from study.services.passing_on import pass_on
from study.services.recording_doses import record_dose
from study.services.summing_up import change_item
from study.services.taking_answers import WORDS_WORTH_READING, take
from study.services.unreadable import open_question
from study.triage.answers import Certainty, Reading, read_choice
from study.triage.doses_by_day import dose_statements
from study.triage.thumbs import Thumb, thumb
from study.work import Work

Handled = tuple[str, list[Say]]
YES, NO = "yes", "no"


def replied(work: Work, participant: Participant, chat: Chat, received: Received) -> Handled | None:
    """The answer to a message that replies to one of ours, or is a sign without words. None: it is read like any other
    message."""
    sign, words = thumb(received.text or ""), received.text or ""
    shown = _shown(work, chat, received.reply_to)
    if sign is not None:
        words = YES if sign is Thumb.UP else NO
    if shown is not None:
        told = answer_to_read_back(work, participant, shown, words)
        if told is not None:
            return "dose", told
        asked = _asked(work, participant, shown)
        if asked is not None:
            return _answer(work, participant, *asked, words, sign)
    return _sign(work, participant, sign) if sign is not None else None


def reacted(work: Work, participant: Participant, chat: Chat, received: Received) -> Handled:
    """A thumb up below a dose question is the answer to it. Every other reaction is kept, and nothing is said."""
    shown = _shown(work, chat, received.reply_to)
    asked = _asked(work, participant, shown) if shown is not None else None
    if shown is None or thumb(received.text or "") is not Thumb.UP:
        return "reaction", []
    told = answer_to_read_back(work, participant, shown, YES)
    if told is not None:
        return "dose", told
    if asked is None or asked[1].attribute is not Attribute.TAKEN:
        return "reaction", []
    occurrence, item = asked
    known = dose_of_day(work.session, participant.id, occurrence.day)
    if known is not None and known.status == "taken":
        return "reaction", []
    return _answer(work, participant, occurrence, item, YES, Thumb.UP) or ("reaction", [])


def _shown(work: Work, chat: Chat, message_id: int | None) -> OutboxRow | None:
    """The message of ours with this number on the phone."""
    if message_id is None:
        return None
    return work.session.scalar(
        select(OutboxRow)
        .where(
            OutboxRow.chat_id == chat.id,
            OutboxRow.message_id == message_id,
            OutboxRow.state == OutboxState.SENT,
            OutboxRow.tidies.is_(None),
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )


def _asked(work: Work, participant: Participant, shown: OutboxRow) -> tuple[Occurrence, Item] | None:
    """The question a message of ours asked."""
    item = work.study.items.get(shown.asks or "")
    occurrence = theirs(work, participant, shown.occurrence_id) if shown.occurrence_id is not None else None
    return (occurrence, item) if occurrence is not None and item is not None else None


def _answer(
    work: Work, participant: Participant, occurrence: Occurrence, item: Item, words: str, sign: Thumb | None
) -> Handled | None:
    if item.attribute is Attribute.TAKEN:
        return _dose(work, participant, occurrence, item, words, sign)
    if sign is not None and item.attribute is not Attribute.PRESENCE:
        return "checkin", _not_understood(work, participant, occurrence, item)
    if _is_current(work, participant, occurrence, item):
        return None  # the conversation is at this very question
    reading = _read(work, item, words)
    choice = _certain(item, reading)
    if reading.certainty is Certainty.NONE and item.attribute is not Attribute.WORDS:
        return None
    if not may_change(occurrence, work.now):
        return "checkin", _closed(work, participant, words)
    if choice is None:
        return "checkin", _not_understood(work, participant, occurrence, item)
    return "checkin", take_for(work, participant, occurrence, item, choice, words)


def take_for(
    work: Work, participant: Participant, occurrence: Occurrence, item: Item, choice: Choice, words: str
) -> list[Say]:
    """An answer to any question of a check-in that is not over, said back; then on to what is asked next."""
    changed = item.id in answers_of(work, occurrence)
    occurrence.started_at = work.now  # what is asked next belongs to this check-in
    done = take(work, participant, occurrence, item, choice, words)
    label = work.study.wordings.render(choice.label)
    says = [one for one in done["says"] if one["wording"] != "checkin.changed"]
    said = [say("answer.changed_to", answer=label)] if changed else []
    return [*said, *says, *_next(work, done)]


def _dose(
    work: Work, participant: Participant, occurrence: Occurrence, item: Item, words: str, sign: Thumb | None
) -> Handled | None:
    """The dose of the question's own day; a report may come after the question is closed."""
    told = dose_statements(words)
    if any(one.days for one in told):
        return None  # it names days of its own
    reading = _read(work, item, words)
    choice = _certain(item, reading)
    expected = occurrence.item or first_item(work, occurrence).id
    if choice is not None and occurrence.is_open and expected == item.id:
        occurrence.started_at = work.now
        done = take(work, participant, occurrence, item, choice, None if sign else words)
        return "dose", [*done["says"], *_next(work, done)]
    if choice is not None and choice.value != NOT_YET:
        return "dose", record_dose(work, participant, occurrence.day, str(choice.value), None, None if sign else words)
    if len(told) == 1:
        return "dose", take_statements(work, participant, told, words, day=occurrence.day)
    if reading.certainty is Certainty.NONE:
        return None
    return "dose", [which(work, participant, occurrence.day)]


def _sign(work: Work, participant: Participant, sign: Thumb) -> Handled | None:
    """A thumb by itself: the answer to the dose question that is open, no answer to a scale, else a friendly nod."""
    occurrence = active_occurrence(work, participant)
    item = work.study.items.get(occurrence.item or "") if occurrence is not None else None
    if occurrence is None or item is None:
        return ("smalltalk", []) if sign is Thumb.UP else None
    words = YES if sign is Thumb.UP else NO
    if item.attribute is Attribute.TAKEN and sign is Thumb.DOWN:
        missed = item.choice("missed")
        if missed is not None:  # one tap more: a thumb down is easily a slip
            label = work.study.wordings.render(missed.label)
            return "dose", [ask_confirming(item, occurrence.id, missed, label, work.cause)]
    if item.attribute is Attribute.TAKEN:
        return _dose(work, participant, occurrence, item, words, sign)
    choice = _certain(item, _read(work, item, words)) if item.attribute is Attribute.PRESENCE else None
    if choice is None:
        return "checkin", [say("checkin.not_understood"), ask(item, occurrence.id)]
    done = take(work, participant, occurrence, item, choice, None)
    return "checkin", [*done["says"], *_next(work, done)]


def _not_understood(work: Work, participant: Participant, occurrence: Occurrence, item: Item) -> list[Say]:
    """The question once more, with its choices."""
    if _is_current(work, participant, occurrence, item):
        return [say("checkin.not_understood"), ask(item, occurrence.id)]
    if item.id not in answers_of(work, occurrence) or not may_change(occurrence, work.now):
        return [say("checkin.closed"), *open_question(work, participant)]
    again = change_item(work, participant, {"occurrence": occurrence.id, "item": item.id})
    return [say("checkin.not_understood"), *again] if again[0]["asks"] else again


def _closed(work: Work, participant: Participant, words: str) -> list[Say]:
    """Too late for this question: said kindly, the words are kept, and more than a word is read by people."""
    if len(words.split()) < WORDS_WORTH_READING:
        return [say("reply.closed"), *open_question(work, participant)]
    reads = who_reads(work, participant.site, Severity.ROUTINE)
    pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE)
    return [say("reply.closed_passed_on", who_reads=reads), *open_question(work, participant)]


def may_change(occurrence: Occurrence, now: datetime) -> bool:
    """Until its window closes: later an answer is about another week than the question."""
    given = occurrence.is_open or occurrence.state == OccurrenceState.COMPLETED
    return given and occurrence.opens_at <= now < occurrence.closes_at


def _is_current(work: Work, participant: Participant, occurrence: Occurrence, item: Item) -> bool:
    active = active_occurrence(work, participant)
    return active is not None and active.id == occurrence.id and active.item == item.id


def _next(work: Work, done: dict[str, object]) -> list[Say]:
    """The question that is open after an answer was taken."""
    opened = done.get("checkin")
    if not isinstance(opened, dict):
        return []
    return [ask(work.study.items[opened["item"]], int(opened["occurrence"]))]


def certain_choice(work: Work, item: Item, words: str) -> Choice | None:
    """The choice that words clearly are, if they are one."""
    sign = thumb(words)
    if sign is not None and item.attribute not in (Attribute.TAKEN, Attribute.PRESENCE):
        return None
    return _certain(item, _read(work, item, words))


def _read(work: Work, item: Item, words: str) -> Reading:
    labels: list[tuple[AnswerValue, str]] = [
        (choice.value, work.study.wordings.render(choice.label)) for choice in item.choices
    ]
    return read_choice(words, labels)


def _certain(item: Item, reading: Reading) -> Choice | None:
    certain = reading.certainty is Certainty.CERTAIN and reading.value is not None
    return item.choice(reading.value) if certain and reading.value is not None else None
