"""The HTTP side: a listener in its own thread that can vanish and come back on the same port, and cut
connections.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOPBACK = "127.0.0.1"
START_WITHIN = 10.0  # seconds

Connections = dict[tuple[str, int], asyncio.Transport]


class Caller:
    """One HTTP request, and the connection it came on."""

    def __init__(self, request: Request, connections: Connections) -> None:
        self.request = request
        self._connections = connections

    async def stays(self, seconds: float, until: asyncio.Event | None = None) -> bool:
        """Waits `seconds`, or until the event; False, and at once, if the caller hangs up meanwhile."""
        leaves = asyncio.ensure_future(self._leaves())
        waits: list[asyncio.Future[Any]] = [leaves]
        if until is not None:
            waits.append(asyncio.ensure_future(until.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return not leaves.done()
        finally:
            for wait in waits:
                wait.cancel()

    async def drop(self) -> Response:
        """Cuts the connection without an answer. What is returned goes nowhere."""
        client = self.request.client
        transport = self._connections.get((client.host, client.port)) if client else None
        if transport is not None:
            transport.abort()
        await self._leaves()
        return Response()

    async def _leaves(self) -> None:
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


class Listener:
    """Binds loopback only. Nothing is logged: the addresses called contain the bots' tokens."""

    def __init__(self, path: str, answer: Callable[[Caller], Awaitable[Response]], port: int) -> None:
        self.port = port
        self._connections: Connections = {}
        self._running: tuple[threading.Thread, _Server] | None = None

        async def endpoint(request: Request) -> Response:
            return await answer(Caller(request, self._connections))

        self._app = Starlette(routes=[Route(path, endpoint, methods=["GET", "POST"])])

    def start(self) -> None:
        """Returns once it can be called. Port 0 takes any free one, and keeps it over stop and start.

        Raises OSError if the port is taken; RuntimeError if it runs already, or does not come up.
        """
        if self._running is not None:
            raise RuntimeError("it is listening already")
        # IPPROTO_TCP is said because asyncio sets TCP_NODELAY only then; without it an answer takes 40 ms.
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((LOOPBACK, self.port))
        except OSError:
            door.close()
            raise
        self.port = door.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            http=_protocol_noting(self._connections),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
        )
        server = _Server(config, self._connections)
        thread = threading.Thread(target=server.run, args=([door],), name="fake-telegram", daemon=True)
        thread.start()
        if not server.open.wait(START_WITHIN):
            raise RuntimeError(f"the Bot API server did not come up within {START_WITHIN:.0f} s")
        self._running = (thread, server)

    def stop(self) -> None:
        """Vanishes: cuts every connection, also those of waiting calls. Calls from now on find nobody."""
        if self._running is None:
            return
        thread, server = self._running
        server.vanish()
        thread.join(START_WITHIN)
        self._running = None


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self.open = threading.Event()
        self._connections = connections
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.open.set()

    def vanish(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._cut_everything)

    def _cut_everything(self) -> None:
        for server in self.servers:
            server.close()
        for transport in list(self._connections.values()):
            transport.abort()
        self.should_exit = True


def _protocol_noting(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's protocol, which keeps its transport to itself, made to note it by the caller's address."""

    class NotingProtocol(H11Protocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.access_log = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
            super().connection_made(transport)
            if self.client is not None:
                connections[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                connections.pop(self.client, None)
            super().connection_lost(exc)

    return NotingProtocol
