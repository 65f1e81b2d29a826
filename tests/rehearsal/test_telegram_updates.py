"""How updates are fetched and confirmed: the offset rules, the long poll, two pollers, what expires."""

import asyncio
import itertools
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from rehearsal.fake_telegram import Bot, Person, TelegramServer
from rehearsal.fake_telegram.account import LongPoll

ANA = Person(5_000_000_001, "Ana", username="ana_says")
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # saves httpx the slow reading of certificates
TOKENS = (f"{number}:updates" for number in itertools.count(7001))


class TurnableClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> TurnableClock:
    return TurnableClock()


@pytest.fixture(scope="module")
def server(clock: TurnableClock) -> Iterator[TelegramServer]:
    with TelegramServer(clock=clock, conflict_pause=0) as server:
        yield server


@pytest.fixture
def token() -> str:
    return next(TOKENS)


@pytest.fixture
def bot(server: TelegramServer, token: str) -> Bot:
    return server.add_bot(token, "Alongside Rehearsal")


class Poller:
    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self.client = client
        self.url = url

    async def poll(self, **params: Any) -> list[dict[str, Any]]:
        response = await self.client.post(f"{self.url}/getUpdates", data=params)
        response.raise_for_status()
        result: list[dict[str, Any]] = response.json()["result"]
        return result

    async def ids(self, **params: Any) -> list[int]:
        return [update["update_id"] for update in await self.poll(**params)]

    async def call(self, method: str, **params: Any) -> httpx.Response:
        return await self.client.post(f"{self.url}/{method}", data=params)


@pytest.fixture
async def poller(server: TelegramServer, token: str) -> AsyncIterator[Poller]:
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS, timeout=10) as client:
        yield Poller(client, f"{server.url}/bot{token}")


def another_poll_waits(bot: Bot, than: LongPoll) -> bool:
    return bot.poll not in (None, than)


def say(bot: Bot, *texts: str) -> list[int]:
    ids = [bot.say(ANA, text).update_id for text in texts]
    return [update_id for update_id in ids if update_id is not None]


async def test_what_is_not_confirmed_comes_again(bot: Bot, poller: Poller) -> None:
    ids = say(bot, "one", "two")
    assert await poller.ids() == ids
    assert await poller.ids() == ids
    assert bot.pending == 2


async def test_an_offset_confirms_everything_below_it_for_good(bot: Bot, poller: Poller) -> None:
    first, second, third = say(bot, "one", "two", "three")
    assert await poller.ids(offset=third) == [third]
    assert bot.pending == 1
    assert await poller.ids() == [third]
    assert await poller.ids(offset=first) == [third]
    assert second not in await poller.ids(offset=second)


async def test_an_offset_one_past_the_last_leaves_nothing(bot: Bot, poller: Poller) -> None:
    ids = say(bot, "one", "two")
    assert await poller.ids(offset=ids[-1] + 1) == []
    assert bot.pending == 0


async def test_a_negative_offset_counts_from_the_end_and_forgets_the_rest(bot: Bot, poller: Poller) -> None:
    ids = say(bot, "one", "two", "three", "four")
    assert await poller.ids(offset=-2) == ids[-2:]
    assert await poller.ids() == ids[-2:]
    assert await poller.ids(offset=-50) == ids[-2:]


@pytest.mark.parametrize(("limit", "given"), [(2, 2), (0, 1), (1000, 100)])
async def test_the_limit_is_kept_between_1_and_100(bot: Bot, poller: Poller, limit: int, given: int) -> None:
    ids = say(bot, *(f"message {number}" for number in range(105)))
    assert await poller.ids(limit=limit) == ids[:given]
    assert bot.pending == 105


async def test_a_long_poll_answers_the_moment_something_is_said(bot: Bot, poller: Poller) -> None:
    waiting = asyncio.create_task(poller.poll(timeout=30))
    await bot.until(lambda: bot.poll)
    began = time.monotonic()
    bot.say(ANA, "hello")
    (update,) = await waiting
    assert update["message"]["text"] == "hello"
    assert time.monotonic() - began < 1


