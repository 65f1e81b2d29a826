"""Delivery in the test's own process: lanes, rates, and what is written down of each message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from telegram import Bot as PtbBot
from telegram.request import HTTPXRequest

from bot.delivery import Delivery
from bot.telegram import TelegramBot, make_bot
from rehearsal.fake_telegram import Bot, Person, RateLimits, TelegramServer
from rehearsal.fake_telegram.chats import Chat as PhoneChat
from study.bootstrap import App, bootstrap
from study.clock import StudyClock
from study.concerns import ConcernKind
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import Chat
from study.protocol import Severity
from study.replies import put_replies, say
from study.services.concerning import raise_concern
from study.services.sending import lease_letters, mark_retry
from study.services.taking_concerns import acknowledge
from study.settings import Settings
from study.work import Work
from tests.factories import MONDAY, a_chat, a_member, a_participant

TOKEN = "7001:of-a-telegram-that-is-not"


class Post:
    """A database with chats, the account they are chats of, and delivery between the two."""

    def __init__(self, folder: Path, telegram: TelegramServer, **settings: Any) -> None:
        clock = StudyClock(folder / "clock.json")
        clock.stand_at(MONDAY)
        self.telegram = telegram
        self.account: Bot = telegram.add_bot(TOKEN, "Alongside")
        self.app: App = bootstrap(
            Settings(
                var_dir=folder,
                database_url=f"sqlite:///{folder / 'test.db'}",
                clock_file=clock.file,
                participant_bot_token=SecretStr(TOKEN),
                telegram_api_url=telegram.url,
                **settings,
            )
        )
        self.bot = make_bot("participants", TOKEN, telegram.url, 1)
        self.people: list[Person] = []

    def run(self, do: Any) -> Any:
        return self.app.db.run(lambda session: do(Work(session, self.app.study, MONDAY)))

    def phones(self, count: int) -> list[Person]:
        """People whose chats are open."""
        for number in range(len(self.people) + 1, len(self.people) + count + 1):
            person = Person(5_000_000_000 + number, f"Ana{number}")
            self.account.chats[person.id] = PhoneChat.private(person)
            self.run(lambda work, person=person: a_chat(work, "participants", person.id))
            self.people.append(person)
        return self.people[-count:]

    def put(self, person: Person, key: str, lane: Lane = Lane.REPLY, **columns: Any) -> int:
        """A message into the outbox; `key` is its text too."""
        place = self.people.index(person)

        def work(work: Work) -> int:
            chat = work.session.scalars(select(Chat).order_by(Chat.id)).all()[place]
            reply = {"text": key, "utter": "utter_test", "wording": {"id": "test", "version": 1}}
            return put_replies(work, chat, [reply], key=key, lane=lane, **columns)[0].id

        number: int = self.run(work)
        return number

    def letter(self, number: int) -> OutboxRow:
        return self.app.db.read(lambda session: session.get_one(OutboxRow, number))

    def waiting(self) -> int:
        states = (OutboxState.PENDING, OutboxState.LEASED)
        query = select(OutboxRow.id).where(OutboxRow.state.in_(states))
        return self.app.db.read(lambda session: len(session.scalars(query).all()))

    def wait_until_empty(self, seconds: float = 15.0) -> None:
        """Raises TimeoutError if messages still wait after so long."""
        until = time.monotonic() + seconds
        while self.waiting():
            if time.monotonic() > until:
                raise TimeoutError(f"{self.waiting()} messages still wait")
            time.sleep(0.02)

    @asynccontextmanager
    async def delivering(self, bot: TelegramBot | None = None, seconds: float = 30.0) -> AsyncIterator[None]:
        """Delivery runs inside; everything waiting is sent or given up on before it ends."""
        stopping = asyncio.Event()
        running = asyncio.create_task(Delivery(self.app, "test", bot or self.bot).run(stopping))
        try:
            yield
            await asyncio.to_thread(self.wait_until_empty, seconds)
        finally:
            stopping.set()
            await running


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    server = TelegramServer()
    server.start()
    yield server
    server.stop()


async def test_alerts_go_before_replies_and_replies_before_reminders(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram, overall_rate=4.0)
    people = post.phones(9)
    lanes = [Lane.REMINDER, Lane.REPLY, Lane.ALERT] * 3
    for person, lane in zip(people, lanes, strict=True):
        post.put(person, f"{lane} to {person.first_name}", lane)
    async with post.delivering():
        pass
    sent = sorted((post.account.sent_to(person)[0] for person in people), key=lambda message: message.arrived)
    lanes_sent = [message.text.split()[0] for message in sent]
    assert sorted(lanes_sent[:4]) == ["alert", "alert", "alert", "reply"], "the first second's four, sent together"
    assert sorted(lanes_sent[-3:]) == ["reminder"] * 3


async def test_one_chat_gets_a_burst_and_then_its_rate_in_order(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram, chat_rate=5.0, chat_burst=3)
    (ana,) = post.phones(1)
    for number in range(7):
        post.put(ana, f"message {number}")
    async with post.delivering():
        pass
    sent = post.account.sent_to(ana)
    assert [message.text for message in sent] == [f"message {number}" for number in range(7)]
    assert sent[6].arrived - sent[0].arrived >= 4 / 5.0 / 2, "half: a loaded machine may be late with the first"


async def test_all_chats_together_keep_to_the_overall_rate(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram, overall_rate=10.0)
    people = post.phones(25)
    for person in people:
        post.put(person, f"hello {person.first_name}")
    async with post.delivering():
        pass
    arrived = sorted(post.account.sent_to(person)[0].arrived for person in people)
    assert arrived[-1] - arrived[0] >= 15 / 10.0 / 2, "half: a loaded machine may be late with the first"


async def test_a_telegram_that_polices_its_rates_gets_everything_once_and_in_order(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    """Whether it has to say 429 now and then depends on the machine's load; what arrives does not."""
    post = Post(tmp_path, telegram)
    telegram.limit_rates(RateLimits())
    people = post.phones(12)
    for number in range(4):
        for person in people:
            post.put(person, f"{person.first_name} {number}")
    async with post.delivering(seconds=60.0):
        pass
    for person in people:
        assert [message.text[-1] for message in post.account.sent_to(person)] == ["0", "1", "2", "3"]


