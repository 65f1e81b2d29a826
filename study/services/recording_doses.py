"""A dose of one day, written down: the report, the day's own question, and what of it staff must hear."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from study.checkins import DoseReport, Occurrence, OccurrenceState
from study.clock import local_date
from study.concerns import ConcernKind
from study.keys import seal
from study.outbox import OutboxRow
from study.participants import Participant
from study.protocol import Attribute, Item, Severity
from study.replies import Say, button, say, who_reads
from study.services.answering import answers_of, store_answer
from study.services.concerning import raise_concern
from study.services.dose_days import COUNTING, UNKNOWN, dose_question, spoken_day
from study.services.taking_answers import complete
from study.services.tidying import put_away
from study.work import Work

TO_STAFF = {
    "stopped": Severity.URGENT,
    "changed": Severity.URGENT,
    "doubled": Severity.URGENT,
    "partial": Severity.ROUTINE,
    "ran_out": Severity.ROUTINE,
    "doctor_stopped": Severity.URGENT,
}
"""What people must hear of, and how soon. A double dose is looked at the same day; many tablets are a red flag."""


def record_dose(
    work: Work,
    participant: Participant,
    day: date,
    status: str,
    reason: str | None = None,
    words: str | None = None,
    *,
    told_already: bool = False,
) -> list[Say]:
    """The newest report of a day counts, and its question is asked no more. What to say to it.

    `told_already`: staff have heard of it when it was first said.
    """
    occurrence = dose_question(work, participant, day)
    store_report(work, participant, day, status, reason, words)
    worrying = False
    if status in ("taken", "missed"):
        _answer(work, participant, occurrence, {Attribute.TAKEN: status, Attribute.REASON: reason}, words)
        worrying = _tell_of_reason(work, participant, reason)
    elif status in COUNTING and occurrence is not None and occurrence.is_open:
        put_away(work, OutboxRow.occurrence_id == occurrence.id)
        complete(work, participant, occurrence)  # told otherwise than its choices are; it is asked no more
    spoken = spoken_day(day, local_date(work.now, participant.timezone))
    if status in TO_STAFF:
        heard = "doctor_stopped" if (status, reason) == ("stopped", "told_to") else status
        return give_to_staff(work, participant, day, heard, told_already=told_already)
    wrong = [[button("button.not_right", "dose_wrong", day=day.isoformat())]]
    said = say(f"dose.recorded_{status}", day=spoken, buttons=wrong if status != UNKNOWN else [])
    if worrying:
        reads = who_reads(work, participant.site, Severity.ROUTINE)
        return [say("concern.threshold_told", who_reads=reads), said]
    return [said]


def store_report(
    work: Work, participant: Participant, day: date, status: str, reason: str | None, words: str | None
) -> DoseReport:
    """One more row about a day; those before it stay."""
    occurrence = dose_question(work, participant, day)
    report = DoseReport(
        participant_id=participant.id,
        day=day,
        status=status,
        reason=reason,
        words_sealed=seal(work.session, participant.key_id, words) if words is not None else None,
        reported_at=work.now,
        occurrence_id=occurrence.id if occurrence else None,
        cause=work.cause,
    )
    work.session.add(report)
    work.session.flush()
    work.record(participant.code, "dose_reported", f"{participant.code} {day.isoformat()}", status=status)
    return report


def take_back(work: Work, participant: Participant, day: date, said: list[int]) -> None:
    """What these messages said of a day does not hold: what was known before counts again, else the day is unknown, and
    its question is asked as if nothing had been said."""
    reports = work.session.scalars(
        select(DoseReport)
        .where(DoseReport.participant_id == participant.id, DoseReport.day == day, DoseReport.status.in_(COUNTING))
        .order_by(DoseReport.id.desc())
    )
    before = next((one for one in reports if one.cause not in said), None)
    store_report(work, participant, day, before.status if before else UNKNOWN, before.reason if before else None, None)
    occurrence = dose_question(work, participant, day)
    if before is None and occurrence is not None and work.now < occurrence.closes_at:
        occurrence.state = OccurrenceState.ASKED if occurrence.asked_at else OccurrenceState.PLANNED
        occurrence.completed_at, occurrence.item = None, None
        occurrence.next_at = occurrence.moment_after(work.now) if occurrence.asked_at else occurrence.opens_at


def give_to_staff(
    work: Work, participant: Participant, day: date, status: str, *, told_already: bool = False
) -> list[Say]:
    """What people must hear of goes to them, also of a day that has no dose of the study; and what to say to it."""
    if not told_already:
        tell_staff(work, participant, status)
    spoken = spoken_day(day, local_date(work.now, participant.timezone))
    return [say(f"dose.{status}", day=spoken, who_reads=who_reads(work, participant.site, TO_STAFF[status]))]


def tell_staff(work: Work, participant: Participant, status: str) -> None:
    """A concern that says what became of the dose."""
    raise_concern(work, participant, ConcernKind.DOSE, TO_STAFF[status], details={"about": [f"dose_{status}"]})


def _answer(
    work: Work,
    participant: Participant,
    occurrence: Occurrence | None,
    told: dict[Attribute, str | None],
    words: str | None,
) -> None:
    """The day's own question is answered by it: asked no more, or answered anew where it had an answer. One that
    closed as missed is not reopened; the report counts."""
    if occurrence is None:
        return
    given = answers_of(work, occurrence)
    was_open = occurrence.is_open
    for item in _items(work, occurrence):
        value = told.get(item.attribute)
        choice = item.choice(value) if value is not None else None
        if choice is None or not (was_open or given) or given.get(item.id) == choice.value:
            continue
        store_answer(work, participant, occurrence, item, choice.value, words=words)
        if item.attribute is Attribute.TAKEN:
            label = work.study.wordings.render(choice.label)
            put_away(work, OutboxRow.occurrence_id == occurrence.id, OutboxRow.asks == item.id, chosen=label)
    if was_open:
        complete(work, participant, occurrence)


def _tell_of_reason(work: Work, participant: Participant, reason: str | None) -> bool:
    """A reason may matter to staff: the same thresholds as where it is tapped. Whether one is reached."""
    for item in work.study.items.values():
        met = work.study.thresholds_met(item.id, reason, None) if reason and item.attribute is Attribute.REASON else ()
        if met:
            about = {"about": [one.code for one in met], "items": [item.id]}
            raise_concern(work, participant, ConcernKind.THRESHOLD, met[0].severity, details=about)
            return True
    return False


def _items(work: Work, occurrence: Occurrence) -> list[Item]:
    return [work.study.items[item] for item in work.study.items_of(occurrence.checkin)]