async def test_a_long_poll_with_nothing_said_ends_empty_after_its_timeout(bot: Bot, poller: Poller) -> None:
    began = time.monotonic()
    assert await poller.ids(timeout=1) == []
    assert 0.9 < time.monotonic() - began < 2


async def test_the_second_poller_ends_the_first_with_a_conflict(bot: Bot, poller: Poller) -> None:
    first = asyncio.create_task(poller.call("getUpdates", timeout=30))
    await bot.until(lambda: bot.poll)
    second = asyncio.create_task(poller.ids(timeout=30))
    refused = await first
    assert refused.status_code == 409
    assert refused.json() == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running",
    }
    ids = say(bot, "hello")
    assert await second == ids


async def test_a_second_conflict_soon_after_the_first_is_held_back(token: str) -> None:
    with TelegramServer(conflict_pause=0.4) as server:
        bot = server.add_bot(token, "Alongside")
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
            poller = Poller(client, f"{server.url}/bot{token}")
            polls = [asyncio.create_task(poller.call("getUpdates", timeout=30))]
            ended = []
            for number in range(2):
                current = await bot.until(lambda: bot.poll)
                began = time.monotonic()
                polls.append(asyncio.create_task(poller.call("getUpdates", timeout=30)))
                await bot.until(partial(another_poll_waits, bot, current))
                assert (await polls[number]).status_code == 409
                ended.append(time.monotonic() - began)
            bot.say(ANA, "hello")
            assert (await polls[-1]).status_code == 200
    assert ended[0] < 0.3
    assert ended[1] >= 0.4


async def test_a_poll_of_a_bot_with_another_token_disturbs_nobody(
    server: TelegramServer, bot: Bot, poller: Poller
) -> None:
    token = next(TOKENS)
    other = server.add_bot(token, "Staff")
    waiting = asyncio.create_task(poller.ids(timeout=30))
    await bot.until(lambda: bot.poll)
    other.say(ANA, "to the other bot")
    assert len(await Poller(poller.client, f"{server.url}/bot{token}").ids(timeout=1)) == 1
    assert not waiting.done()
    ids = say(bot, "hello")
    assert await waiting == ids


async def test_a_webhook_excludes_polling_until_it_is_deleted(bot: Bot, poller: Poller) -> None:
    waiting = asyncio.create_task(poller.call("getUpdates", timeout=30))
    await bot.until(lambda: bot.poll)
    assert (await poller.call("setWebhook", url="https://example.org/hook")).json()["result"] is True
    assert (await waiting).json()["description"] == "Conflict: terminated by setWebhook request"
    say(bot, "while the webhook is set")
    refused = await poller.call("getUpdates")
    assert refused.status_code == 409
    assert "can't use getUpdates method while webhook is active" in refused.json()["description"]
    info = (await poller.call("getWebhookInfo")).json()["result"]
    assert (info["url"], info["pending_update_count"]) == ("https://example.org/hook", 1)
    await poller.call("deleteWebhook")
    assert len(await poller.ids()) == 1


async def test_deleting_the_webhook_may_drop_what_waits(bot: Bot, poller: Poller) -> None:
    say(bot, "lost")
    await poller.call("deleteWebhook", drop_pending_updates="true")
    assert await poller.ids() == []


async def test_the_kinds_asked_for_are_remembered_and_hold_for_what_comes_later(bot: Bot, poller: Poller) -> None:
    ids = say(bot, "before")
    asked = json.dumps(["edited_message", "my_chat_member"])
    assert await poller.ids(allowed_updates=asked) == ids
    assert bot.say(ANA, "a text is not asked for").update_id is None
    blocked = bot.block(ANA).update_id
    assert await poller.ids() == [*ids, blocked]
    await poller.ids(allowed_updates="[]")
    bot.unblock(ANA)
    assert bot.say(ANA, "again all kinds").update_id is not None


