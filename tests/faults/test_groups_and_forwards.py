"""Fault 23: private chats only, nothing personal in a group; a forwarded message is somebody else's words."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.fake_telegram import Person
from study.checkins import DoseReport
from study.concerns import ConcernKind
from study.inbox import InboxRow, InboxState
from tests.faults.installation import Installation

NOTICE = "I can only talk in a private chat. Please do not write anything personal here."
GROUPS = iter(range(-9001, -9999, -1))


def said_in(here: Installation, group: int) -> list[str]:
    return [message.text for message in here.participants.sent_to(group)]


def test_a_group_is_told_once_that_the_bot_talks_in_private(running: Installation) -> None:
    ana, code = running.participant()
    nora = running.member()
    group = next(GROUPS)
    alerts = len(running.alerts(nora))
    running.participants.add_to_group(group, "RA friends", ana)
    for words in ("hello all", "I forgot my tablet", "i cant breathe", "/start", "/stop", "/pause"):
        running.participants.say_in_group(group, ana, words)
    running.settle()
    running.participants.say_in_group(group, ana, "anybody here?")
    running.settle()
    assert said_in(running, group) == [NOTICE]
    assert running.received(ana) == []
    assert running.rows(code) == [], "no message of a group is the participant's"
    assert running.concerns(code) == []
    assert len(running.alerts(nora)) == alerts
    assert running.count(DoseReport) == 0


def test_the_words_of_a_group_are_not_kept(running: Installation) -> None:
    ana, _ = running.participant()
    group = next(GROUPS)
    before = {row.id for row in running.all_rows()}
    running.participants.say_in_group(group, ana, "my secret illness")
    running.settle()
    (row,) = [row for row in running.all_rows() if row.id not in before]
    assert (row.state, row.outcome) == (InboxState.DONE, "group")
    assert (row.words_sealed, row.raw_sealed) == (None, None)


def test_a_group_that_becomes_a_supergroup_is_still_the_same_group(running: Installation) -> None:
    ana, _ = running.participant()
    group = next(GROUPS)
    running.participants.say_in_group(group, ana, "hello")
    running.settle()
    moved = running.participants.migrate_group(group, ana)
    running.participants.say_in_group(moved, ana, "hello again")
    running.settle()
    assert (said_in(running, group), said_in(running, moved)) == ([NOTICE], [])


def test_a_supergroup_that_was_never_told_is_told(running: Installation) -> None:
    ana, _ = running.participant()
    group = next(GROUPS)
    running.participants.add_to_group(group, "quiet", ana)
    running.settle()
    other = next(GROUPS)
    running.participants.push_raw(in_chat(other, "supergroup", ana, migrate_from_chat_id=next(GROUPS)))
    running.participants.push_raw(in_chat(other, "supergroup", ana, message_id=2, text="hello"))
    running.wait_until(lambda: running.count(InboxRow, InboxRow.state == InboxState.OPEN) == 0)
    assert said_in(running, group) == [NOTICE]


def in_chat(chat: int, kind: str, sender: Person, **changes: Any) -> dict[str, Any]:
    """A message as Telegram sends it from a group or channel."""
    about = {"id": chat, "type": kind, "title": "RA friends"}
    return {"message": {"message_id": 77, "date": 1_772_436_600, "chat": about, "from": sender.as_user()} | changes}


ODD: dict[str, Any] = {
    "a changed message": lambda chat, who: {
        "edited_message": in_chat(chat, "group", who, text="hello", edit_date=1_772_436_700)["message"]
    },
    "a post in a channel": lambda chat, who: {"channel_post": in_chat(chat, "channel", who, text="hi")["message"]},
    "a changed post": lambda chat, who: {
        "edited_channel_post": in_chat(chat, "channel", who, text="hi", edit_date=1)["message"]
    },
    "an administrator without a name": lambda chat, who: in_chat(
        chat, "supergroup", who, text="i cant breathe", sender_chat={"id": chat, "type": "supergroup", "title": "x"}
    ),
    "a picture": lambda chat, who: in_chat(chat, "group", who, photo=[{"file_id": "x"}], caption="my rash"),
    "somebody leaves": lambda chat, who: in_chat(chat, "group", who, left_chat_member=who.as_user()),
    "a reaction": lambda chat, who: {
        "message_reaction": {
            "chat": {"id": chat, "type": "supergroup", "title": "x"},
            "message_id": 3,
            "user": who.as_user(),
            "date": 1_772_436_600,
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": "\N{THUMBS UP SIGN}"}],
        }
    },
    "a tap": lambda chat, who: {
        "callback_query": {
            "id": f"77{abs(chat)}",
            "from": who.as_user(),
            "message": in_chat(chat, "group", who)["message"],
            "data": "x",
        }
    },
    "the bot is thrown out": lambda chat, who: {
        "my_chat_member": {
            "chat": {"id": chat, "type": "group", "title": "x"},
            "from": who.as_user(),
            "date": 1_772_436_600,
            "old_chat_member": {"status": "member"},
            "new_chat_member": {"status": "kicked"},
        }
    },
    "the bot is put into a channel": lambda chat, who: {
        "my_chat_member": {
            "chat": {"id": chat, "type": "channel", "title": "x"},
            "from": who.as_user(),
            "date": 1_772_436_600,
            "old_chat_member": {"status": "left"},
            "new_chat_member": {"status": "administrator"},
        }
    },
}


@pytest.mark.parametrize("what", list(ODD))
def test_whatever_comes_from_a_group_touches_no_participant_and_calls_nobody(running: Installation, what: str) -> None:
    ana, code = running.participant()
    group = next(GROUPS)
    running.participants.say_in_group(group, ana, "hello")
    running.settle()
    concerns = len(running.concerns())
    before = {row.id for row in running.all_rows()}
    running.participants.push_raw(ODD[what](group, ana))
    running.settle()
    (row,) = [row for row in running.all_rows() if row.id not in before]
    assert (row.kind, row.state, row.outcome) == ("group", InboxState.DONE, "group")
    assert said_in(running, group) == [NOTICE], "not a second time"
    assert running.received(ana) == []
    assert running.rows(code) == []
    assert (running.concerns(code), len(running.concerns())) == ([], concerns)


def test_staffs_bot_says_nothing_personal_in_a_group_either(running: Installation) -> None:
    nora = running.member()
    group = next(GROUPS)
    for words in ("hello", "/levels", "P-001?"):
        running.staff.say_in_group(group, nora, words)
    running.settle()
    assert [message.text for message in running.staff.sent_to(group)] == [NOTICE]


def test_a_forwarded_message_records_no_dose_and_people_read_it(running: Installation) -> None:
    ana, code = running.participant()
    before = running.count(DoseReport)
    running.participants.forward(ana, "I forgot my tablet yesterday", Person(5_900_000_001, "Ben"))
    running.participants.forward(ana, "took sat and sun")
    running.settle()
    assert running.count(DoseReport) == before
    assert [row.outcome for row in running.rows(code)] == ["staff", "staff"]
    assert [concern.kind for concern in running.concerns(code)] == [ConcernKind.QUESTION]
    assert all("I note nothing from it" in text for text in running.received(ana))


def test_a_red_flag_in_a_forwarded_message_counts(running: Installation) -> None:
    """Perhaps they pass on what they could not write themselves."""
    nora = running.member()
    ana, code = running.participant()
    running.participants.forward(ana, "i cant breathe")
    running.settle()
    assert [concern.flags for concern in running.concerns(code)] == [["breathing"]]
    assert any(alert.text.startswith("EMERGENCY") and code in alert.text for alert in running.alerts(nora))


def test_a_forwarded_question_is_answered_like_any_other(running: Installation) -> None:
    ana, _ = running.participant()
    running.participants.forward(ana, "can we drink wine?")
    running.settle()
    assert running.received(ana) == ["echo can we drink wine?"]


def test_a_reaction_is_kept_and_answered_with_silence(running: Installation) -> None:
    ana, code = running.participant()
    running.participants.say(ana, "hello")
    running.settle()
    shown = running.participants.sent_to(ana)[-1]
    running.participants.react(ana, shown.message_id, "\N{HEAVY BLACK HEART}")
    running.participants.react(ana, shown.message_id, "")
    running.settle()
    assert [row.outcome for row in running.rows(code)] == ["answer", "reaction", "reaction"]
    assert running.received(ana) == ["echo hello"]
    assert running.concerns(code) == []
