"""Taking an answer: read, stored the moment it is given, judged, and on to the next item."""

from __future__ import annotations

from typing import Any

from study.checkins import Occurrence, OccurrenceState, audit_name
from study.concerns import ConcernKind
from study.inbox import InboxRow
from study.keys import unseal
from study.outbox import OutboxRow
from study.participants import Participant
from study.protocol import AnswerValue, Attribute, CheckInKind, Choice, Item, Severity
from study.replies import Say, say, who_reads
from study.services.answering import answers_of, judge, newest_answers, store_answer, thresholds_met
from study.services.concerning import raise_concern
from study.services.occurrences import (
    NOT_YET,
    Outcome,
    active_occurrence,
    first_item,
    next_item,
    no_more_pushes,
    outcome,
    theirs,
)
from study.services.passing_on import pass_on
from study.services.summing_up import summary
from study.services.taking_doses import dose_closing, take_dose
from study.services.tidying import put_away
from study.triage.answers import Certainty, Reading, means_the_same, read_choice, says_nothing, says_yes
from study.triage.symptoms import symptoms
from study.work import Work

WORDS_WORTH_READING = 4  # an answer that fits no choice and has this many words may hold a worry: staff see it
GUESSED_AT_MOST = 8  # words of a message that may be a loosely worded answer although it sounds like something else
VAGUE_AT_MOST = 3  # words of one that names no choice, such as "it depends"
ANSWERED_ELSEWHERE = ("answer", "visit", "dose", "withdraw", "staff", "checkin")  # routes; never words for a note


def belongs_here(
    work: Work, participant: Participant, words: str, understood: dict[str, Any], guess: dict[str, Any] | None
) -> bool:
    """Whether words are meant for the open question. A clear choice is, whatever the model says; what the model takes
    for something else and is no choice is not. A red flag only the model heard comes before every question."""
    if understood.get("flags"):
        return False
    occurrence = active_occurrence(work, participant)
    item = work.study.items.get(occurrence.item or "") if occurrence is not None else None
    if occurrence is None or item is None:
        return False
    elsewhere = bool(understood.get("digression"))
    if item.attribute is Attribute.WORDS:
        return says_nothing(words) or not (elsewhere and understood.get("route") in ANSWERED_ELSEWHERE)
    if guessed_choice(item, occurrence, guess) is not None and says_yes(words):
        return True
    reading = _read(work, item, words)
    if reading.certainty is Certainty.CERTAIN or means_the_same(words) or not elsewhere:
        return True
    if reading.certainty is Certainty.NONE or "?" in words:
        return False
    others = {symptom.term for symptom in symptoms(words)} - {item.term}
    return not others and len(words.split()) <= (GUESSED_AT_MOST if reading.guesses else VAGUE_AT_MOST)


def answer_tapped(
    work: Work,
    participant: Participant,
    occurrence_id: int,
    item_id: str,
    value: AnswerValue,
    ordinal: int = 0,
    said: int | None = None,
) -> Outcome:
    """A button was pressed: it counts for its own question of its own day, whatever is open now. `said`: the message
    whose words the button was offered for."""
    return work.once("answer", lambda: _answer_tapped(work, participant, occurrence_id, item_id, value, said), ordinal)


def _answer_tapped(
    work: Work, participant: Participant, occurrence_id: int, item_id: str, value: AnswerValue, said: int | None
) -> Outcome:
    occurrence = theirs(work, participant, occurrence_id)
    item = work.study.items.get(item_id)
    choice = item.choice(value) if item else None
    if occurrence is None or item is None or choice is None:
        return outcome([say("checkin.closed")], active_occurrence(work, participant))
    expected = occurrence.item or first_item(work, occurrence).id
    if occurrence.is_open and item_id == expected:
        return take(work, participant, occurrence, item, choice, _words_of(work, participant, said))
    given = answers_of(work, occurrence)
    known = item_id in given and given[item_id] != NOT_YET
    return outcome(
        [say("answer.already_recorded" if known else "checkin.closed")], active_occurrence(work, participant)
    )


def answer_typed(
    work: Work, participant: Participant, words: str, guess: dict[str, Any] | None = None, ordinal: int = 0
) -> Outcome:
    """An answer in words to the question that is open. What does not clearly fit a choice is not made to fit: it is
    shown back, and kept as words without a score until it is confirmed."""
    return work.once("answer", lambda: _answer_typed(work, participant, words, guess), ordinal)


def _answer_typed(work: Work, participant: Participant, words: str, guess: dict[str, Any] | None) -> Outcome:
    occurrence = active_occurrence(work, participant)
    if occurrence is None or occurrence.item is None:
        return outcome([say("checkin.closed")])
    item = work.study.items[occurrence.item]
    if item.attribute is Attribute.WORDS:
        return _take_words(work, participant, occurrence, item, words)
    guessed = guessed_choice(item, occurrence, guess)
    if guess is not None and guessed is not None and says_yes(words):
        return take(work, participant, occurrence, item, guessed, _words_of(work, participant, guess["said"]))
    reading = _read(work, item, words)
    choice = item.choice(reading.value) if reading.value is not None else None
    if reading.certainty is Certainty.CERTAIN and choice is not None:
        return take(work, participant, occurrence, item, choice, words)
    if means_the_same(words):
        return outcome([say("checkin.ask_afresh")], occurrence)
    store_answer(work, participant, occurrence, item, None, words=words)
    if reading.guesses:
        offered = {"occurrence": occurrence.id, "item": item.id, "value": reading.guesses[0], "said": work.cause}
        return outcome([], occurrence, guess=offered)
    says = []
    if len(words.split()) >= WORDS_WORTH_READING:
        says += pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE)["says"]
    return outcome([*says, say("checkin.not_understood")], occurrence)