async def test_a_message_nobody_fetches_is_gone_after_a_day_and_a_tap_after_150_seconds(
    bot: Bot, poller: Poller, clock: TurnableClock
) -> None:
    (text,) = say(bot, "/start")
    await poller.call("sendMessage", chat_id=ANA.id, text="Hello")
    tap = bot.tap(ANA, 2, "token").update_id
    clock.now += timedelta(seconds=149)
    assert await poller.ids() == [text, tap]
    clock.now += timedelta(seconds=2)
    assert await poller.ids() == [text]
    clock.now += timedelta(hours=23)
    assert await poller.ids() == [text]
    clock.now += timedelta(hours=1)
    assert await poller.ids() == []
    assert bot.pending == 0


async def test_an_update_can_come_again_after_it_was_confirmed_and_out_of_order(bot: Bot, poller: Poller) -> None:
    first, second = say(bot, "one", "two")
    assert await poller.ids(offset=second + 1) == []
    bot.deliver_again(second)
    bot.deliver_again(first)
    updates = await poller.poll(offset=second + 1)
    assert [(update["update_id"], update["message"]["text"]) for update in updates] == [
        (second, "two"),
        (first, "one"),
    ]
    assert await poller.ids(offset=second + 1) == []
    renumbered = bot.deliver_again(first, as_new=True)
    (update,) = await poller.poll(offset=second + 1)
    assert (update["update_id"], update["message"]["text"]) == (renumbered, "one")


async def test_update_ids_that_start_lower_after_a_quiet_week_are_given_whatever_the_offset(
    bot: Bot, poller: Poller
) -> None:
    (high,) = say(bot, "before the quiet week")
    with pytest.raises(ValueError, match="1 updates still wait"):
        bot.restart_update_ids(at=5_000)
    await poller.ids(offset=high + 1)
    bot.restart_update_ids(at=5_000)
    say(bot, "one", "two")
    assert await poller.ids(offset=high + 1) == [5_000, 5_001]
    assert await poller.ids(offset=5_001) == [5_001]


async def test_a_long_poll_begun_before_the_renumbering_gets_the_first_update_after_it(
    bot: Bot, poller: Poller
) -> None:
    (high,) = say(bot, "before the quiet week")
    waiting = asyncio.create_task(poller.ids(offset=high + 1, timeout=30))
    await bot.until(lambda: bot.poll)
    bot.restart_update_ids(at=5_000)
    say(bot, "one")
    assert await waiting == [5_000]


async def test_nonsense_is_sent_on_as_it_is_and_confirmed_like_the_rest(bot: Bot, poller: Poller) -> None:
    undated = bot.push_raw({"update_id": 3, "message": {"message_id": 1, "text": "no date, no chat"}})
    surrogate = bot.push_raw('{"message": {"text": "broken \\ud83d here"}}')
    bot.push_raw("null", verbatim=True)
    last = bot.push_raw({"a_kind_of_tomorrow": {}})
    updates = (await poller.call("getUpdates")).json()["result"]
    assert updates[0]["update_id"] == undated
    assert updates[1] == {"update_id": surrogate, "message": {"text": "broken \ud83d here"}}
    assert updates[2:] == [None, {"update_id": last, "a_kind_of_tomorrow": {}}]
    assert await poller.ids(offset=last) == [last]


async def test_a_caller_killed_in_a_long_poll_leaves_its_place_to_the_next(
    server: TelegramServer, bot: Bot, poller: Poller, token: str
) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as doomed:
        waiting = asyncio.create_task(doomed.post(f"{server.url}/bot{token}/getUpdates", data={"timeout": 30}))
        await bot.until(lambda: bot.poll)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    ids = say(bot, "hello")
    assert await poller.ids(timeout=5) == ids
    assert await poller.ids(offset=ids[0]) == ids


async def test_everything_is_still_there_when_the_server_comes_back(token: str) -> None:
    server = TelegramServer()
    server.start()
    url = server.url
    bot = server.add_bot(token, "Alongside")
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
        poller = Poller(client, f"{url}/bot{token}")
        waiting = asyncio.create_task(poller.ids(timeout=30))
        await bot.until(lambda: bot.poll)
        server.stop()
        with pytest.raises(httpx.TransportError):
            await waiting
        with pytest.raises(httpx.ConnectError):
            await poller.ids()
        ids = say(bot, "said while nobody listened")
        server.start()
        assert server.url == url
        assert await poller.ids() == ids
        server.stop()
