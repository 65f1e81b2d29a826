"""Conversation: claim a chat, take its oldest message, find the answer, and store replies and done in one
transaction."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session
from telegram.error import TelegramError

from bot import participant_commands, staff_commands
from bot.rasa_client import RasaAway, RasaClient
from bot.stopping import pause
from bot.telegram import TelegramBot
from bot.updates import read_update
from study.bootstrap import App
from study.clock import machine_now
from study.errors import LostClaim
from study.heartbeats import beat
from study.inbox import Kind, Received
from study.services.claiming import LEASE_SECONDS, Claim, anything_open, claim_chat, renew
from study.services.conversing import Turn, complete_turn, give_up, hand_over, hold, is_answered, read_turn, tap_behind
from study.services.enrolling import is_staff_link
from study.settings import STAFF_BOT
from study.work import Work

log = logging.getLogger(__name__)
T = TypeVar("T")

WORKERS = 4
IDLE_SECONDS = 0.25
BEAT_SECONDS = 5.0
TRIES_BEFORE_GIVING_UP = 5
TRIES_BEFORE_TELLING = 3
LONGEST_PAUSE = 5.0
HEARING_SECONDS = 2.0  # how long an answer of the rules waits for what the model hears; 0.04 is usual


class NotHeard(Exception):
    """The rules can answer the message, and the model has not been asked yet whether it tells an emergency too.
    Nothing of the answer is kept."""


class Conversation:
    """A few workers; each has at most one chat at a time, and no chat has two workers."""

    def __init__(self, app: App, owner: str, rasa: RasaClient, bots: dict[str, TelegramBot]) -> None:
        self.app = app
        self.owner = owner
        self.rasa = rasa
        self.bots = bots
        self.arrived = asyncio.Event()
        self.first_failure: dict[int, float] = {}
        self.failures: Counter[int] = Counter()
        self.answering: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Something new is in the inbox."""
        self.arrived.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; messages in hand are finished."""
        workers = (self._worker(f"{self.owner}:{n}", stopping) for n in range(WORKERS))
        await asyncio.gather(self._beat(stopping), *workers)

    async def _beat(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            now = self.app.clock.now()
            await asyncio.to_thread(self.app.db.run, lambda session, now=now: beat(session, "conversation", now))
            await pause(stopping, BEAT_SECONDS)

    async def _worker(self, name: str, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                claim = await asyncio.to_thread(self._claim, name)
                if claim is not None:
                    await self._handle(claim)
                    continue
            except Exception as error:
                log.error("conversation: %s", type(error).__name__)
                await asyncio.sleep(1.0)
            self.arrived.clear()
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self.arrived.wait()
            except TimeoutError:
                pass

    def _claim(self, name: str) -> Claim | None:
        if not self.app.db.read(anything_open):
            return None
        return self.app.db.run(lambda session: claim_chat(session, name))

    async def _handle(self, claim: Claim) -> None:
        try:
            turn = await self._in_turn(claim, lambda work: read_turn(work, claim))
            await self._answer(turn)
            self.first_failure.pop(claim.inbox_id, None)
            self.arrived.set()
        except LostClaim:
            log.warning("inbox %s: claim lost, the other worker's result counts", claim.inbox_id)
        except RasaAway as away:
            await self._without_rasa(claim, away)
        except Exception as error:
            await self._failed(claim, error)

    async def _answer(self, turn: Turn) -> None:
        claim = turn.claim
        received = read_update(turn.bot, json.loads(turn.raw))

        def in_process(work: Work, heard: bool) -> bool:
            if is_answered(work, claim):  # by an action whose turn came to no end
                complete_turn(work, claim, [], route="emergency")
                return True
            commands = staff_commands if self._is_for_staff(work, turn, received) else participant_commands
            answered = commands.handle(work, turn, received)
            if answered is None:
                return False
            if not heard:
                raise NotHeard
            route, replies = answered
            complete_turn(work, claim, replies, route=route)
            return True

        try:
            answered = await self._in_turn(claim, lambda work: in_process(work, heard=not turn.may_tell_more))
        except NotHeard:
            flagged = await self._hears_an_emergency(turn)
            answered = not flagged and await self._in_turn(claim, lambda work: in_process(work, heard=True))
        if not answered:
            await self._ask_rasa(turn, received)
        self._stop_spinner(turn, received)

    async def _hears_an_emergency(self, turn: Turn) -> bool:
        """Whether the model hears one in words the rules can answer. Less than an emergency it must not make of them:
        it hears a death where a relative writes. Without Rasa they are answered all the same."""
        try:
            understood = await self.rasa.understand(turn.words or "", seconds=HEARING_SECONDS)
        except RasaAway as away:
            log.warning("inbox %s answered unheard: %s", turn.claim.inbox_id, away.reason)
            return False
        return bool(self.app.study.emergencies(understood.get("flags") or []))

    def _is_for_staff(self, work: Work, turn: Turn, received: Received) -> bool:
        """By the bot it was sent to; where one bot serves both, by whose chat or link it is."""
        if STAFF_BOT in self.bots:
            return turn.bot == STAFF_BOT
        token = (received.text or "").removeprefix("/start ").strip()
        return turn.staff_id is not None or (received.kind is Kind.COMMAND and is_staff_link(work, token))

    async def _ask_rasa(self, turn: Turn, received: Received) -> None:
        claim = turn.claim
        tap = None
        if received.kind is Kind.TAP:
            tap = await self._in_turn(claim, lambda work: tap_behind(work, claim.chat_id, received.token))
        keeping = asyncio.create_task(self._keep(claim))
        try:
            answered = await self.rasa.turn(
                claim.inbox_id,
                turn.participant_code or "",
                claim.received_at.isoformat(),
                None if tap else turn.words or "",
                tap,
                turn.state_before,
            )
        finally:
            keeping.cancel()
        route = str(answered.understood.get("route") or "unsure")

        def complete(work: Work) -> None:
            if not answered.replies and not is_answered(work, claim):
                raise RasaAway("no_reply")  # silence is no answer to anybody
            complete_turn(
                work,
                claim,
                answered.replies,
                route=route,
                understood=answered.understood,
                dialogue=answered.dialogue,
            )

        await self._in_turn(claim, complete)
        log.info("inbox %s %s route=%s", claim.inbox_id, turn.participant_code, route)

    async def _keep(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            await asyncio.to_thread(self.app.db.run, lambda session: renew(session, claim))

    async def _without_rasa(self, claim: Claim, away: RasaAway) -> None:
        now = self.app.clock.now()
        timings = self.app.study.timings
        failing_since = self.first_failure.setdefault(claim.inbox_id, machine_now())
        try:
            if now - claim.received_at >= timings.hand_over_after:
                await self._in_work(claim, now, lambda work: hand_over(work, claim, away.reason))
                self.first_failure.pop(claim.inbox_id, None)
                return
            waited = machine_now() - failing_since
            certain = away.refused and claim.attempts >= TRIES_BEFORE_TELLING
            tell = certain or waited >= timings.holding_after.total_seconds() or away.reason == "ReadTimeout"
            again_in = min(0.25 * 2 ** min(claim.attempts, 6), LONGEST_PAUSE)
            await self._in_work(claim, now, lambda work: hold(work, claim, away.reason, again_in, tell))
            log.warning("inbox %s waits for Rasa: %s", claim.inbox_id, away.reason)
        except LostClaim:
            log.warning("inbox %s: claim lost", claim.inbox_id)

    async def _failed(self, claim: Claim, error: Exception) -> None:
        code = type(error).__name__
        log.error("inbox %s attempt %s: %s at %s", claim.inbox_id, claim.attempts, code, where(error))
        now = self.app.clock.now()
        try:
            self.failures[claim.inbox_id] += 1  # a message that waited long for Rasa has not failed itself
            if self.failures[claim.inbox_id] >= TRIES_BEFORE_GIVING_UP:
                await self._in_work(claim, now, lambda work: give_up(work, claim, code))
            else:
                await self._in_work(claim, now, lambda work: hold(work, claim, code, 0.5, tell=False))
        except LostClaim:
            log.warning("inbox %s: claim lost", claim.inbox_id)

    async def _in_turn(self, claim: Claim, do: Callable[[Work], T]) -> T:
        """`do` in one transaction, at the moment the message was received."""
        return await self._in_work(claim, claim.received_at, do)

    async def _in_work(self, claim: Claim, now: datetime, do: Callable[[Work], T]) -> T:
        def work(session: Session) -> T:
            return do(Work(session, self.app.study, now, cause=claim.inbox_id))

        return await asyncio.to_thread(self.app.db.run, work)

    def _stop_spinner(self, turn: Turn, received: Received) -> None:
        """Tell the phone that the tap arrived. Only a courtesy: nothing depends on it."""
        if received.callback_id is None:
            return
        task = asyncio.create_task(self._answer_callback(turn.bot, received.callback_id))
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    async def _answer_callback(self, bot: str, callback_id: str) -> None:
        try:
            await self.bots[bot].sending.answer_callback_query(callback_id)
        except TelegramError as error:
            log.info("tap not confirmed: %s", type(error).__name__)


def where(error: BaseException) -> str:
    """File and line of an error, for the log: never its text, which may hold what a patient wrote."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
