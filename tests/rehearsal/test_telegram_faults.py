"""Every failure that can be injected, as python-telegram-bot sees it, and whether the message was sent."""

import asyncio
import itertools
import logging
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import telegram
from telegram.error import (
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from rehearsal.fake_telegram import Bot, FaultKind, Person, TelegramServer

ANA = Person(5_000_000_001, "Ana")
BEN = Person(42, "Ben")
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # saves httpx the slow reading of certificates
TOKENS = (f"{number}:faults" for number in itertools.count(7001))

pytestmark = pytest.mark.filterwarnings("ignore:.*attribute `retry_after`")  # the library's own, on creation


@pytest.fixture(scope="module")
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def token() -> str:
    return next(TOKENS)


@pytest.fixture
def bot(server: TelegramServer, token: str) -> Bot:
    bot = server.add_bot(token, "Alongside")
    bot.say(ANA, "/start")
    bot.say(BEN, "/start")
    return bot


@pytest.fixture
async def api(server: TelegramServer, token: str, bot: Bot) -> AsyncIterator[telegram.Bot]:
    def request() -> HTTPXRequest:
        return HTTPXRequest(read_timeout=0.3, httpx_kwargs={"trust_env": False, "verify": NO_TLS})

    base_url = f"{server.url}/bot"
    async with telegram.Bot(token, base_url, request=request(), get_updates_request=request()) as api:
        yield api


def texts_to(bot: Bot, person: Person) -> list[str]:
    return [message.text for message in bot.sent_to(person)]


@pytest.mark.parametrize(
    ("kind", "args", "error", "exactly"),
    [
        ("too_many_requests", {"retry_after": 30}, RetryAfter, "Retry in 30 seconds"),
        ("forbidden", {}, Forbidden, "bot was blocked by the user"),
        ("forbidden", {"reason": "user is deactivated"}, Forbidden, "user is deactivated"),
        ("conflict", {}, Conflict, "terminated by other getUpdates request"),
        ("server_error", {}, NetworkError, "Internal Server Error"),
        ("server_error", {"status": 503}, NetworkError, "Internal Server Error"),
        ("server_error", {"status": 504, "html": True}, NetworkError, r"Gateway Timeout \(504\)"),
        ("bad_json", {}, TelegramError, "Invalid server response"),
        ("unauthorized", {}, InvalidToken, "Unauthorized"),
        ("hang", {"seconds": 1.0}, TimedOut, "Timed out"),
        ("refuse", {}, NetworkError, "httpx"),
    ],
)
async def test_a_call_that_fails_before_it_is_done_sends_nothing(
    api: telegram.Bot,
    bot: Bot,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    args: dict[str, Any],
    error: type[TelegramError],
    exactly: str,
) -> None:
    caplog.set_level(logging.CRITICAL, "telegram")
    bot.faults.next("sendMessage", kind, **args)
    with pytest.raises(error, match=exactly) as failed:
        await api.send_message(ANA.id, "Hello")
    assert type(failed.value) is error
    assert texts_to(bot, ANA) == []
    await api.send_message(ANA.id, "Hello again")
    assert texts_to(bot, ANA) == ["Hello again"]


@pytest.mark.parametrize(("kind", "error"), [("accept_then_hang", TimedOut), ("accept_then_drop", NetworkError)])
async def test_a_call_that_fails_after_it_is_done_has_sent_the_message(
    api: telegram.Bot, bot: Bot, kind: str, error: type[TelegramError]
) -> None:
    bot.faults.next("sendMessage", kind)
    with pytest.raises(error) as failed:
        await api.send_message(ANA.id, "Hello")
    assert type(failed.value) is error
    assert texts_to(bot, ANA) == ["Hello"]


async def test_an_answer_that_is_only_late_still_comes(api: telegram.Bot, bot: Bot) -> None:
    bot.faults.next("sendMessage", "hang", seconds=0.1)
    bot.faults.next("sendMessage", "accept_then_hang", seconds=0.1)
    began = time.monotonic()
    await api.send_message(ANA.id, "one")
    await api.send_message(ANA.id, "two")
    assert time.monotonic() - began >= 0.2
    assert texts_to(bot, ANA) == ["one", "two"]


async def test_a_call_given_up_during_the_hang_is_never_done(api: telegram.Bot, bot: Bot) -> None:
    bot.faults.next("sendMessage", "hang", seconds=0.5)
    with pytest.raises(TimedOut):
        await api.send_message(ANA.id, "Hello")
    await asyncio.sleep(0.4)
    assert texts_to(bot, ANA) == []


def test_every_kind_of_fault_is_tried_here() -> None:
    source = __file__
    with open(source, encoding="utf-8") as file:
        text = file.read()
    assert [kind for kind in FaultKind if f'"{kind}"' not in text] == []


async def test_faults_come_as_often_as_ordered_and_in_order(api: telegram.Bot, bot: Bot) -> None:
    bot.faults.next("sendMessage", "too_many_requests", times=2, retry_after=1)
    bot.faults.next("sendMessage", "forbidden")
    for error in (RetryAfter, RetryAfter, Forbidden):
        with pytest.raises(error):
            await api.send_message(ANA.id, "Hello")
    assert bot.faults.left == 0
    await api.send_message(ANA.id, "Hello")


async def test_a_fault_of_one_chat_or_method_leaves_the_others_alone(api: telegram.Bot, bot: Bot) -> None:
    bot.faults.next("sendMessage", "forbidden", chat=ANA.id)
    await api.get_me()
    await api.send_message(BEN.id, "Hello")
    assert bot.faults.left == 1
    with pytest.raises(Forbidden):
        await api.send_message(ANA.id, "Hello")


async def test_a_standing_fault_lasts_until_it_is_cleared_and_meets_any_method(api: telegram.Bot, bot: Bot) -> None:
    bot.faults.always("*", "server_error", status=500)
    for _ in range(3):
        with pytest.raises(NetworkError):
            await api.send_message(ANA.id, "Hello")
    with pytest.raises(NetworkError):
        await api.get_updates()
    bot.faults.clear()
    await api.send_message(ANA.id, "Hello")
    assert len(await api.get_updates()) == 2


async def test_the_servers_own_faults_meet_every_bot(api: telegram.Bot, bot: Bot, server: TelegramServer) -> None:
    server.faults.next("sendMessage", "forbidden")
    with pytest.raises(Forbidden):
        await api.send_message(ANA.id, "Hello")
    assert server.faults.left == 0


async def test_a_batch_whose_answer_was_lost_comes_again(api: telegram.Bot, bot: Bot) -> None:
    bot.faults.next("getUpdates", "accept_then_drop")
    with pytest.raises(NetworkError):
        await api.get_updates()
    assert [update.message.text for update in await api.get_updates() if update.message] == ["/start"] * 2


def test_a_fault_that_does_not_exist_is_refused_when_it_is_ordered(bot: Bot) -> None:
    with pytest.raises(ValueError, match="earthquake"):
        bot.faults.next("sendMessage", "earthquake")
    with pytest.raises(TypeError, match="minutes"):
        bot.faults.next("sendMessage", "hang", minutes=3)


async def test_an_unreachable_server_is_a_network_error_until_it_is_back(token: str) -> None:
    server = TelegramServer()
    server.start()
    bot = server.add_bot(token, "Alongside")
    bot.say(ANA, "/start")
    request = HTTPXRequest(httpx_kwargs={"trust_env": False, "verify": NO_TLS})
    async with telegram.Bot(token, f"{server.url}/bot", request=request) as api:
        server.stop()
        with pytest.raises(NetworkError, match="ConnectError"):
            await api.send_message(ANA.id, "Hello")
        server.start()
        await api.send_message(ANA.id, "Hello")
        assert texts_to(bot, ANA) == ["Hello"]
        bot.faults.next("sendMessage", "hang", seconds=60)
        hanging = asyncio.create_task(api.send_message(ANA.id, "Cut"))
        await bot.until(lambda: bot.faults.left == 0)
        server.stop()
        with pytest.raises(NetworkError):
            await hanging
    assert texts_to(bot, ANA) == ["Hello"]


def test_nothing_about_calls_is_logged_and_so_no_token(
    server: TelegramServer, bot: Bot, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    caplog.set_level(logging.WARNING, "httpcore")
    bot.faults.next("sendMessage", "refuse")
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        with pytest.raises(httpx.TransportError):
            client.post(f"{server.url}/bot{token}/sendMessage", data={"chat_id": ANA.id, "text": "words"})
        client.post(f"{server.url}/bot{token}/sendMessage", data={"chat_id": ANA.id, "text": "words"})
    assert [record for record in caplog.records if "words" in record.getMessage()] == []
    assert token not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
