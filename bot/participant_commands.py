"""What is answered without Rasa: joining, commands, what cannot be read. None means: Rasa is asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bot.participant_taps import TAPS
from study.inbox import Kind, Received
from study.participants import Chat, Participant, Standing
from study.replies import Say, say
from study.services.bereavement import STILL_HERE, answer_the_family, still_here
from study.services.choosing import choices, plain_wish, privacy
from study.services.confirming_doses import read_back_answered
from study.services.conversing import Turn, tap_behind
from study.services.dosing import plain_doses
from study.services.editing import edited, is_outdated
from study.services.enrolling import decline, open_participant_link, welcome
from study.services.forwarding import forwarded
from study.services.gentle_check import said_no
from study.services.groups import in_group
from study.services.joining import answered, join
from study.services.leaving import participant_blocked, pause, resume, stop_messages
from study.services.replying import reacted, replied
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
    chat = work.session.get_one(Chat, turn.claim.chat_id)
    if received.kind is Kind.GROUP:
        return in_group(work, chat, received)
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    if received.kind is Kind.MEMBERSHIP:
        if participant is not None:
            participant_blocked(work, participant, bool(received.blocked))
        return "membership", []
    command, _, rest = (received.text or "").partition(" ")
    command = command.partition("@")[0].lower()
    if received.kind is Kind.COMMAND and command == "/start" and rest.strip():
        return "link", open_participant_link(work, chat, rest.strip())
    if received.kind is Kind.REACTION and (participant is None or chat.closed_at or not participant.has_consented):
        return "reaction", []
    if participant is None:
        return "unknown", [say("enrol.unknown")]
    if not participant.has_consented:
        return _before_consent(work, turn, received, participant)
    if chat.closed_at is not None:
        return "closed", [say("enrol.unknown")]
    if received.kind is Kind.TAP:
        return _tapped(work, chat, received, participant)
    if received.kind is Kind.REACTION:
        return reacted(work, participant, chat, received)
    if is_outdated(work, chat, received):
        return "edited", []  # the newest wording of it is the next message
    return _known(work, chat, received, participant, command)


def _before_consent(work: Work, turn: Turn, received: Received, participant: Participant) -> Handled:
    tap = tap_behind(work, turn.claim.chat_id, received.token) or {}
    if tap.get("do") == "agree":
        return "consent", join(work, participant)
    if tap.get("do") == "decline":
        return "consent", decline(work, participant)
    if received.kind is Kind.COMMAND:
        return "consent", [welcome()]
    return "consent", [say("consent.needed")]


def _tapped(work: Work, chat: Chat, received: Received, participant: Participant) -> Handled | None:
    tap = tap_behind(work, chat.id, received.token)
    if tap is None:
        return "checkin", [say("checkin.closed")]
    if tap["do"] == STILL_HERE:
        return "staff", still_here(work, participant)
    if participant.standing == Standing.DECEASED:
        return "staff", answer_the_family(work, participant)
    if tap["do"] not in TAPS:
        return None
    route, use_case = TAPS[tap["do"]]
    return route, use_case(work, participant, tap)


def _known(work: Work, chat: Chat, received: Received, participant: Participant, command: str) -> Handled | None:
    if received.kind is Kind.COMMAND and command in COMMANDS:
        return "command", COMMANDS[command](work, participant)
    if received.kind is Kind.COMMAND and (command in ("/start", "/help") or command == received.text):
        return "command", [say("help")]  # also for a command that is not ours; with words after it, it is a text
    if participant.joining is not None and participant.standing != Standing.DECEASED:
        told = answered(work, participant, received)
        if told is not None:
            return "consent", told
    if received.kind is Kind.MEDIA and participant.standing != Standing.DECEASED:
        cannot_be_read(work, participant, chat, received.media or "file")
        return "staff", []
    if received.kind is Kind.EDIT and not received.text:
        return "staff", []  # a place that is shared live comes every few seconds
    return _by_rule(work, chat, received, participant)


def _by_rule(work: Work, chat: Chat, received: Received, participant: Participant) -> Handled | None:
    """What is plain enough to need no model, and must not wait for one."""
    words = received.text or ""
    if participant.standing == Standing.DECEASED:
        return "staff", answer_the_family(work, participant)
    if received.details.get("forwarded"):
        noted = forwarded(work, participant, words)
        return ("staff", noted) if noted is not None else None
    told = somebody_else_writes(work, participant, words)
    if told is not None:
        return "staff", told
    known = edited(work, participant, chat, received) if received.kind is Kind.EDIT else None
    known = known or replied(work, participant, chat, received)
    if known is not None:
        return known
    settled = said_no(work, participant, chat, words)
    if settled is not None:
        return "answer", settled
    for use_case in (partial(read_back_answered, chat=chat, words=words), partial(plain_doses, words=words)):
        doses = use_case(work, participant)
        if doses is not None:
            return "dose", doses
    wished = plain_wish(work, participant, words)
    return ("withdraw", wished) if wished is not None else None
