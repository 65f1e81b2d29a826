"""Questions nobody had an answer for: the list from which new topics are written, and the way back to who asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, utils
from sqlalchemy import select

from study.holding import is_held
from study.inbox import InboxRow, Kind
from study.keys import unseal
from study.outbox import OutboxRow
from study.participants import Participant, Standing, chat_of
from study.protocol.wording import Wording
from study.replies import put_replies, say, standing_fields
from study.services.due import quiet_end
from study.work import Work

UNSURE = "unsure"
LIKE = 72
"""rapidfuzz's token_set_ratio, 0 to 100: from here on two questions are counted as one."""


@dataclass(frozen=True)
class Missed:
    """A question that went to staff. `nearest` is the topic the model thought of first, None where it had none."""

    inbox_id: int
    participant: str
    words: str
    nearest: str | None
    at: datetime


@dataclass
class Group:
    """Questions alike; `words` are those of the newest."""

    members: list[Missed] = field(default_factory=list)

    @property
    def words(self) -> str:
        return self.members[0].words

    @property
    def nearest(self) -> str | None:
        """The topic most of them came near."""
        named = [one.nearest for one in self.members if one.nearest]
        return max(named, key=named.count, default=None)


def missed_questions(work: Work, since: datetime, by: str, tests_too: bool = False) -> list[Missed]:
    """The newest first. That somebody looked is in the audit trail. Questions answered since (`answer_back`) are no
    longer among them."""
    rows = work.session.execute(
        select(InboxRow, Participant)
        .join(Participant, Participant.id == InboxRow.participant_id)
        .where(InboxRow.outcome == UNSURE, InboxRow.kind == Kind.TEXT, InboxRow.received_at >= since)
        .order_by(InboxRow.id.desc())
    )
    found = []
    for row, participant in rows:
        words = unseal(work.session, row.words_sealed)
        if not words or (participant.is_test and not tests_too) or _was_answered(work, row.id):
            continue
        nearest = (row.understood or {}).get("nearest")
        found.append(Missed(row.id, participant.code, words, nearest, row.received_at))
    work.record(by, "missed_questions_shown", "faq", questions=len(found))
    return found


def grouped(missed: Iterable[Missed]) -> list[Group]:
    """By likeness of their words, the most asked first."""
    groups: list[tuple[str, Group]] = []
    for one in missed:
        plain = utils.default_process(one.words)
        for words, group in groups:
            if fuzz.token_set_ratio(plain, words) >= LIKE:
                group.members.append(one)
                break
        else:
            groups.append((plain, Group([one])))
    return sorted((group for _, group in groups), key=lambda group: -len(group.members))


@dataclass(frozen=True)
class AnswerText:
    """An approved answer, as the FAQ files have it."""

    text_id: str
    version: int
    utter: str
    text: str


def answer_back(work: Work, inbox_id: int, answer: AnswerText, by: str) -> str:
    """Send the answer to whoever asked, once. What came of it: sent, answered_before, or why not (quiet_hours, gone,
    unreachable, held)."""
    row = work.session.get_one(InboxRow, inbox_id)
    participant = work.session.get_one(Participant, row.participant_id)
    reason = _reason_against(work, participant)
    chat = chat_of(work.session, participant)
    if _was_answered(work, inbox_id):
        return "answered_before"
    if reason is not None or chat is None:
        return reason or "unreachable"
    asked_on = row.received_at.astimezone(ZoneInfo(participant.timezone))
    intro = say("answer_back.intro", day=f"{asked_on:%A %d %B}")
    words = Wording(id=answer.text_id, version=answer.version, text=answer.text).filled(
        standing_fields(work, participant)
    )
    told = {"text": words, "utter": answer.utter, "wording": {"id": answer.text_id, "version": answer.version}}
    put_replies(Work(work.session, work.study, work.now, cause=inbox_id), chat, [intro, told], key=_key(inbox_id))
    work.record(by, "answered_back", participant.code, inbox=inbox_id, wording=answer.text_id)
    return "sent"


def _reason_against(work: Work, participant: Participant) -> str | None:
    reasons: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("gone", lambda: participant.standing not in (Standing.ENROLLED, Standing.PAUSED)),
        ("unreachable", lambda: not participant.reachable),
        ("held", lambda: is_held(work, participant)),
        ("quiet_hours", lambda: quiet_end(work.study, participant, work.now) is not None),
    )
    return next((reason for reason, holds in reasons if holds()), None)


def _key(inbox_id: int) -> str:
    return f"answer_back:{inbox_id}"


def _was_answered(work: Work, inbox_id: int) -> bool:
    return work.session.scalar(select(OutboxRow.id).where(OutboxRow.key == f"{_key(inbox_id)}#1")) is not None
