"""A general question about something grave ("is chest pain a side effect?") may be somebody's way of telling it. It is
answered as a question, and then asked once, gently, whether it is happening now. The answer is heard at the door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from study.outbox import Button, OutboxRow
from study.participants import Chat, Participant, chat_of
from study.protocol import Severity
from study.replies import Say, button, say
from study.services.emergencies import answer_red_flags
from study.services.tidying import put_away
from study.triage.answers import says_yes
from study.triage.red_flags import asked_about
from study.work import Work

HAPPENING, ONLY_ASKING = "happening_now", "only_asking"
WORDING = "red_flag.gentle_check"
STANDS = timedelta(minutes=30)
"""For so long a typed "yes" with nothing said in between answers the check. A button answers it for ever."""


def gentle_check(work: Work, participant: Participant, words: str) -> list[Say]:
    """The check, where the words ask about an emergency in general; nothing else."""
    kinds = [kind for kind in asked_about(words) if work.study.gravity(kind) is Severity.EMERGENCY]
    if not kinds or not participant.has_consented:
        return []
    taps: dict[str, Any] = {"kinds": kinds, "question": work.cause}
    rows = [[button("button.happening_now", HAPPENING, **taps)], [button("button.only_asking", ONLY_ASKING, **taps)]]
    return [say(WORDING, buttons=rows)]


def happening_now(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A tap on "Yes, now": the same as if it had been told. Receiving calls it before any queue, the conversation again
    when the tap's turn comes."""
    work.once("happening_now", lambda: _happening(work, participant, tap))
    return []


def only_asking(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A tap on "No, just asking": whom to call if it ever does happen."""
    _put_away(work, tap, f"button.{ONLY_ASKING}")
    return [say("red_flag.only_asking")]


def said_yes(work: Work, chat: Chat, words: str) -> list[str]:
    """The kinds a typed "yes" tells: those of the check, where it was the last thing this chat was sent."""
    if not says_yes(words):
        return []
    last = work.session.scalar(
        select(OutboxRow)
        .where(OutboxRow.chat_id == chat.id, OutboxRow.tidies.is_(None))
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    is_check = last is not None and any(one["id"] == WORDING for one in last.wordings)
    if last is None or not is_check or work.now - last.created_at > STANDS:
        return []
    pressed = [work.session.get(Button, one["token"]) for row in last.keyboard for one in row]
    return next((list(one.tap["kinds"]) for one in pressed if one is not None and one.tap["do"] == HAPPENING), [])


def _happening(work: Work, participant: Participant, tap: dict[str, Any]) -> dict[str, Any]:
    chat = chat_of(work.session, participant)
    if chat is None:
        return {}
    concern = answer_red_flags(work, chat, list(tap["kinds"]))
    _put_away(work, tap, f"button.{HAPPENING}")
    work.record(participant.code, "gentle_check_answered", concern.reference, flags=tap["kinds"])
    return {"concern": concern.id}


def _put_away(work: Work, tap: dict[str, Any], label: str) -> None:
    asked = OutboxRow.cause == tap.get("question")
    put_away(work, asked, OutboxRow.answer.is_(None), chosen=work.study.wordings.render(label))
