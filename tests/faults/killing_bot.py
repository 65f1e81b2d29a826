"""The bot's own process, started quickly and killed at a named point.

`run` is what happens in the child: the bot's `main`, after one function has been wrapped so that the process
sends itself SIGKILL just before or after it. The code under test has no hooks. Children are forked from a server
that has imported the bot once (multiprocessing's forkserver), which saves the two seconds of imports of every start.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
ROOT = Path(__file__).resolve().parent.parent.parent


def die() -> None:
    """kill -9 of oneself: nothing is flushed, closed or rolled back by us."""
    os.kill(os.getpid(), signal.SIGKILL)


def after_get_updates() -> None:
    """Telegram handed updates to the participants' bot; nothing of them is stored."""
    from bot.telegram import TelegramBot

    get_updates = TelegramBot.get_updates

    async def killing(self: TelegramBot, *args: Any, **named: Any) -> list[Any]:
        updates = await get_updates(self, *args, **named)
        if updates and self.name == "participants":
            die()
        return updates

    TelegramBot.get_updates = killing  # type: ignore[method-assign]  # this is what wrapping means


def after_commit() -> None:
    """Updates are stored; Telegram has not been told."""
    from bot.receiving import Receiving

    store = Receiving._store

    async def killing(self: Receiving, updates: list[Any]) -> None:
        await store(self, updates)
        if updates and self.bot.name == "participants":
            die()

    Receiving._store = killing  # type: ignore[method-assign]  # this is what wrapping means


def after_rasa() -> None:
    """Rasa and the actions behind it have done their part; the replies are not stored."""
    from bot.rasa_client import Answered, RasaClient

    turn = RasaClient.turn

    async def killing(self: RasaClient, *args: Any) -> Answered:
        answered = await turn(self, *args)
        die()
        return answered

    RasaClient.turn = killing  # type: ignore[method-assign, assignment]  # this is what wrapping means


def after_sending(lane: str) -> Callable[[], None]:
    """Telegram has accepted a message of this lane; that it was sent is not written down."""

    def wrap() -> None:
        from bot import delivery
        from study.outbox import OutboxRow

        mark_sent = delivery.mark_sent

        def killing(session: Any, outbox_id: int, *args: Any) -> None:
            if session.get_one(OutboxRow, outbox_id).lane == lane:
                die()
            mark_sent(session, outbox_id, *args)

        delivery.mark_sent = killing  # type: ignore[assignment]  # this is what wrapping means

    return wrap


POINTS: dict[str, Callable[[], None]] = {
    "after getUpdates, before the commit": after_get_updates,
    "after the commit, before the confirmation": after_commit,
    "after Rasa answered, before the result is committed": after_rasa,
    "after an alert was accepted, before it is marked": after_sending("alert"),
    "after a reply was accepted, before it is marked": after_sending("reply"),
    "after a reminder was accepted, before it is marked": after_sending("reminder"),
}


def run(environment: dict[str, str], log: Path, kill_at: str | None) -> None:
    """The child's whole life."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    from bot.__main__ import main

    if kill_at is not None:
        POINTS[kill_at]()
    sys.exit(main())


def start(environment: dict[str, str], log: Path, kill_at: str | None = None) -> BaseProcess:
    """A bot with this environment and no other; its output goes to `log`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.killing_bot", "bot.__main__"])
    process = context.Process(target=run, args=(environment, log, kill_at), daemon=True)
    process.start()
    return process
