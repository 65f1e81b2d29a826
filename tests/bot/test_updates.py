"""What is read from an update: nothing raises, and two different things never have the same key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.updates import as_json, read_update
from rehearsal.fake_telegram import updates
from rehearsal.fake_telegram.chats import Chat
from rehearsal.fake_telegram.people import Person
from study.inbox import Kind, Received
from tests.factories import MONDAY, a_message

SECOND = int(MONDAY.timestamp())
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)  # lone surrogates and NUL too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "message_id", "date", "edit_date", "chat", "id", "type", "from", "text", "caption", "entities", "data",
    "message", "new_chat_member", "status", "photo", "offset", "reply_to_message", "new_reaction", "emoji",
    "forward_origin", "migrate_from_chat_id",
)  # fmt: skip
NEARLY = st.recursive(  # objects with Telegram's names and anything in them
    JSON | st.sampled_from(["private", "group", "bot_command", "kicked", SECOND, 5_000_000_001]),
    lambda inner: st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8) | st.lists(inner, max_size=3),
    max_leaves=25,
)
KINDS = st.sampled_from(
    [
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
        "message_reaction",
        "channel_post",
        "poll",
        "update_id",
    ]
)
UPDATES = JSON | st.dictionaries(KINDS, NEARLY, max_size=3)


@given(UPDATES)
def test_no_json_whatever_makes_reading_raise(update: Any) -> None:
    read = read_update("participants", update)
    assert read.kind in Kind
    for kept_as_text in (read.key, read.token or "", read.callback_id or ""):
        assert kept_as_text.isascii(), "PostgreSQL takes it as text"
        assert "\x00" not in kept_as_text
    for number, bits in ((read.update_id, 31), (read.message_id, 31), (read.chat, 52)):
        assert number is None or (type(number) is int and abs(number) < 2**bits)
    assert read.kind is Kind.UNREADABLE or read.chat is not None


@given(UPDATES)
def test_what_is_kept_of_an_update_is_ascii_and_says_the_same(update: Any) -> None:
    kept = as_json(update)
    assert kept.isascii()
    assert as_json(json.loads(kept)) == kept
    assert read_update("participants", json.loads(kept)).key == read_update("participants", update).key


def test_a_text_is_read_as_it_was_typed() -> None:
    words = " i feel\u200b sick \ud83d\x00 "
    assert read_update("participants", a_message(words, chat=5_000_000_001, message_id=7)) == Received(
        bot="participants",
        key="m:5000000001:7",
        kind=Kind.TEXT,
        update_id=900_007,
        chat=5_000_000_001,
        message_id=7,
        text=words,
        event_at=datetime.fromtimestamp(SECOND, UTC),
    )


@pytest.mark.parametrize(
    ("text", "entities", "kind"),
    [
        ("/start abc", [{"type": "bot_command", "offset": 0, "length": 6}], Kind.COMMAND),
        ("please /start", [{"type": "bot_command", "offset": 7, "length": 6}], Kind.TEXT),
        ("/greet", [], Kind.TEXT),
        ("/greet", None, Kind.TEXT),
        ("/greet", "bot_command", Kind.TEXT),
        ("hello", [{"type": "bot_command", "offset": 0}], Kind.TEXT),
        ("hello", [None, 7, {"type": "url"}], Kind.TEXT),
    ],
)
def test_a_command_is_what_telegram_marks_as_one_at_the_start(text: str, entities: Any, kind: Kind) -> None:
    assert read_update("participants", a_message(text, entities=entities)).kind is kind


@pytest.mark.parametrize("missing", ["date", "chat", "message_id"])
def test_a_message_with_a_field_missing_is_unreadable_but_its_words_are_read(missing: str) -> None:
    update = a_message("i cant breathe")
    del update["message"][missing]
    read = read_update("participants", update)
    assert (read.kind, read.text) == (Kind.UNREADABLE, "i cant breathe")


def test_each_version_of_an_edited_message_has_a_key_of_its_own() -> None:
    def edited(text: str, at: int) -> str:
        message = a_message(text, edit_date=at)["message"]
        return read_update("participants", {"update_id": 1, "edited_message": message}).key

    original = read_update("participants", a_message("a")).key
    keys = [original, edited("a", SECOND), edited("b", SECOND), edited("b", SECOND + 1)]
    assert len(set(keys)) == 4
    assert edited("a", SECOND) == keys[1]


def test_the_same_number_in_two_chats_is_two_messages() -> None:
    here, there = (read_update("participants", a_message("a", chat=chat)).key for chat in (1001, 1002))
    assert here != there


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document", "location", "contact"])
def test_media_are_told_from_texts_and_their_caption_is_read(kind: str) -> None:
    ana = Person(5_000_000_001, "Ana")
    content = getattr(updates, kind)(ana if kind == "contact" else 1) if kind != "location" else updates.location()
    update = a_message("", caption="my rash", **content)
    del update["message"]["text"]
    read = read_update("participants", update)
    assert (read.kind, read.media, read.text) == (Kind.MEDIA, kind, "my rash")


def test_what_is_written_in_a_group_is_nobodys_private_message() -> None:
    update = a_message("i cant breathe", chat=-1001)
    update["message"]["chat"] = {"id": -1001, "type": "group", "title": "RA friends"}
    assert read_update("participants", update).kind is Kind.GROUP


def test_a_tap_has_its_querys_id_as_key_and_carries_the_token() -> None:
    ana = Person(5_000_000_001, "Ana")
    chat = Chat.private(ana)
    asked = chat.add({"id": 7001, "is_bot": True, "first_name": "A"}, {"text": "?"}, MONDAY, 0.0)
    query = updates.callback_query("4382", ana, chat, asked, "f3p-_Q")
    read = read_update("participants", {"update_id": 5, "callback_query": query})
    assert (read.kind, read.key, read.token, read.chat) == (Kind.TAP, "q:4382", "f3p-_Q", ana.id)


@pytest.mark.parametrize("data", ["\x00", "\ud83d", "t\u00f6ken", "x" * 65, "a\nb"])
def test_a_token_we_cannot_have_made_is_a_tap_on_nothing(data: str) -> None:
    query = {"id": "4382", "data": data, "message": {"message_id": 3, "chat": {"id": 1001, "type": "private"}}}
    read = read_update("participants", {"update_id": 5, "callback_query": query})
    assert (read.kind, read.token) == (Kind.TAP, None)


@pytest.mark.parametrize(("status", "blocked"), [("kicked", True), ("left", True), ("member", False)])
def test_blocking_and_coming_back_are_read(status: str, blocked: bool) -> None:
    change = {
        "chat": {"id": 1001, "type": "private"},
        "date": SECOND,
        "new_chat_member": {"user": {"id": 7001}, "status": status},
    }
    read = read_update("participants", {"update_id": 5, "my_chat_member": change})
    assert (read.kind, read.blocked) == (Kind.MEMBERSHIP, blocked)


def test_what_a_message_replies_to_and_that_it_was_passed_on_are_read() -> None:
    update = a_message("yes", reply_to_message={"message_id": 31, "date": SECOND, "chat": {"id": 1001}})
    assert read_update("participants", update).reply_to == 31
    for mark in ("forward_origin", "forward_date", "forward_sender_name"):
        assert read_update("participants", a_message("yes", **{mark: {}})).details["forwarded"] is True
    assert read_update("participants", a_message("yes")).details == {}


def reaction(new: Any, date: int = SECOND, chat: int = 1001) -> Received:
    change = {"chat": {"id": chat, "type": "private"}, "message_id": 31, "date": date, "new_reaction": new}
    return read_update("participants", {"update_id": 5, "message_reaction": change | {"old_reaction": []}})


def test_a_reaction_is_read_with_its_sign_and_each_one_has_a_key_of_its_own() -> None:
    up = [{"type": "emoji", "emoji": "\N{THUMBS UP SIGN}"}]
    read = reaction(up)
    assert (read.kind, read.text, read.reply_to, read.chat) == (Kind.REACTION, "\N{THUMBS UP SIGN}", 31, 1001)
    keys = {reaction(up).key, reaction([]).key, reaction(up, SECOND + 1).key, reaction(up, chat=1002).key}
    assert len(keys) == 4
    assert reaction(up).key == read.key


@pytest.mark.parametrize("new", [[], [{"type": "custom_emoji", "custom_emoji_id": "5"}], [{"type": "paid"}], None, "x"])
def test_a_reaction_without_a_plain_sign_says_nothing(new: Any) -> None:
    assert (reaction(new).kind, reaction(new).text) == (Kind.REACTION, None)


@pytest.mark.parametrize("kind", ["message", "edited_message", "channel_post", "edited_channel_post"])
def test_whatever_is_written_in_a_group_or_channel_is_of_the_group(kind: str) -> None:
    message = a_message("i cant breathe", chat=-1001)["message"] | {"edit_date": SECOND}
    message["chat"] = {"id": -1001, "type": "channel" if "channel" in kind else "supergroup", "title": "RA friends"}
    assert read_update("participants", {"update_id": 1, kind: message}).kind is Kind.GROUP
    del message["chat"]["type"]
    assert read_update("participants", {"update_id": 1, kind: message}).kind is Kind.GROUP
