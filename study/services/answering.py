"""An answer to an item: stored with its words, wording and version, and judged by the study's thresholds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from study.checkins import Answer, Occurrence, OccurrenceState, audit_name
from study.concerns import Concern, ConcernKind, ConcernReport, ConcernState
from study.keys import seal
from study.outbox import OutboxRow, OutboxState
from study.participants import Participant
from study.protocol import AnswerValue, Attribute, Item, Threshold
from study.services.concerning import raise_concern
from study.work import Work


def store_answer(
    work: Work,
    participant: Participant,
    occurrence: Occurrence,
    item: Item,
    value: AnswerValue | None,
    *,
    words: str | None = None,
    branched_off: bool = False,
) -> Answer:
    """A new version of the answer to an item; the versions before it stay.

    `value` None keeps words that are no score ("pretty bad"): they are no answer to a question with choices.
    """
    earlier = work.session.scalars(
        select(Answer.version).where(Answer.occurrence_id == occurrence.id, Answer.item == item.id)
    ).all()
    answer = Answer(
        occurrence_id=occurrence.id,
        participant_id=participant.id,
        item=item.id,
        version=max(earlier, default=0) + 1,
        value=None if value is None else str(value),
        words_sealed=seal(work.session, participant.key_id, words) if words is not None else None,
        branched_off=branched_off,
        asked_at=None if branched_off else _asked_at(work, occurrence, item),
        answered_at=work.now,
        wording_id=item.wording,
        wording_version=work.study.wordings.get(item.wording).version,
        cause=work.cause,
    )
    work.session.add(answer)
    work.session.flush()
    if value is not None and not branched_off:
        name = audit_name(participant, occurrence)
        work.record(participant.code, "answered", name, item=item.id, value=value, version=answer.version)
    return answer


def newest_answers(work: Work, occurrence: Occurrence) -> dict[str, Answer]:
    """What counts as the answer to each item: the newest with a value, or with words where the item asks for words."""
    rows = work.session.scalars(
        select(Answer).where(Answer.occurrence_id == occurrence.id).order_by(Answer.version, Answer.id)
    )
    return {row.item: row for row in rows if row.value is not None or _asks_for_words(work, row.item)}


def answers_of(work: Work, occurrence: Occurrence) -> dict[str, AnswerValue | None]:
    """The newest answer to each item, as the study file's own values."""
    return {item: value_of(work, answer) for item, answer in newest_answers(work, occurrence).items()}


def value_of(work: Work, answer: Answer) -> AnswerValue | None:
    """A stored value as the study file has it: a score is a whole number again."""
    item = work.study.items.get(answer.item)
    return next((value for value in item.values if str(value) == answer.value), None) if item else None


def judge(work: Work, participant: Participant, occurrence: Occurrence, item: Item) -> None:
    """Raise what the newest answer to an item means to the study; a corrected one joins the concern its forerunner
    raised, so that whoever looks at it sees both."""
    met = thresholds_met(work, participant, occurrence, item)
    if met:
        raise_concern(
            work,
            participant,
            ConcernKind.THRESHOLD,
            met[0].severity,
            details={"about": [threshold.code for threshold in met], "items": [item.id]},
        )
        return
    if work.cause is None or newest_answers(work, occurrence)[item.id].version == 1:
        return
    for concern in work.session.scalars(
        select(Concern).where(
            Concern.participant_id == participant.id,
            Concern.kind == ConcernKind.THRESHOLD,
            Concern.state != ConcernState.RESOLVED,
        )
    ):
        if item.id in concern.details.get("items", []):
            work.session.merge(ConcernReport(concern_id=concern.id, inbox_id=work.cause))


def thresholds_met(work: Work, participant: Participant, occurrence: Occurrence, item: Item) -> tuple[Threshold, ...]:
    """The thresholds the newest answer reaches, absolute ones and changes from baseline, the most severe first."""
    answer = newest_answers(work, occurrence).get(item.id)
    value = value_of(work, answer) if answer is not None else None
    if value is None:
        return ()
    return work.study.thresholds_met(item.id, value, baseline(work, participant, occurrence, item))


def baseline(work: Work, participant: Participant, occurrence: Occurrence, item: Item) -> int | None:
    """The score a change is counted from: the first one given in a check-in of the schedule before this one."""
    first = work.session.scalar(
        select(Answer)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .where(
            Occurrence.participant_id == participant.id,
            Occurrence.checkin.in_(list(work.study.checkins)),
            Occurrence.opens_at < occurrence.opens_at,
            Occurrence.state == OccurrenceState.COMPLETED,
            Answer.item == item.id,
            Answer.value.is_not(None),
        )
        .order_by(Occurrence.opens_at, Answer.version.desc())
        .limit(1)
    )
    value = value_of(work, first) if first is not None else None
    return value if isinstance(value, int) else None


def _asks_for_words(work: Work, item_id: str) -> bool:
    item = work.study.items.get(item_id)
    return item is not None and item.attribute is Attribute.WORDS


def _asked_at(work: Work, occurrence: Occurrence, item: Item) -> datetime | None:
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