def _read(work: Work, item: Item, words: str) -> Reading:
    labels = [(choice.value, work.study.wordings.render(choice.label)) for choice in item.choices]
    return read_choice(words, labels)


def guessed_choice(item: Item, occurrence: Occurrence, guess: dict[str, Any] | None) -> Choice | None:
    """The choice that was shown back, if it was for the question that is open."""
    if guess is None or (guess.get("occurrence"), guess.get("item")) != (occurrence.id, item.id):
        return None
    return item.choice(guess["value"])


def _words_of(work: Work, participant: Participant, inbox_id: int | None) -> str | None:
    row = work.session.get(InboxRow, inbox_id) if inbox_id is not None else None
    mine = row is not None and row.participant_id == participant.id
    return unseal(work.session, row.words_sealed) if row is not None and mine else None


def take(
    work: Work, participant: Participant, occurrence: Occurrence, item: Item, choice: Choice, words: str | None
) -> Outcome:
    """Store a choice, judge it, and go on to the next item."""
    store_answer(work, participant, occurrence, item, choice.value, words=words)
    judge(work, participant, occurrence, item)
    if choice.value != NOT_YET:
        label = work.study.wordings.render(choice.label)
        put_away(work, OutboxRow.occurrence_id == occurrence.id, OutboxRow.asks == item.id, chosen=label)
    if work.study.kind_of(occurrence.checkin) is CheckInKind.DOSE:
        told = take_dose(work, participant, occurrence, item, choice)
        if told:
            return outcome(told, active_occurrence(work, participant))
    return _go_on(work, participant, occurrence)


def _take_words(work: Work, participant: Participant, occurrence: Occurrence, item: Item, words: str) -> Outcome:
    """The participant's own words, which staff read: nobody is asked for them and then not heard."""
    if says_nothing(words):
        return take(work, participant, occurrence, item, item.choices[0], words)
    store_answer(work, participant, occurrence, item, None, words=words)
    put_away(work, OutboxRow.occurrence_id == occurrence.id, OutboxRow.asks == item.id)
    raise_concern(work, participant, ConcernKind.SYMPTOM, Severity.ROUTINE, details={"about": ["free_text"]})
    return _go_on(work, participant, occurrence)


def _go_on(work: Work, participant: Participant, occurrence: Occurrence) -> Outcome:
    item = next_item(work, occurrence)
    if item is not None:
        occurrence.state, occurrence.item = OccurrenceState.STARTED, item.id
        occurrence.started_at = occurrence.started_at or work.now
        return outcome([], occurrence)
    changed = occurrence.completed_at is not None
    complete(work, participant, occurrence)
    return outcome(_closing_words(work, participant, occurrence, changed), active_occurrence(work, participant))


def complete(work: Work, participant: Participant, occurrence: Occurrence) -> None:
    """All that was to be asked has been answered: no more reminders for it."""
    _branch_off(work, participant, occurrence)
    occurrence.state, occurrence.completed_at = OccurrenceState.COMPLETED, occurrence.completed_at or work.now
    occurrence.item, occurrence.next_at = None, None
    no_more_pushes(work, occurrence)
    work.record(participant.code, "checkin_completed", audit_name(participant, occurrence))


def _closing_words(work: Work, participant: Participant, occurrence: Occurrence, changed: bool) -> list[Say]:
    if work.study.kind_of(occurrence.checkin) is CheckInKind.DOSE:
        return [*dose_closing(work, occurrence), *told_staff(work, participant, occurrence)]
    planned = occurrence.checkin in work.study.checkins
    done = f"checkin.{occurrence.checkin}.done" if planned else "checkin.symptom.done"
    return [
        say("checkin.changed" if changed else done),
        *told_staff(work, participant, occurrence, only_changed=changed),
        summary(work, occurrence),
    ]


def told_staff(work: Work, participant: Participant, occurrence: Occurrence, only_changed: bool = False) -> list[Say]:
    """What of these answers staff hear of is said, with who reads it and when; of changed ones alone, where the rest
    was said before."""
    newest = newest_answers(work, occurrence)
    if only_changed:
        newest = {item: answer for item, answer in newest.items() if answer.version > 1}
    items = [work.study.items[item] for item in newest if item in work.study.items]
    met = [one for item in items for one in thresholds_met(work, participant, occurrence, item)]
    if met:
        worst = max((threshold.severity for threshold in met), key=lambda severity: severity.rank)
        return [say("concern.threshold_told", who_reads=who_reads(work, participant.site, worst))]
    if any(answer.value is None for answer in newest.values()):
        return [say("checkin.note_passed_on", who_reads=who_reads(work, participant.site, Severity.ROUTINE))]
    return []


def _branch_off(work: Work, participant: Participant, occurrence: Occurrence) -> None:
    """Scores that follow from an earlier answer: a branched-off PRO-CTCAE item is 0, not missing. Also where the
    earlier answer was changed, and the item had a score of its own."""
    newest = newest_answers(work, occurrence)
    given = answers_of(work, occurrence)
    for item_id in work.study.items_of(occurrence.checkin):
        item = work.study.items[item_id]
        if not item.pro_ctcae or item.ask_if is None or item.ask_if.holds(given.get(item.ask_if.item)):
            continue
        if item_id not in newest or not newest[item_id].branched_off:
            store_answer(work, participant, occurrence, item, 0, branched_off=True)
        given[item_id] = 0
