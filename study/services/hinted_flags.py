"""A red flag the rules did not find and the model did. The model may add one, never take one away: what the rules flag
is answered at the door and never gets here."""

from __future__ import annotations

from typing import Any

from study.concerns import ConcernKind
from study.participants import Participant, chat_of
from study.protocol import Severity
from study.services.emergencies import answer_red_flags
from study.services.passing_on import pass_on
from study.triage.red_flags import with_hints
from study.work import Work


def answer_hinted_flags(work: Work, participant: Participant, words: str, hints: list[str]) -> dict[str, Any]:
    """Emergency wording and page, once for the message. A question in general ("is chest pain a side effect?"), which
    the rules have seen and set aside, is passed on to people instead."""
    return work.once("hinted_flags", lambda: _answer(work, participant, words, hints))


def _answer(work: Work, participant: Participant, words: str, hints: list[str]) -> dict[str, Any]:
    flags = with_hints(words, hints)
    chat = chat_of(work.session, participant)
    if not flags or chat is None:
        kind = ConcernKind.QUESTION if "?" in words else ConcernKind.SYMPTOM
        return pass_on(work, participant, kind, Severity.ROUTINE)
    row = work.message()
    if row is not None:
        row.flags = flags
    answer_red_flags(work, chat, flags, words)
    work.record("system", "red_flag_hinted", participant.code, flags=flags)
    return {"says": []}
