"""One turn of a conversation as the study sees it: what is known before it, what is kept after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from study.concerns import ConcernKind
from study.inbox import InboxRow
from study.keys import unseal
from study.outbox import Button
from study.participants import Chat, Participant, Standing
from study.protocol import Severity
from study.replies import lifelines_of, put_replies, say, who_reads
from study.services import joining
from study.services.claiming import Claim, finish, put_back, set_aside
from study.services.concerning import raise_concern
from study.services.gentle_check import gentle_check
from study.services.occurrences import active_occurrence, outcome
from study.services.receiving import erase_words
from study.work import Work

FEW_WORDS = 3


@dataclass(frozen=True)
class Turn:
    """A claimed message with all that is needed to answer it, read in one transaction."""

    claim: Claim
    bot: str
    kind: str
    raw: str
    words: str | None
    participant_code: str | None
    standing: Standing | None
    staff_id: int | None
    state_before: dict[str, Any]

    @property
    def may_tell_more(self) -> bool:
        """Whether the words may tell more than what the rules answer them for: those of a participant, unless they are
        as few as "yes", a number or "took it"."""
        takes_part = self.standing not in (None, Standing.INVITED, Standing.DECEASED)
        return takes_part and len((self.words or "").split()) > FEW_WORDS


def read_turn(work: Work, claim: Claim) -> Turn:
    """Fix the state this message is answered from; a repeated turn is given the same."""
    row = work.session.get_one(InboxRow, claim.inbox_id)
    chat = work.session.get_one(Chat, claim.chat_id)
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    if row.state_before is None and participant is not None:
        row.state_before = state_of(work, participant)
    row.participant_id = row.participant_id or chat.participant_id
    return Turn(
        claim,
        row.bot,
        row.kind,
        unseal(work.session, row.raw_sealed) or "{}",
        unseal(work.session, row.words_sealed),
        participant.code if participant else None,
        Standing(participant.standing) if participant else None,
        chat.staff_id,
        row.state_before or {},
    )


def state_of(work: Work, participant: Participant) -> dict[str, Any]:
    """What Rasa is told of a participant: codes and numbers to call, no words and no names."""
    lifelines = lifelines_of(work, participant)
    return {
        "checkin": outcome([], active_occurrence(work, participant))["checkin"],
        "slots": {
            "team_phone": work.study.sites[participant.site].telephone,
            "emergency_number": lifelines.emergency_number,
        },
        "dialogue": dict(participant.dialogue),
    }


def tap_behind(work: Work, chat_id: int, token: str | None) -> dict[str, Any] | None:
    """What a button stands for, if it was sent to this chat."""
    found = work.session.get(Button, token) if token else None
    return found.tap if found is not None and found.chat_id == chat_id else None


def is_answered(work: Work, claim: Claim) -> bool:
    """Whether the message was answered while its turn was played. A red flag is, in the transaction that finds it."""
    return bool(work.session.get_one(InboxRow, claim.inbox_id).flags)


def complete_turn(
    work: Work,
    claim: Claim,
    replies: list[dict[str, Any]],
    *,
    route: str,
    understood: dict[str, Any] | None = None,
    dialogue: dict[str, Any] | None = None,
) -> InboxRow:
    """Replies into the outbox and the message done, in one transaction; refused (LostClaim) if another has the chat."""
    row = finish(work.session, claim, work.now, route, _without_words(understood or {}))
    if route == "emergency" and understood is not None and not row.flags:
        row.outcome = "symptom"  # the model heard a red flag that the rules have seen and set aside
    chat = work.session.get_one(Chat, claim.chat_id)
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    opened = None
    if participant is not None:
        if dialogue is not None:
            participant.dialogue = dialogue
        opened = active_occurrence(work, participant)
    elif chat.staff_id is None:
        erase_words(row)
    if participant is not None and not participant.has_consented and not row.flags:
        erase_words(row)
    if participant is not None and understood is not None and not row.flags:
        if opened is None:
            replies = [*replies, *joining.question(work, participant)]  # something else was said while it was open
        words = unseal(work.session, row.words_sealed) or ""
        replies = [*replies, *gentle_check(work, participant, words, understood.get("faint_flags") or [])]
    letters = put_replies(work, chat, replies, key=f"reply:{row.id}") if replies else []
    for letter in letters:
        if letter.asks in work.study.items and opened is not None:
            letter.occurrence_id = opened.id
    return row


def _without_words(understood: dict[str, Any]) -> dict[str, Any]:
    """What is stored of an understanding lies open: the terms heard stay, the words they were heard in do not."""
    heard = understood.get("symptoms")
    return understood if heard is None else {**understood, "symptoms": [{"term": one["term"]} for one in heard]}


def hold(work: Work, claim: Claim, error: str, pause: float, tell: bool) -> InboxRow:
    """The neighbour who should answer is away: the message waits, and its writer is told once that it is kept, unless
    its red flag was answered before the neighbour went."""
    row = put_back(work.session, claim, error, pause)
    if tell and row.told_holding_at is None and not row.flags:
        row.told_holding_at = work.now
        chat = work.session.get_one(Chat, claim.chat_id)
        put_replies(work, chat, [say("message.holding")], key=f"holding:{row.id}")
    return row


def hand_over(work: Work, claim: Claim, error: str) -> InboxRow:
    """Nobody could answer it in time: staff have it now, and the participant is told so."""
    chat = work.session.get_one(Chat, claim.chat_id)
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    row = finish(work.session, claim, work.now, "handed_over", {"error": error})
    if participant is not None:
        raise_concern(work, participant, ConcernKind.QUESTION, Severity.URGENT, received_at=row.received_at)
        reads = who_reads(work, participant.site, Severity.URGENT)
        put_replies(work, chat, [say("message.handed_over", who_reads=reads)], key=f"handed_over:{row.id}")
    return row


def give_up(work: Work, claim: Claim, error: str) -> InboxRow:
    """A message that breaks the machine is set aside with a task for staff; the ones behind it move on.

    Its writer is told that people have it: nobody is left waiting for an answer that will not come.
    """
    row = set_aside(work.session, claim, work.now, error)
    participant = work.session.get(Participant, row.participant_id) if row.participant_id else None
    raise_concern(work, participant, ConcernKind.TECHNICAL, Severity.URGENT, received_at=row.received_at)
    if participant is not None:
        chat = work.session.get_one(Chat, claim.chat_id)
        reads = who_reads(work, participant.site, Severity.URGENT)
        put_replies(work, chat, [say("message.handed_over", who_reads=reads)], key=f"set_aside:{row.id}")
    work.record("system", "message_set_aside", f"inbox {row.id}", error=error)
    return row


def participant_of(work: Work, claim: Claim) -> Participant:
    """The participant whose chat was claimed."""
    chat = work.session.get_one(Chat, claim.chat_id)
    return work.session.scalars(select(Participant).where(Participant.id == chat.participant_id)).one()
