"""The answer to "have you taken your tablet today?": what it means for the dose of that day."""

from __future__ import annotations

from sqlalchemy import select

from study.checkins import DoseReport, Occurrence, OccurrenceState
from study.participants import Participant
from study.protocol import Attribute, Choice, Item
from study.replies import Say, say
from study.services.answering import answers_of
from study.services.occurrences import NOT_YET, spoken_moment
from study.work import Work


def take_dose(work: Work, participant: Participant, occurrence: Occurrence, item: Item, choice: Choice) -> list[Say]:
    """Record the dose of the question's own day. "Not yet" is no dose and ends the conversation: what to say then."""
    if item.attribute is Attribute.TAKEN and choice.value == NOT_YET:
        occurrence.state, occurrence.item = OccurrenceState.ASKED, None
        return [
            say(f"checkin.{occurrence.checkin}.done_not_yet", until=spoken_moment(occurrence.closes_at, participant))
        ]
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
    return []


def dose_closing(work: Work, occurrence: Occurrence) -> list[Say]:
    """The words at the end of a dose question, for the answer that was given."""
    given = answers_of(work, occurrence)
    items = (work.study.items[item] for item in work.study.items_of(occurrence.checkin))
    taken = next(str(given[item.id]) for item in items if item.attribute is Attribute.TAKEN)
    return [say(f"checkin.{occurrence.checkin}.done_{taken}")]
