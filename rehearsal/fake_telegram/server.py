"""The Bot API server: who calls, what goes wrong by order, and the answer in Telegram's form."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from starlette.responses import HTMLResponse, Response

from rehearsal.fake_telegram.account import Call, Surroundings
from rehearsal.fake_telegram.bot import Bot
from rehearsal.fake_telegram.faults import Fault, FaultKind, Faults
from rehearsal.fake_telegram.listening import LOOPBACK, Caller, Listener
from rehearsal.fake_telegram.methods import METHODS
from rehearsal.fake_telegram.polling import get_updates
from rehearsal.fake_telegram.rates import RateLimits
from rehearsal.fake_telegram.refusals import (
    OTHER_POLLER,
    Refusal,
    conflict,
    forbidden,
    not_found,
    too_many_requests,
    unauthorized,
)
from rehearsal.fake_telegram.wire import Params, read_params

GET_UPDATES = "getupdates"
CONFLICT_PAUSE = 3.0  # seconds; Client.cpp, fail_query_conflict
TAPS_KEPT = timedelta(seconds=150)  # Client.cpp, add_new_callback_query


class TelegramServer:
    """A Bot API server on loopback. All state is in memory and survives `stop` and `start`.

    `clock` dates messages and ages what waits (24 h; button presses only `taps_kept`, Telegram's 150 s): a
    turnable clock turns both. `conflict_pause` is in seconds of machine time; tests of two pollers may set it
    to 0. `rate_limits` None lets a bot send as fast as it likes. `faults` are those that meet any bot.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        port: int = 0,
        conflict_pause: float = CONFLICT_PAUSE,
        taps_kept: timedelta = TAPS_KEPT,
        rate_limits: RateLimits | None = None,
    ) -> None:
        self.faults = Faults()
        self._around = Surroundings(clock or _machine_clock, conflict_pause, taps_kept, rate_limits)
        self._bots: dict[str, Bot] = {}
        self._listener = Listener("/bot{token}/{method}", self._answer, port)

    def __enter__(self) -> TelegramServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Without a slash at the end. A bot's base URL is this and "/bot"."""
        return f"http://{LOOPBACK}:{self._listener.port}"

    def start(self) -> None:
        """Returns once it can be called. Raises OSError if the port is taken."""
        self._listener.start()

    def stop(self) -> None:
        """Is unreachable from now on; every waiting call is cut. `start` comes back on the same port."""
        self._listener.stop()

    def add_bot(self, token: str, name: str, username: str | None = None) -> Bot:
        """A bot known by this token (number:letters). Raises ValueError if the token is taken or could be
        none.
        """
        with self._around.changed:
            if token in self._bots:
                raise ValueError("there is a bot with this token already")
            bot = self._bots[token] = Bot(token, name, username, self._around)
            return bot

    def limit_rates(self, limits: RateLimits | None) -> None:
        """Switches Telegram's limits on sending on, or (None) off, for all bots."""
        with self._around.changed:
            self._around.rate_limits = limits

    async def _answer(self, caller: Caller) -> Response:
        method = caller.request.path_params["method"]
        try:
            bot = self._bot(caller.request.path_params["token"])
            params = await read_params(caller.request)
        except Refusal as refusal:
            return _refused(refusal)
        call = Call(method, params, params.chat_id, time.monotonic())
        bot.record_call(call)
        fault = bot.faults.take(method, call.chat_id) or self.faults.take(method, call.chat_id)
        response = await self._answer_with(fault, caller, bot, call, params)
        if response is None:
            return await caller.drop()
        call.status = response.status_code
        return response

    async def _answer_with(
        self, fault: Fault | None, caller: Caller, bot: Bot, call: Call, params: Params
    ) -> Response | None:
        """What is sent back; None if the connection is cut instead."""
        if fault is None:
            return await self._carry_out(caller, bot, call, params)
        match fault.kind:
            case FaultKind.REFUSE:
                return None
            case FaultKind.HANG:
                if not await caller.stays(fault.seconds):
                    return None
                return await self._carry_out(caller, bot, call, params)
            case FaultKind.ACCEPT_THEN_DROP:
                await self._carry_out(caller, bot, call, params)
                return None
            case FaultKind.ACCEPT_THEN_HANG:
                response = await self._carry_out(caller, bot, call, params)
                return response if await caller.stays(fault.seconds) else None
            case _:
                return _failed(fault)

    async def _carry_out(self, caller: Caller, bot: Bot, call: Call, params: Params) -> Response:
        method = call.method.lower()
        try:
            if method == GET_UPDATES:
                return _done(await get_updates(bot, params, caller))
            if method not in METHODS:
                raise not_found()
            with self._around.changed:
                result = METHODS[method](bot, params)
                self._around.changed.notify_all()
            return _done(json.dumps(result))
        except Refusal as refusal:
            return _refused(refusal)

    def _bot(self, token: str) -> Bot:
        bot = self._bots.get(token)
        if bot is None:
            raise unauthorized() if re.fullmatch(r"\d+:[\w-]+", token) else not_found()
        return bot


def _machine_clock() -> datetime:
    return datetime.now(UTC)


def _done(result: str) -> Response:
    return Response(f'{{"ok":true,"result":{result}}}', media_type="application/json")


def _refused(refusal: Refusal) -> Response:
    return Response(json.dumps(refusal.as_json()), refusal.status, media_type="application/json")


def _failed(fault: Fault) -> Response:
    """The answer of a fault that keeps the call from being done."""
    if fault.kind is FaultKind.BAD_JSON:
        return Response('{"ok":true,"result":{"message_i', media_type="application/json")
    if fault.kind is FaultKind.SERVER_ERROR and fault.html:
        page = "<html><head><title>Error</title></head><body>The server is down</body></html>"
        return HTMLResponse(page, fault.status)
    refusals: dict[FaultKind, Any] = {
        FaultKind.TOO_MANY_REQUESTS: too_many_requests(fault.retry_after),
        FaultKind.FORBIDDEN: forbidden(fault.reason),
        FaultKind.CONFLICT: conflict(OTHER_POLLER),
        FaultKind.UNAUTHORIZED: unauthorized(),
        FaultKind.SERVER_ERROR: Refusal(fault.status, "Internal Server Error"),
    }
    return _refused(refusals[fault.kind])
