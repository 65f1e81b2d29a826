"""Fault 18: an update that cannot be handled is set aside with a task for staff, and the others flow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from study.concerns import ConcernKind
from study.inbox import InboxRow, InboxState
from study.keys import unseal
from tests.factories import MONDAY
from tests.faults.installation import Installation
from tests.faults.stub_rasa import echoed

Install = Callable[..., Installation]
SECOND = int(MONDAY.timestamp())


def a_message(sender: Any, /, **changes: Any) -> dict[str, Any]:
    """A message of Telegram's, with fields replaced, or left out where they are None."""
    message = {
        "message_id": 900,
        "date": SECOND,
        "chat": {"id": sender, "type": "private", "first_name": "Ana"},
        "from": {"id": sender, "is_bot": False, "first_name": "Ana"},
        "text": "hello",
        **changes,
    }
    return {"message": {name: value for name, value in message.items() if value is not None}}


BROKEN: dict[str, Callable[[int], Any]] = {
    "no date": lambda chat: a_message(chat, date=None),
    "no chat": lambda chat: a_message(chat, chat=None),
    "no message id": lambda chat: a_message(chat, message_id=None),
    "a date in words": lambda chat: a_message(chat, date="yesterday"),
    "a date beyond all time": lambda chat: a_message(chat, date=10**30),
    "a chat that is a list": lambda chat: a_message(chat, chat=[chat]),
    "a chat that is true": lambda chat: a_message(True),
    "an endless message id": lambda chat: a_message(chat, message_id=2**70),
    "a message that is text": lambda chat: {"message": "hello"},
    "an unknown type": lambda chat: {"teleportation": {"id": 1}},
    "a tap without an id": lambda chat: {"callback_query": {"data": "x"}},
    "a member without a chat": lambda chat: {"my_chat_member": {"date": SECOND}},
}


def test_broken_updates_are_set_aside_and_the_others_are_answered(running: Installation) -> None:
    ana, _ = running.participant()
    for name, broken in BROKEN.items():
        before = {row.id for row in running.all_rows()}
        running.participants.push_raw(broken(ana.id))
        running.participants.say(ana, f"after {name}")
        running.wait_until(lambda name=name: f"echo after {name}" in running.received(ana))
        new = [row for row in running.all_rows() if row.id not in before]
        assert [row.state for row in new] == [InboxState.SET_ASIDE, InboxState.DONE], name
        assert new[0].raw_sealed is not None, "it is kept as it came"
        assert [concern.kind for concern in running.concerns_behind(new[0])] == [ConcernKind.TECHNICAL], name
    running.settle()


def test_what_is_no_update_at_all_is_set_aside_once(running: Installation) -> None:
    ana, _ = running.participant()
    for update in ("[]", "null", "7", '"text"', "{}", "[[[]]]"):
        running.participants.push_raw(update, verbatim=True)
    running.participants.say(ana, "after all of them")
    running.settle()
    assert running.received(ana) == ["echo after all of them"]
    as_sent: list[Any] = [[], None, 7, "text", {}, [[[]]]]
    for kept in as_sent:
        stored = [row for row in running.all_rows() if json.loads(raw(running, row)) == kept]
        assert [row.state for row in stored] == [InboxState.SET_ASIDE], kept
        assert [one.kind for one in running.concerns_behind(stored[0])] == [ConcernKind.TECHNICAL], kept


def test_what_is_no_update_at_all_does_not_make_the_bot_ask_without_a_pause(running: Installation) -> None:
    """It has no number to confirm, so Telegram gives it again until another one comes."""
    running.participants.push_raw("[7]", verbatim=True)
    polls = len(polled(running))
    running.wait_until(lambda: len(polled(running)) >= polls + 2)
    first, second = polled(running)[polls : polls + 2]
    assert second.arrived - first.arrived > 0.5
    ana, _ = running.participant()
    running.participants.say(ana, "hello")
    running.settle()


def test_a_red_flag_in_a_broken_message_is_answered_all_the_same(running: Installation) -> None:
    nora = running.member()
    for broken in ("no date", "no message id"):
        ana, code = running.participant()
        update = BROKEN[broken](ana.id)
        update["message"]["text"] = "my chest feels tight and i cant breathe"
        running.participants.push_raw(update)
        running.settle()
        flags = {concern.kind: concern.flags for concern in running.concerns(code)}
        assert flags[ConcernKind.RED_FLAG] == ["chest_pain", "breathing"], broken
        assert [text[:4] for text in running.received(ana)] == ["Call"], broken
        assert any(alert.text.startswith("EMERGENCY") and code in alert.text for alert in running.alerts(nora))
        assert running.rows(code)[0].state == InboxState.SET_ASIDE


def test_a_message_that_breaks_its_handler_is_set_aside_after_some_tries(running: Installation) -> None:
    """The answer to it cannot be stored; the person's next message is not held up by it for long."""
    nora = running.member()
    ana, code = running.participant()
    ben, _ = running.participant()
    unknown: dict[str, Any] = {"wording": "no.such.wording", "params": {}, "buttons": [], "asks": None}
    running.rasa.answer = lambda turn: broken_for(turn, code, unknown)
    running.participants.say(ana, "break it")
    running.participants.say(ana, "and now?")
    running.participants.say(ben, "me too")
    running.participants.wait_for(lambda: running.received(ben), 10)
    running.wait_until(lambda: running.rows(code)[0].state == InboxState.SET_ASIDE)
    running.settle()
    assert running.rows(code)[0].last_error == "UnknownWording"
    told, answered = running.received(ana)
    assert "your study team has your message" in told
    assert answered == "echo and now?"
    assert [concern.kind for concern in running.concerns(code)] == [ConcernKind.TECHNICAL]
    assert any(alert.text.startswith("TASK") and code in alert.text for alert in running.alerts(nora))


def broken_for(turn: dict[str, Any], code: str, say: dict[str, Any]) -> tuple[int, Any]:
    """A reply that names no wording of ours, to one message of one person."""
    status, body = echoed(turn)
    if turn["code"] == code and turn["text"] == "break it":
        body["replies"] = [{"say": say}]
    return status, body


def raw(here: Installation, row: InboxRow) -> str:
    return here.read(lambda session: unseal(session, row.raw_sealed)) or ""


def polled(here: Installation) -> list[Any]:
    return [call for call in here.participants.calls if call.method.lower() == "getupdates"]
