"""The edge to Telegram: which failed sendings may be repeated without a second message on somebody's phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.telegram import TelegramBot, make_bot, surely_not_sent
from rehearsal.fake_telegram import Bot, Person, TelegramServer
from rehearsal.fake_telegram.chats import Chat

TOKEN = "7001:of-a-telegram-that-is-not"
ANA = Person(5_000_000_001, "Ana")


@pytest.fixture
async def telegram() -> AsyncIterator[tuple[TelegramServer, Bot, TelegramBot]]:
    server = TelegramServer()
    server.start()
    account = server.add_bot(TOKEN, "Alongside")
    account.chats[ANA.id] = Chat.private(ANA)
    bot = make_bot("participants", TOKEN, server.url, poll_seconds=1)
    yield server, account, bot
    await bot.close()
    server.stop()


async def failure(bot: TelegramBot, read_timeout: float = 0.3) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await bot.sending.send_message(ANA.id, "hello", read_timeout=read_timeout)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "sent", "sure"),
    [
        ("server_error", False, True),
        ("refuse", False, False),
        ("hang", False, False),
        ("bad_json", False, False),
        ("accept_then_hang", True, False),
        ("accept_then_drop", True, False),
    ],
)
async def test_a_message_counts_as_not_sent_only_where_that_is_certain(
    telegram: tuple[TelegramServer, Bot, TelegramBot], fault: str, sent: bool, sure: bool
) -> None:
    _, account, bot = telegram
    account.faults.next("sendMessage", fault)
    error = await failure(bot)
    assert surely_not_sent(error) is sure
    assert bool(account.sent_to(ANA)) is sent
    assert not (sure and sent)


async def test_with_nobody_listening_it_is_certain(telegram: tuple[TelegramServer, Bot, TelegramBot]) -> None:
    server, _, bot = telegram
    server.stop()
    assert surely_not_sent(await failure(bot))
    server.start()


@pytest.mark.parametrize(
    ("cause", "sure"),
    [
        (httpx.ConnectTimeout("no way there"), True),
        (httpx.PoolTimeout("all lines busy"), True),
        (httpx.ReadTimeout("no answer"), False),
        (httpx.WriteTimeout("half of it sent"), False),
        (httpx.ReadError("cut"), False),
    ],
)
def test_what_the_library_hides_in_its_own_error_is_looked_at(cause: Exception, sure: bool) -> None:
    def raised(kind: Callable[[str], TelegramError]) -> TelegramError:
        try:
            raise kind("wrapped") from cause
        except TelegramError as error:
            return error

    assert surely_not_sent(raised(TimedOut)) is sure
    assert surely_not_sent(raised(NetworkError)) is sure


async def test_updates_come_as_raw_json_and_are_confirmed_by_the_next_offset_only(
    telegram: tuple[TelegramServer, Bot, TelegramBot],
) -> None:
    """A bad one among them spoils nothing: the library's own types would refuse the whole batch."""
    _, account, bot = telegram
    account.say(ANA, "one")
    account.push_raw({"message": {"text": "no date, no chat"}})
    updates = await bot.get_updates(None, wait=0)
    assert [update["message"]["text"] for update in updates] == ["one", "no date, no chat"]
    assert await bot.get_updates(None, wait=0) == updates
    assert account.pending == 2
    assert await bot.get_updates(updates[-1]["update_id"] + 1, wait=0) == []
    assert account.pending == 0
