"""What people do on their phones, read by python-telegram-bot's types as they read Telegram's own JSON."""

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import MessageOriginHiddenUser, MessageOriginUser, Update

from rehearsal.fake_telegram import Bot, Person, TelegramServer
from rehearsal.fake_telegram.rates import RateLimits, RateMeter

ANA = Person(5_000_000_001, "Ana", "Ruiz", username="ana_says", language_code="es")
BEN = Person(42, "Ben")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOKENS = (f"{number}:builders" for number in itertools.count(7001))


@pytest.fixture
def bot() -> Bot:
    """No server runs: what is posted is read straight from the queue."""
    return TelegramServer(clock=lambda: NOON).add_bot(next(TOKENS), "Alongside")


def raw(bot: Bot) -> list[dict[str, Any]]:
    return [json.loads(text) for text in bot.queue.take(0, 100, NOON)]


def updates(bot: Bot) -> list[Update]:
    return [Update.de_json(update, None) for update in raw(bot)]


def only_known_fields(update: Update) -> bool:
    """python-telegram-bot keeps in api_kwargs what it does not know; there should be nothing."""
    parts = [update, update.effective_message, update.effective_user, update.effective_chat]
    return not any(part.api_kwargs for part in parts if part is not None)


def test_a_text_carries_sender_chat_and_date(bot: Bot) -> None:
    posted = bot.say(ANA, "I feel better today")
    (update,) = updates(bot)
    message = update.message
    assert message is not None
    assert message.from_user is not None
    assert (update.update_id, message.message_id) == (posted.update_id, posted.message_id)
    assert (message.text, message.date) == ("I feel better today", NOON)
    assert (message.chat.id, message.chat.type) == (ANA.id, "private")
    assert (message.from_user.full_name, message.from_user.language_code) == ("Ana Ruiz", "es")
    assert only_known_fields(update)


def test_a_name_not_set_is_left_out_as_telegram_does(bot: Bot) -> None:
    bot.say(BEN, "hello")
    ((update),) = raw(bot)
    assert update["message"]["chat"] == {"id": 42, "first_name": "Ben", "type": "private"}


def test_commands_are_marked_in_utf16_units(bot: Bot) -> None:
    bot.say(ANA, "\N{GRINNING FACE} /start abc")
    bot.say(ANA, "either/or is no command")
    with_command, without = (update.message for update in updates(bot))
    assert with_command is not None
    assert without is not None
    assert list(with_command.parse_entities().values()) == ["/start"]
    assert (with_command.entities[0].offset, with_command.entities[0].type) == (3, "bot_command")
    assert without.entities == ()


@pytest.mark.parametrize(
    "text", ["a\ud83dz", "nul \x00 inside", "\u202eright to left", "zero\u200bwidth", "a" * 10_000]
)
def test_text_arrives_exactly_as_typed(bot: Bot, text: str) -> None:
    bot.say(ANA, text)
    ((update),) = raw(bot)
    assert update["message"]["text"] == text


def test_what_is_sent_is_ascii_with_escapes(bot: Bot) -> None:
    bot.say(ANA, "Grüße \N{GRINNING FACE} \ud83d")
    (text,) = bot.queue.take(0, 100, NOON)
    assert text.isascii()


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda bot: bot.photo(ANA), "photo"),
        (lambda bot: bot.voice(ANA), "voice"),
        (lambda bot: bot.sticker(ANA), "sticker"),
        (lambda bot: bot.document(ANA), "document"),
        (lambda bot: bot.location(ANA), "location"),
        (lambda bot: bot.contact(ANA), "contact"),
    ],
)
def test_media_parse_into_the_types_they_are(bot: Bot, act: Callable[[Bot], Any], field: str) -> None:
    act(bot)
    (update,) = updates(bot)
    message = update.message
    assert message is not None
    attachment = message.effective_attachment
    assert attachment
    assert attachment == getattr(message, field)
    assert message.text is None
    assert only_known_fields(update)
    assert [shown.kind for shown in bot.chat(ANA)] == [field]


def test_a_caption_comes_with_the_photo_and_can_be_edited(bot: Bot) -> None:
    posted = bot.photo(ANA, "my rash")
    bot.edit(ANA, posted.message_id, "my arm")
    first, second = updates(bot)
    assert first.message is not None
    assert second.edited_message is not None
    assert (first.message.caption, second.edited_message.caption) == ("my rash", "my arm")
    assert second.edited_message.photo == first.message.photo


