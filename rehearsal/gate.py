"""A gate in front of a Rasa that others use too: closing it is, for this rehearsal alone, Rasa being away."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit

from rehearsal.ports import KeptPort


class Gate:
    """Passes bytes from a port of its own on to `url` while it is open; refuses connections while it is closed."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._target = (address.hostname or "127.0.0.1", address.port or 80)
        self._kept = KeptPort()
        self.port = self._kept.number
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="gate")
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.StreamWriter] = set()
        self._opening: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        self.open()

    def stop(self) -> None:
        if self._thread.is_alive():
            self.close()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=5)
        self._kept.release()

    def open(self) -> None:
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(5)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)

    def close_for(self, seconds: float) -> None:
        """Closed for as long as somebody takes to start again. Returns at once."""
        self.close()
        asyncio.run_coroutine_threadsafe(self._open_later(seconds), self._loop).result(5)

    async def _open_later(self, seconds: float) -> None:
        self._opening = self._loop.call_later(seconds, lambda: self._loop.create_task(self._open()))

    async def _open(self) -> None:
        self._forget_opening()
        if self._server is None:
            self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port, reuse_address=True)

    def _forget_opening(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None

    async def _close(self) -> None:
        self._forget_opening()
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._passing):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passing.add(writer)
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            self._passing.discard(writer)
            return
        self._passing.add(back)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._passing -= {writer, back}


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    with contextlib.suppress(OSError, RuntimeError):
        sink.close()