async def test_a_chat_has_one_message_on_its_way_at_a_time(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram)
    ana, ben = post.phones(2)
    post.account.faults.next("sendMessage", "hang", chat=ana.id, seconds=0.7)
    for text in ("one", "two"):
        post.put(ana, text)
    post.put(ben, "meanwhile")
    async with post.delivering():
        pass
    first, second = post.account.sent_to(ana)
    assert (first.text, second.text) == ("one", "two")
    assert post.account.sent_to(ben)[0].arrived < first.arrived


@pytest.mark.parametrize("fault", ["accept_then_hang", "hang"])
async def test_an_answer_that_never_comes_repeats_a_reply_and_gives_up_on_a_reminder(
    tmp_path: Path, telegram: TelegramServer, fault: str
) -> None:
    """Fault 16: Telegram took it, or did not; we stopped listening either way."""
    post = Post(tmp_path, telegram)
    impatient = HTTPXRequest(read_timeout=0.3)
    sending = PtbBot(TOKEN, base_url=f"{telegram.url}/bot", request=impatient)
    ana, ben = post.phones(2)
    reply, reminder = post.put(ana, "reply"), post.put(ben, "reminder", Lane.REMINDER)
    post.account.faults.next("sendMessage", fault, chat=ana.id, seconds=2)
    post.account.faults.next("sendMessage", fault, chat=ben.id, seconds=2)
    async with post.delivering(replace(post.bot, sending=sending)):
        pass
    taken = 1 if fault == "accept_then_hang" else 0
    assert post.letter(reply).state == OutboxState.SENT
    assert len(post.account.sent_to(ana)) == 1 + taken
    assert (post.letter(reminder).state, post.letter(reminder).reason) == (OutboxState.DELIVERY_UNKNOWN, "TimedOut")
    assert len(post.account.sent_to(ben)) == taken


