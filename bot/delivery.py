"""Delivery: the outbox sent by lanes, within Telegram's rates, and what became of each message written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from aiolimiter import AsyncLimiter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.receiving import seconds
from bot.telegram import TelegramBot, keyboard_markup, surely_not_sent
from study.bootstrap import App
from study.clock import machine_now
from study.heartbeats import beat
from study.outbox import LANES, Lane
from study.services.sending import (
    Letter,
    anything_waiting,
    lease_letters,
    mark_dropped,
    mark_retry,
    mark_sent,
    mark_uncertain,
)
from study.services.undelivered import refused, undeliverable
from study.work import Work

log = logging.getLogger(__name__)

AT_ONCE = 20
IDLE_SECONDS = 0.1
BEAT_SECONDS = 5.0
LONGEST_PAUSE = 60.0


class Delivery:
    """The outbox of one bot account."""

    def __init__(self, app: App, owner: str, bot: TelegramBot) -> None:
        self.app = app
        self.owner = owner
        self.bot = bot
        self.overall = AsyncLimiter(app.settings.overall_rate, 1.0)
        self.chats: dict[int, AsyncLimiter] = {}
        self.paused_until = dict.fromkeys(LANES, 0.0)
        self.sending: dict[int, asyncio.Task[None]] = {}
        self.beaten_at = float("-inf")

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; messages in hand are finished."""
        while not stopping.is_set():
            try:
                started = await self._start_some()
            except Exception as error:
                log.error("delivery %s: %s", self.bot.name, type(error).__name__)
                started = 0
                await asyncio.sleep(1.0)
            if not started:
                await asyncio.sleep(IDLE_SECONDS)
        if self.sending:
            await asyncio.wait(self.sending.values())

    async def _start_some(self) -> int:
        room = min(AT_ONCE - len(self.sending), int(self.app.settings.overall_rate))
        lanes = [lane for lane in LANES if self.paused_until[lane] <= machine_now()]
        if room <= 0 or not lanes or not self.overall.has_capacity():
            return 0
        full = {chat for chat, limiter in self.chats.items() if not limiter.has_capacity()}
        letters = await asyncio.to_thread(self._lease, lanes, room, full | set(self.sending))
        for letter in letters:
            await self.overall.acquire()
            task = asyncio.create_task(self._send(letter))
            self.sending[letter.chat_row] = task
            task.add_done_callback(partial(self._sent, letter.chat_row))
        return len(letters)

    def _sent(self, chat: int, task: asyncio.Task[None]) -> None:
        self.sending.pop(chat, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("delivery %s: what became of a message is not written: %s", self.bot.name, type(task.exception()))

    def _lease(self, lanes: list[Lane], room: int, busy: set[int]) -> list[Letter]:
        now = self.app.clock.now()

        def work(session: Session) -> list[Letter]:
            beat(session, f"delivery:{self.bot.name}", now)
            return lease_letters(session, self.owner, self.bot.name, now, lanes, busy, room)

        waiting = self.app.db.read(lambda session: anything_waiting(session, self.bot.name))
        if not waiting and machine_now() - self.beaten_at < BEAT_SECONDS:
            return []
        self.beaten_at = machine_now()
        return self.app.db.run(work)

    def _limiter(self, chat: int) -> AsyncLimiter:
        burst, rate = self.app.settings.chat_burst, self.app.settings.chat_rate
        return self.chats.setdefault(chat, AsyncLimiter(burst, burst / rate))

    async def _tidy(self, letter: Letter) -> None:
        """The buttons of a message changed. It costs the chat none of its messages, and is dropped where it fails."""
        try:
            await self.bot.sending.edit_message_reply_markup(
                letter.chat, letter.changes, reply_markup=keyboard_markup(letter.keyboard)
            )
        except RetryAfter as error:
            wait = seconds(error)
            self.paused_until[letter.lane] = machine_now() + wait
            await self._write(lambda work: mark_retry(work.session, letter.id, "too_many_requests", wait))
        except Exception as error:
            if "not modified" not in str(error):
                code = type(error).__name__
                log.info("outbox %s: buttons stay: %s", letter.id, code)
                await self._write(lambda work: mark_dropped(work.session, letter.id, code))
                return
            await self._write(lambda work: mark_sent(work.session, letter.id, None, work.now))
        else:
            await self._write(lambda work: mark_sent(work.session, letter.id, None, work.now))

    async def _send(self, letter: Letter) -> None:
        """One message, and what became of it. Only what Telegram answers decides; a doubt is a doubt of its own."""
        if letter.lane is Lane.TIDY:
            await self._tidy(letter)
            return
        await self._limiter(letter.chat_row).acquire()
        pause = min(0.5 * 2 ** min(letter.attempts, 8), LONGEST_PAUSE)
        try:
            sent = await self.bot.sending.send_message(
                letter.chat, letter.text, reply_markup=keyboard_markup(letter.keyboard)
            )
        except RetryAfter as error:
            wait = seconds(error)
            self.paused_until[letter.lane] = machine_now() + wait
            log.warning("delivery %s: lane %s waits %.0f s", self.bot.name, letter.lane, wait)
            await self._write(lambda work: mark_retry(work.session, letter.id, "too_many_requests", wait))
        except Forbidden:
            await self._write(lambda work: refused(work, letter.id, "forbidden"))
        except ChatMigrated:
            await self._write(lambda work: undeliverable(work, letter.id, "chat_migrated"))
        except BadRequest as error:
            code = "chat_not_found" if "chat not found" in str(error).lower() else "bad_request"
            handle = refused if code == "chat_not_found" else undeliverable
            await self._write(lambda work: handle(work, letter.id, code))
        except TelegramError as error:
            code = type(error).__name__
            mark = mark_retry if surely_not_sent(error) else mark_uncertain
            log.info("outbox %s: %s", letter.id, code)
            await self._write(lambda work: mark(work.session, letter.id, code, pause))
        except Exception as error:  # not Telegram's doing, so nobody knows how far the message came
            code = type(error).__name__
            log.error("outbox %s: %s", letter.id, code)
            await self._write(lambda work: mark_uncertain(work.session, letter.id, code, pause))
        else:
            await self._write(lambda work: mark_sent(work.session, letter.id, sent.message_id, work.now))
            log.info("outbox %s sent %s", letter.id, letter.lane)

    async def _write(self, do: Callable[[Work], None]) -> None:
        def work(session: Session) -> None:
            do(Work(session, self.app.study, self.app.clock.now()))

        while True:  # only we know what became of it: a database that is away is waited for
            try:
                return await asyncio.to_thread(self.app.db.run, work)
            except SQLAlchemyError as error:
                log.error("delivery %s: not written yet: %s", self.bot.name, type(error).__name__)
                await asyncio.sleep(1.0)