def test_an_edit_keeps_id_and_date_and_two_edits_in_one_second_differ_in_their_edit_date(bot: Bot) -> None:
    posted = bot.say(ANA, "I took it")
    bot.edit(ANA, posted.message_id, "I did not take it")
    bot.edit(ANA, posted.message_id, "I took half")
    original, first, second = updates(bot)
    assert original.message is not None
    assert first.edited_message is not None
    assert second.edited_message is not None
    assert first.edited_message.message_id == original.message.message_id
    assert first.edited_message.date == original.message.date
    assert first.edited_message.edit_date is not None
    assert second.edited_message.edit_date is not None
    assert first.edited_message.edit_date < second.edited_message.edit_date
    assert [message.text for message in bot.chat(ANA)] == ["I took half"]


def test_an_edit_that_changes_nothing_reaches_nobody(bot: Bot) -> None:
    posted = bot.say(ANA, "I took it")
    assert bot.edit(ANA, posted.message_id, "I took it").update_id is None
    assert bot.pending == 1


def test_a_forwarded_text_names_its_origin_or_hides_it(bot: Bot) -> None:
    bot.forward(ANA, "take two", origin=BEN)
    bot.forward(ANA, "take three")
    known, hidden = (update.message for update in updates(bot))
    assert known is not None
    assert hidden is not None
    assert isinstance(known.forward_origin, MessageOriginUser)
    assert known.forward_origin.sender_user.id == BEN.id
    assert isinstance(hidden.forward_origin, MessageOriginHiddenUser)


def test_a_reply_carries_what_it_replies_to(bot: Bot) -> None:
    first = bot.say(ANA, "one")
    bot.say(ANA, "two", reply_to=first.message_id)
    message = updates(bot)[1].message
    assert message is not None
    assert message.reply_to_message is not None
    assert message.reply_to_message.text == "one"


def test_in_a_group_the_chat_is_the_group_and_its_id_negative(bot: Bot) -> None:
    bot.add_to_group(-900, "Family", by=BEN)
    bot.say_in_group(-900, ANA, "hello all")
    member, joined, said = updates(bot)
    assert member.my_chat_member is not None
    assert member.my_chat_member.new_chat_member.status == "member"
    assert joined.message is not None
    assert joined.message.new_chat_members[0].id == bot.id
    assert said.message is not None
    assert (said.message.chat.id, said.message.chat.type, said.message.chat.title) == (
        -900,
        "group",
        "Family",
    )
    assert said.effective_user is not None
    assert said.effective_user.id == ANA.id


def test_blocking_and_unblocking_are_told_once_each(bot: Bot) -> None:
    bot.say(ANA, "/start")
    bot.block(ANA)
    assert bot.block(ANA).update_id is None
    assert bot.has_blocked(ANA)
    bot.unblock(ANA)
    changes = [update.my_chat_member for update in updates(bot)[1:]]
    assert [(change.old_chat_member.status, change.new_chat_member.status) for change in changes if change] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]


def test_message_ids_count_in_each_chat_and_update_ids_over_all(bot: Bot) -> None:
    posted = [bot.say(ANA, "one"), bot.say(BEN, "one"), bot.say(ANA, "two")]
    assert [act.message_id for act in posted] == [1, 1, 2]
    ids = [act.update_id for act in posted]
    assert ids == list(range(ids[0] or 0, (ids[0] or 0) + 3))


def test_what_no_phone_could_do_is_refused(bot: Bot) -> None:
    posted = bot.say(ANA, "hello")
    with pytest.raises(LookupError, match="no message 9"):
        bot.edit(ANA, 9, "new")
    with pytest.raises(LookupError, match="no message 1"):
        bot.tap(ANA, posted.message_id, "a person's own message has no buttons")
    with pytest.raises(ValueError, match="negative"):
        bot.say_in_group(900, ANA, "hello")
    with pytest.raises(ValueError, match="without any field"):
        bot.push_raw({})
    with pytest.raises(LookupError, match="never given"):
        bot.deliver_again(1)


def test_a_chat_may_send_its_burst_and_then_one_a_second() -> None:
    meter, limits = RateMeter(), RateLimits(overall=30, chat=1, chat_burst=3)
    assert [meter.seconds_to_wait(1, limits, now=0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert meter.seconds_to_wait(1, limits, now=0.5) == 1
    assert [meter.seconds_to_wait(1, limits, now=1.0) for _ in range(2)] == [0, 1]


def test_a_group_may_get_20_messages_a_minute() -> None:
    meter, limits = RateMeter(), RateLimits()
    waits = [meter.seconds_to_wait(-5, limits, now=0.0) for _ in range(21)]
    assert waits == [0] * 20 + [3]


def test_a_message_refused_for_its_chat_does_not_count_against_the_rest() -> None:
    meter, limits = RateMeter(), RateLimits(overall=2, chat=1, chat_burst=1)
    assert [meter.seconds_to_wait(chat, limits, now=0.0) for chat in (1, 1, 1, 2)] == [0, 1, 1, 0]
