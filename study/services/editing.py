"""A changed message is a new version: read again, the first one kept. What the first one did decides what is done."""

from __future__ import annotations

from sqlalchemy import select

from study.checkins import Answer, DoseReport, Occurrence
from study.clock import local_date
from study.concerns import UNCLAIMED, Concern, ConcernKind, ConcernReport, ConcernState
from study.inbox import InboxRow, InboxState, Kind, Received
from study.participants import Chat, Participant
from study.protocol import CheckInKind, Severity
from study.replies import Say, say
from study.services.answering import newest_answers
from study.services.concerning import raise_concern
from study.services.dose_days import day_spoken_of
from study.services.dosing import take_statements
from study.services.recording_doses import take_back
from study.services.replying import certain_choice, may_change, take_for
from study.services.taking_answers import WORDS_WORTH_READING
from study.triage.doses_by_day import dose_statements
from study.work import Work

Handled = tuple[str, list[Say]]


def is_outdated(work: Work, chat: Chat, received: Received) -> bool:
    """Whether a newer wording of this message is here already: only the newest is answered, both are kept."""
    if received.message_id is None or received.kind not in (Kind.TEXT, Kind.EDIT) or work.cause is None:
        return False
    newer = select(InboxRow.id).where(
        InboxRow.chat_id == chat.id,
        InboxRow.message_id == received.message_id,
        InboxRow.kind == Kind.EDIT,
        InboxRow.id > work.cause,
        InboxRow.state == InboxState.OPEN,
        InboxRow.words_sealed.is_not(None),
    )
    return work.session.scalar(newer.limit(1)) is not None


def edited(work: Work, participant: Participant, chat: Chat, received: Received) -> Handled | None:
    """What a changed message does; None where it is answered like a new one."""
    words = received.text or ""
    if received.details.get("command"):
        return "command", [say("edit.command")]
    versions = _versions(work, chat, received)
    answers = _answers(work, participant, versions)
    reports = _reports(work, participant, versions)
    answer = next((one for one in answers if not _is_dose(work, one)), None)
    if answer is not None:
        return _answer(work, participant, answer, words, versions)
    if reports:
        return _dose(work, participant, reports, words, versions)
    if _went_to_staff(work, versions):
        return _join(work, participant, versions)
    return None


def _versions(work: Work, chat: Chat, received: Received) -> list[int]:
    """The inbox rows of this message before this wording of it."""
    rows = select(InboxRow.id).where(
        InboxRow.chat_id == chat.id,
        InboxRow.message_id == received.message_id,
        InboxRow.kind.not_in([Kind.TAP, Kind.REACTION]),
        InboxRow.id < (work.cause or 0),
    )
    return list(work.session.scalars(rows.order_by(InboxRow.id)))


def _answers(work: Work, participant: Participant, versions: list[int]) -> list[Answer]:
    rows = select(Answer).where(
        Answer.participant_id == participant.id,
        Answer.cause.in_(versions),
        Answer.branched_off.is_(False),
        Answer.value.is_not(None),
    )
    return list(work.session.scalars(rows.order_by(Answer.id.desc())))


def _reports(work: Work, participant: Participant, versions: list[int]) -> list[DoseReport]:
    rows = select(DoseReport).where(DoseReport.participant_id == participant.id, DoseReport.cause.in_(versions))
    return list(work.session.scalars(rows.order_by(DoseReport.id)))


def _is_dose(work: Work, answer: Answer) -> bool:
    occurrence = work.session.get_one(Occurrence, answer.occurrence_id)
    return work.study.kind_of(occurrence.checkin) is CheckInKind.DOSE


def _answer(work: Work, participant: Participant, answer: Answer, words: str, versions: list[int]) -> Handled | None:
    """ "3" that becomes "2" is a new version of that answer, judged again, while its questions are open. One that was
    answered anew since is not touched."""
    occurrence = work.session.get_one(Occurrence, answer.occurrence_id)
    item = work.study.items[answer.item]
    choice = certain_choice(work, item, words)
    newest = newest_answers(work, occurrence).get(item.id)
    if choice is None or newest is None or newest.id != answer.id or not may_change(occurrence, work.now):
        if choice is not None and not may_change(occurrence, work.now):
            return "checkin", [say("reply.closed")]
        return _join(work, participant, versions, words)
    if answer.value == str(choice.value):
        return "checkin", [say("message.edited_noted")]
    return "checkin", take_for(work, participant, occurrence, item, choice, words)


def _dose(work: Work, participant: Participant, reports: list[DoseReport], words: str, versions: list[int]) -> Handled:
    """The new words count for the days they name. What the old ones alone said is taken back."""
    told = dose_statements(words)
    if not told:
        return _join(work, participant, versions, words, kind=ConcernKind.DOSE)
    before = {report.day: report.status for report in reports}
    only = next(iter(before)) if len(before) == 1 else None
    today = local_date(work.now, participant.timezone)
    named = {day_spoken_of(one, today) or only for one in told}
    for day in before:
        if day not in named:
            take_back(work, participant, day, versions)
    return "dose", take_statements(work, participant, told, words, day=only)


def _went_to_staff(work: Work, versions: list[int]) -> bool:
    return work.session.scalar(select(ConcernReport).where(ConcernReport.inbox_id.in_(versions)).limit(1)) is not None


def _join(
    work: Work,
    participant: Participant,
    versions: list[int],
    words: str | None = None,
    kind: ConcernKind = ConcernKind.QUESTION,
) -> Handled:
    """The new words go where the old ones went. Whoever took that concern already has not seen these: they are called
    again. Words that went to nobody reach people where they are more than a few."""
    concerns = work.session.scalars(
        select(Concern)
        .join(ConcernReport, ConcernReport.concern_id == Concern.id)
        .where(ConcernReport.inbox_id.in_(versions))
    ).all()
    for concern in concerns:
        if concern.state in UNCLAIMED:
            work.session.merge(ConcernReport(concern_id=concern.id, inbox_id=work.cause))
            work.record("system", "concern_joined", concern.reference, about="edited")
    seen = [concern for concern in concerns if concern.state not in UNCLAIMED]
    if seen and len(seen) == len(concerns):
        latest = max(seen, key=lambda one: one.id)
        flagged = latest.kind == ConcernKind.RED_FLAG
        again = ConcernKind.QUESTION if flagged else ConcernKind(latest.kind)
        severity = Severity.URGENT if latest.state == ConcernState.ACKNOWLEDGED and flagged else Severity.ROUTINE
        raise_concern(work, participant, again, severity, details={"about": ["edited"]})
    elif not concerns and words is not None and (kind is ConcernKind.DOSE or len(words.split()) >= WORDS_WORTH_READING):
        raise_concern(work, participant, kind, Severity.ROUTINE, details={"about": ["edited"]})
    return "staff", [say("message.edited_noted")]
