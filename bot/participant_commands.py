"""What is answered without Rasa: joining, commands, what cannot be read. None means: Rasa is asked."""

from __future__ import annotations

from collections.abc import Callable

from bot.participant_taps import TAPS
from study.concerns import ConcernKind
from study.inbox import Kind, Received
from study.participants import Chat, Participant, Standing, chat_of
from study.protocol import Severity
from study.replies import Say, say
from study.services.choosing import choices, plain_wish, privacy
from study.services.conversing import Turn, tap_behind
from study.services.enrolling import consent, decline, open_participant_link, welcome
from study.services.leaving import participant_blocked, pause, resume, stop_messages
from study.services.passing_on import pass_on
from study.services.somebody_else import somebody_else_writes
from study.services.unreadable import cannot_be_read
from study.work import Work

Handled = tuple[str, list[Say]]
COMMANDS: dict[str, Callable[[Work, Participant], list[Say]]] = {
    "/choices": choices,
    "/privacy": privacy,
    "/pause": pause,
    "/resume": resume,
    "/stop": stop_messages,
}


def handle(work: Work, turn: Turn, received: Received) -> Handled | None:
    """The route and what to say, or None where the conversation goes on in Rasa."""
    if received.kind is Kind.GROUP:
        return "group", [say("private_only")]
    chat = work.session.get_one(Chat, turn.claim.chat_id)
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    if received.kind is Kind.MEMBERSHIP:
        if participant is not None:
            participant_blocked(work, participant, bool(received.blocked))
        return "membership", []
    command, _, rest = (received.text or "").partition(" ")
    command = command.partition("@")[0].lower()
    if received.kind is Kind.COMMAND and command == "/start" and rest.strip():
        return "link", open_participant_link(work, chat, rest.strip())
    if participant is None:
        return "unknown", [say("enrol.unknown")]
    if not participant.has_consented:
        return _before_consent(work, turn, received, participant)
    if chat.closed_at is not None:
        return "closed", [say("enrol.unknown")]
    if received.kind is Kind.TAP:
        return _tapped(work, chat, received, participant)
    return _known(work, received, participant, command)


def _before_consent(work: Work, turn: Turn, received: Received, participant: Participant) -> Handled:
    tap = tap_behind(work, turn.claim.chat_id, received.token) or {}
    if tap.get("do") == "agree":
        return "consent", consent(work, participant)
    if tap.get("do") == "decline":
        return "consent", decline(work, participant)
    if received.kind is Kind.COMMAND:
        return "consent", [welcome()]
    return "consent", [say("consent.needed")]


def _tapped(work: Work, chat: Chat, received: Received, participant: Participant) -> Handled | None:
    tap = tap_behind(work, chat.id, received.token)
    if tap is None:
        return "checkin", [say("checkin.closed")]
    if tap["do"] not in TAPS:
        return None
    route, use_case = TAPS[tap["do"]]
    return route, use_case(work, participant, tap)


def _known(work: Work, received: Received, participant: Participant, command: str) -> Handled | None:
    if received.kind is Kind.COMMAND and command in COMMANDS:
        return "command", COMMANDS[command](work, participant)
    if received.kind is Kind.COMMAND and (command in ("/start", "/help") or command == received.text):
        return "command", [say("help")]  # also for a command that is not ours; with words after it, it is a text
    if received.kind is Kind.MEDIA:
        chat = chat_of(work.session, participant)
        if chat is not None:
            cannot_be_read(work, participant, chat, received.media or "file")
        return "staff", []
    if received.kind is Kind.EDIT and not received.text:
        return "staff", []  # a place that is shared live comes every few seconds
    if received.kind is Kind.EDIT:
        told = pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE, "message.edited_noted")
        return "staff", told["says"]
    return _by_rule(work, participant, received.text or "")


def _by_rule(work: Work, participant: Participant, words: str) -> Handled | None:
    """What is plain enough to need no model, and must not wait for one."""
    if participant.standing == Standing.DECEASED:
        return None
    told = somebody_else_writes(work, participant, words)
    if told is not None:
        return "staff", told
    wished = plain_wish(work, participant, words)
    return ("withdraw", wished) if wished is not None else None
