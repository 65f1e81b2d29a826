"""Where it is not clear whether something grave is told, the participant is asked once, gently, whether it is happening
now: after a general question about it ("is chest pain a side effect?"), which is answered first, and after words in
which the model heard it only faintly. The answer is heard at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from study.concerns import ConcernKind, ConcernReport
from study.outbox import Button, OutboxRow
from study.participants import Chat, Participant, chat_of
from study.protocol import Severity
from study.protocol.blocks import RedFlagKind
from study.replies import Say, button, say
from study.services.concerning import raise_concern
from study.services.emergencies import answer_red_flags
from study.services.tidying import last_sent, put_away, says_any
from study.triage.answers import says_no, says_yes
from study.triage.red_flags import asked_about, only_hinted
from study.work import Work

HAPPENING, ONLY_ASKING = "happening_now", "only_asking"
STANDS = timedelta(minutes=30)
"""For so long a typed "yes" with nothing said in between answers the check, and no further one is made for words in
which something is heard faintly. A button answers it for ever."""


@dataclass(frozen=True)
class Check:
    """Ids of what is asked, of its two buttons, and of what follows a no."""

    asks: str
    yes: str
    no: str
    after_no: str


GENERAL = "general"
CHECKS = {
    GENERAL: Check("red_flag.gentle_check", "button.happening_now", "button.only_asking", "red_flag.only_asking"),
    "faint": Check("red_flag.to_be_safe", "button.emergency", "button.no_emergency", "red_flag.only_asking"),
    "suicidal": Check("red_flag.are_you_safe", "button.emergency", "button.no_emergency", "red_flag.safe"),
}


ASKS = frozenset(check.asks for check in CHECKS.values())


def gentle_check(work: Work, participant: Participant, words: str, faint: list[str]) -> list[Say]:
    """The check, where the words ask about an emergency in general or may tell one: `faint` are the kinds of red flag
    the model is not sure of. Else nothing. Words that may tell one are read by people too, whatever is tapped."""
    if not participant.has_consented:
        return []
    general = work.study.emergencies(asked_about(words))
    if general:
        return [_asked(work, GENERAL, general)]
    heard = work.study.emergencies(only_hinted(words, faint))
    if not heard:
        return []
    _to_people(work, participant)
    work.record("system", "red_flag_faint", participant.code, flags=heard)
    chat = chat_of(work.session, participant)
    if chat is None or _asked_lately(work, chat):
        return []
    return [_asked(work, "suicidal" if RedFlagKind.SUICIDAL_THOUGHTS in heard else "faint", heard)]


def happening_now(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A tap on yes: the same as if it had been told. Receiving calls it before any queue, the conversation again when
    the tap's turn comes."""
    work.once("happening_now", lambda: _happening(work, participant, tap))
    return []


def only_asking(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A tap on no: whom to call if it ever does happen."""
    check = _check_of(tap)
    _put_away(work, tap, check.no)
    return [say(check.after_no)]


def said_yes(work: Work, chat: Chat, words: str) -> list[str]:
    """The kinds a typed "yes" tells: those of the check, where it was the last thing this chat was sent."""
    pressed = _button_of_the_last(work, chat, HAPPENING) if says_yes(words) else None
    return list(pressed["kinds"]) if pressed is not None else []


def said_no(work: Work, participant: Participant, chat: Chat, words: str) -> list[Say] | None:
    """The answer to a typed "no", where the check was the last thing this chat was sent; else None."""
    pressed = _button_of_the_last(work, chat, ONLY_ASKING) if says_no(words) else None
    return only_asking(work, participant, pressed) if pressed is not None else None


def _asked(work: Work, name: str, kinds: list[str]) -> Say:
    taps: dict[str, Any] = {"kinds": kinds, "question": work.cause, "check": name}
    check = CHECKS[name]
    return say(check.asks, buttons=[[button(check.yes, HAPPENING, **taps)], [button(check.no, ONLY_ASKING, **taps)]])


def _to_people(work: Work, participant: Participant) -> None:
    """The message is a concern, unless it is part of one already."""
    theirs = select(ConcernReport.concern_id).where(ConcernReport.inbox_id == work.cause)
    if work.session.scalar(theirs.limit(1)) is None:
        raise_concern(work, participant, ConcernKind.SYMPTOM, Severity.ROUTINE)


def _asked_lately(work: Work, chat: Chat) -> bool:
    lately = OutboxRow.created_at > work.now - STANDS
    return any(map(_is_check, work.session.scalars(select(OutboxRow).where(OutboxRow.chat_id == chat.id, lately))))


def _button_of_the_last(work: Work, chat: Chat, do: str) -> dict[str, Any] | None:
    """What a button of the check means, where the check was the last thing this chat was sent, and lately."""
    last = last_sent(work, chat)
    if last is None or not _is_check(last) or work.now - last.created_at > STANDS:
        return None
    pressed = [work.session.get(Button, one["token"]) for row in last.keyboard for one in row]
    return next((one.tap for one in pressed if one is not None and one.tap["do"] == do), None)


def _is_check(row: OutboxRow) -> bool:
    return says_any(row, ASKS)


def _check_of(tap: dict[str, Any]) -> Check:
    return CHECKS[tap.get("check", GENERAL)]  # buttons sent before there were others do not say


def _happening(work: Work, participant: Participant, tap: dict[str, Any]) -> dict[str, Any]:
    chat = chat_of(work.session, participant)
    if chat is None:
        return {}
    concern = answer_red_flags(work, chat, list(tap["kinds"]))
    _put_away(work, tap, _check_of(tap).yes)
    work.record(participant.code, "gentle_check_answered", concern.reference, flags=tap["kinds"])
    return {"concern": concern.id}


def _put_away(work: Work, tap: dict[str, Any], label: str) -> None:
    asked = OutboxRow.cause == tap.get("question")
    put_away(work, asked, saying=ASKS, chosen=work.study.wordings.render(label))
