"""What staff do on their phones: take a concern, look, call, write, resolve; /start with their link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from study.errors import Refused
from study.inbox import Kind, Received
from study.participants import Chat
from study.replies import Say, say
from study.services.bereavement import messages_on
from study.services.calling_back import send_message, show_number, which_message
from study.services.conversing import Turn, tap_behind
from study.services.enrolling import open_staff_link
from study.services.groups import in_group
from study.services.taking_concerns import acknowledge, resolve, show_words
from study.staff import StaffMember
from study.work import Work

Done = Callable[[Work, StaffMember, dict[str, Any]], list[Say]]


def _of_a_concern(use_case: Callable[[Work, StaffMember, int], list[Say]]) -> Done:
    return lambda work, member, tap: use_case(work, member, int(tap["concern"]))


DOES: dict[str, Done] = {
    "acknowledge": _of_a_concern(acknowledge),
    "resolve": _of_a_concern(resolve),
    "words": _of_a_concern(show_words),
    "number": show_number,
    "message": which_message,
    "send": send_message,
    "messages_on": messages_on,
}


def handle(work: Work, turn: Turn, received: Received) -> tuple[str, list[Say]]:
    """The route and what to say. A private chat of a known, active member of staff, or a refusal."""
    chat = work.session.get_one(Chat, turn.claim.chat_id)
    if received.kind is Kind.GROUP:
        return in_group(work, chat, received)
    if received.kind is Kind.REACTION:
        return "reaction", []
    if received.kind is Kind.COMMAND and received.text and received.text.startswith("/start "):
        return "link", open_staff_link(work, chat, received.text.removeprefix("/start ").strip())
    member = work.session.get(StaffMember, turn.staff_id) if turn.staff_id else None
    if received.kind is Kind.MEMBERSHIP:
        if member is not None:
            member.reachable = not received.blocked
            work.record(member.code, "unreachable" if received.blocked else "reachable", member.code)
        return "membership", []
    if member is None or not member.active or chat.closed_at is not None:
        work.record("system", "staff_refused", f"chat {chat.id}")
        return "refused", [say("staff.refused")]
    if received.text == "/levels":
        return "help", [say("staff.levels")]
    tap = tap_behind(work, chat.id, received.token)
    if tap is None or tap.get("do") not in DOES:
        return "help", [say("staff.help")]
    try:
        return str(tap["do"]), DOES[tap["do"]](work, member, tap)
    except Refused:
        work.record(member.code, "staff_refused", str(tap["do"]))
        return "refused", [say("staff.refused")]
