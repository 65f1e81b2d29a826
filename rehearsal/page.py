"""The rehearsal page: two phones, the clock above them, and beside them what the database says.

Nothing is loaded from outside this computer, and nobody outside it can open the page.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from rehearsal.bar_view import BannerView, ClockView, ServicesView
from rehearsal.demonstration import Demonstration
from rehearsal.drawing import box
from rehearsal.help_view import SHORTCUTS, draw_help
from rehearsal.phone_view import PhoneView
from rehearsal.side_view import PanelView, ScriptView

LOOK_SECONDS = 0.3
PANEL_SECONDS = 1.0
CLOSING_SECONDS = 2
STYLE = Path(__file__).with_name("page.css")
UNTIL_SIGNAL = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#1f6f6b"/>'
    '<path d="M8 9h16v11H15l-5 4v-4H8z" fill="#fff"/></svg>'
)


def show(demonstration: Demonstration, port: int, on_open: Callable[[], None]) -> None:
    """Serve the page on loopback until SIGTERM, SIGINT or SIGHUP, or until it has failed to come up.

    `on_open` is called once the page can be opened.
    """
    asyncio.run(_serve(demonstration, _application(demonstration), port, on_open))


def _application(demonstration: Demonstration) -> FastAPI:
    style = STYLE.read_text()

    @ui.page("/")
    def page() -> None:
        ui.add_css(style)
        ui.add_body_html(f"<script>{SHORTCUTS}</script>")
        with box("stage", "main"):
            with box("bar"):
                bar = (ClockView(demonstration), ServicesView(demonstration))
            banner = BannerView(demonstration)
            with box("desk"):
                phones = [PhoneView(demonstration, 0), PhoneView(demonstration, 1)]
                with box("side"):
                    script = ScriptView(demonstration)
                    panel = PanelView(demonstration, phones)
        draw_help()

        views: list[PhoneView | ClockView | ServicesView | BannerView | ScriptView] = [*phones, *bar, banner, script]

        def refresh() -> None:
            for view in views:
                view.refresh()

        ui.timer(LOOK_SECONDS, refresh)
        ui.timer(PANEL_SECONDS, panel.refresh)

    application = FastAPI(openapi_url=None)
    ui.run_with(
        application,
        title="Alongside rehearsal",
        favicon=ICON,
        language="en-US",
        tailwind=False,
        dark=None,
        show_welcome_message=False,
    )
    return application


class _Server(uvicorn.Server):
    """uvicorn that leaves the signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config, on_open: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_open = on_open

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_open()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(demonstration: Demonstration, application: FastAPI, port: int, on_open: Callable[[], None]) -> None:
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )
    server = _Server(config, on_open)

    def end() -> None:
        server.should_exit = True

    for name in UNTIL_SIGNAL:
        asyncio.get_running_loop().add_signal_handler(name, end)
    serving = asyncio.create_task(server.serve())
    while not serving.done():
        if demonstration.failure is not None:
            end()
        await asyncio.wait([serving], timeout=LOOK_SECONDS)
    await serving
