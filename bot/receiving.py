"""Receiving: our own getUpdates loop. An update is committed to the inbox, red flags and all, and only then
confirmed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from telegram.error import Conflict, EndPointNotFound, InvalidToken, RetryAfter, TelegramError

from bot.stopping import pause
from bot.telegram import TelegramBot
from bot.updates import as_json, read_update
from study.bootstrap import App
from study.db.session import passes
from study.heartbeats import beat
from study.inbox import Kind, Received
from study.services.receiving import Taken, take_update
from study.work import Work

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
CONFLICT_PAUSE = 20.0
NOTHING_TO_CONFIRM_PAUSE = 1.0
REFUSED_PAUSE = 60.0


class Receiving:
    """The loop of one bot account."""

    def __init__(self, app: App, bot: TelegramBot, woken: Callable[[], None]) -> None:
        self.app = app
        self.bot = bot
        self.woken = woken
        self.offset: int | None = None
        self.pause = 0.0
        self.trouble: str | None = None
        self.reached = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set. A batch in hand is stored before it ends."""
        while not stopping.is_set():
            wait = asyncio.create_task(stopping.wait())
            poll = asyncio.create_task(self._once())
            await asyncio.wait({wait, poll}, return_when=asyncio.FIRST_COMPLETED)
            wait.cancel()
            if not poll.done():
                poll.cancel()
                return
            poll.result()
            if self.pause:
                await pause(stopping, self.pause)

    async def _once(self) -> None:
        try:
            # The first call does not wait: whether Telegram can be reached is known at once, not after a whole
            # long poll.
            updates = await self.bot.get_updates(self.offset, None if self.reached else 0)
        except Conflict:
            self._troubled("another_bot_polls_with_this_token", CONFLICT_PAUSE)
        except (InvalidToken, EndPointNotFound):
            self._troubled("token_refused", REFUSED_PAUSE)
        except RetryAfter as error:
            self._troubled("too_many_requests", seconds(error))
        except TelegramError as error:
            self._troubled(type(error).__name__, min(max(self.pause * 2, 0.5), LONGEST_PAUSE))
        else:
            self.trouble, self.pause, self.reached = None, 0.0, True
            await asyncio.shield(self._store(updates))
        await asyncio.to_thread(self.app.db.run, self._beat)

    def _troubled(self, code: str, pause: float) -> None:
        if self.trouble != code:
            log.error("receiving %s: %s; trying again in %.0f s", self.bot.name, code, pause)
        self.trouble, self.pause = code, pause

    def _beat(self, session: Session) -> None:
        beat(session, f"receiving:{self.bot.name}", self.app.clock.now(), self.trouble)

    async def _store(self, updates: list[Any]) -> None:
        """One transaction an update, in the order of their numbers. The offset moves on only over what is committed.

        What has no number cannot be confirmed and comes again with every call until another update does: it is not
        asked for without a pause.
        """
        confirms = False
        for update in sorted(updates, key=_number):
            try:
                await asyncio.to_thread(self._take, update)
            except Exception as error:
                self._troubled(f"not_stored_{type(error).__name__}", 1.0)
                return
            if _number(update) >= 0:
                self.offset, confirms = _number(update) + 1, True
            self.woken()
        if updates and not confirms:
            self.pause = NOTHING_TO_CONFIRM_PAUSE

    def _take(self, update: Any) -> Taken:
        """Store one update; one that breaks the storing is kept aside, known by its chat unless that breaks it too.

        Raises what a database that is away raises: the update then comes again.
        """
        received = read_update(self.bot.name, update)
        bare = Received(bot=received.bot, key=received.key, kind=Kind.UNREADABLE, update_id=received.update_id)
        for attempt in (received, replace(bare, chat=received.chat)):
            try:
                return self._commit(attempt, as_json(update))
            except Exception as error:
                if isinstance(error, SQLAlchemyError) and passes(error):
                    raise
                log.error("update set aside: %s", type(error).__name__)
        return self._commit(bare, as_json(update))

    def _commit(self, received: Received, raw: str) -> Taken:
        def work(session: Session) -> Taken:
            return take_update(Work(session, self.app.study, self.app.clock.now()), received, raw)

        taken = self.app.db.run(work)
        if not taken.duplicate:
            log.info("inbox %s %s %s flags=%s", taken.inbox_id, received.bot, received.kind, taken.flags)
        return taken


def _number(update: Any) -> int:
    """By which Telegram orders and confirms updates; -1 for what has none."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else -1


def seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait (python-telegram-bot gives a number or, from 22.2 on, a timedelta)."""
    wait = error.retry_after
    return float(wait) if isinstance(wait, int | float) else wait.total_seconds()