async def test_an_error_nobody_foresaw_leaves_no_message_lying_in_our_hands(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    post = Post(tmp_path, telegram)
    ana, ben = post.phones(2)
    reply, reminder = post.put(ana, "reply"), post.put(ben, "reminder", Lane.REMINDER)
    broken = {ana.id, ben.id}

    class Breaking:
        async def send_message(self, chat: int, text: str, **more: Any) -> Any:
            if chat in broken:
                broken.discard(chat)
                raise LookupError("a defect")
            return await post.bot.sending.send_message(chat, text, **more)

    async with post.delivering(replace(post.bot, sending=Breaking())):  # type: ignore[arg-type]  # all of it that is used
        pass
    assert post.letter(reply).state == OutboxState.SENT
    assert (post.letter(reminder).state, post.letter(reminder).reason) == (OutboxState.DELIVERY_UNKNOWN, "LookupError")


async def test_a_reminder_past_its_hour_is_skipped_and_says_why(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram)
    ana, ben = post.phones(2)
    stale = post.put(ana, "stale", Lane.REMINDER, expires_at=MONDAY - timedelta(seconds=1))
    fresh = post.put(ben, "fresh", Lane.REMINDER, expires_at=MONDAY + timedelta(seconds=1))
    async with post.delivering():
        pass
    assert (post.letter(stale).state, post.letter(stale).reason) == (OutboxState.SKIPPED, "stale")
    assert post.letter(fresh).state == OutboxState.SENT
    assert post.account.sent_to(ana) == []


async def test_a_message_telegram_will_not_take_is_buried_with_a_task(tmp_path: Path, telegram: TelegramServer) -> None:
    """Nothing behind it waits for it."""
    post = Post(tmp_path, telegram)
    (ana,) = post.phones(1)
    empty, next_one = post.put(ana, " \n "), post.put(ana, "next")
    async with post.delivering():
        pass
    assert (post.letter(empty).state, post.letter(empty).reason) == (OutboxState.DEAD, "bad_request")
    assert post.letter(next_one).state == OutboxState.SENT


async def test_told_to_stop_it_finishes_and_writes_down_what_is_in_its_hands(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    """Fault 6, seen from here."""
    post = Post(tmp_path, telegram)
    (ana,) = post.phones(1)
    number = post.put(ana, "hello")
    post.account.faults.next("sendMessage", "hang", seconds=0.5)
    stopping = asyncio.Event()
    running = asyncio.create_task(Delivery(post.app, "test", post.bot).run(stopping))
    await post.account.until(lambda: post.account.faults.left == 0 and post.account.calls)
    stopping.set()
    await running
    assert post.letter(number).state == OutboxState.SENT


def test_a_page_that_has_to_be_tried_again_is_withdrawn_if_somebody_took_the_concern(tmp_path: Path) -> None:
    """Fault 12: it was in Telegram's hands, or ours, when the nurse tapped Acknowledge."""
    with TelegramServer() as telegram:
        post = Post(tmp_path, telegram)

    def raised(work: Work) -> tuple[int, int]:
        nora = a_member(work)
        ana = a_participant(work)
        return raise_concern(work, ana, ConcernKind.RED_FLAG, Severity.EMERGENCY).id, nora.id

    concern_id, _ = post.run(raised)

    def leased(work: Work) -> int:
        return lease_letters(work.session, "test", "staff", MONDAY, [Lane.ALERT], set())[0].id

    page = post.run(leased)

    def taken(work: Work) -> None:
        nick = a_member(work, "Nick", chat=2002)
        acknowledge(work, nick, concern_id)

    post.run(taken)
    post.run(lambda work: mark_retry(work.session, page, "server_error", 0.0))
    assert post.letter(page).state == OutboxState.CANCELLED


def test_a_wording_to_the_participant_is_tried_again_whoever_took_the_concern(tmp_path: Path) -> None:
    with TelegramServer() as telegram:
        post = Post(tmp_path, telegram)

    def told(work: Work) -> int:
        ana = a_participant(work)
        nora = a_member(work)
        concern = raise_concern(work, ana, ConcernKind.RED_FLAG, Severity.EMERGENCY)
        chat = work.session.scalars(select(Chat).where(Chat.participant_id == ana.id)).one()
        (row,) = put_replies(work, chat, [say("help")], key="emergency:1", lane=Lane.ALERT, concern_id=concern.id)
        row.state = OutboxState.LEASED
        acknowledge(work, nora, concern.id)
        return row.id

    number = post.run(told)
    post.run(lambda work: mark_retry(work.session, number, "server_error", 0.0))
    assert post.letter(number).state == OutboxState.PENDING
