"""`alongside up`: every process of an installation, and the address that says whether all of it can serve."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator

import httpx
import uvicorn
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alongside import processes
from alongside.models import newest_trained
from alongside.processes import CannotStart, Program
from alongside.supervisor import Supervisor
from study.bootstrap import App, bootstrap, rasa_secret
from study.heartbeats import Heartbeat, age
from study.protocol.checking import check_study
from study.publications import published
from study.settings import Settings

log = logging.getLogger("up")

LONGEST_SILENCE = {
    "receiving": 120.0,
    "conversation": 30.0,
    "delivery": 30.0,
    "ticks": 120.0,
}  # seconds of machine time; faults.md 36


def run_up(settings: Settings, while_stdin_is_open: bool = False) -> None:
    """Start everything and keep it running until SIGTERM or SIGINT. Raises AlongsideError where it cannot start.

    A rehearsal holds our standard input open: when it dies, however it dies, we stop as well.
    """
    app = bootstrap(settings)
    was_published = app.db.read(published) is not None
    if settings.rasa_url is None and not was_published and newest_trained(settings) is None:
        raise CannotStart("nlu/models: no trained model; run `make train`")
    refuse_what_is_wrong(settings, was_published)
    check_tokens(settings)
    for setting, port in (
        ("ALONGSIDE_ACTIONS_PORT", settings.actions_port),
        ("ALONGSIDE_HEALTH_PORT", settings.health_port),
    ):
        processes.check_port(setting, port)
    if settings.rasa_url is None:
        processes.check_port("ALONGSIDE_RASA_PORT", settings.rasa_port)
        processes.check_port("ALONGSIDE_MODELS_PORT", settings.models_port)
    asyncio.run(_serve(app, programs(app), while_stdin_is_open))


def refuse_what_is_wrong(settings: Settings, was_published: bool = False) -> None:
    """Nothing starts with a broken study, nor with a text nobody approved, unless in rehearsal. Once a model was
    published the FAQ files are drafts of the next one, and stop nothing."""
    findings = check_study(settings.study, None if was_published else settings.faq, processes.ROOT / "domain.yml")
    against = [one for one in findings if one.stops(rehearsal=settings.rehearsal)]
    if against:
        raise CannotStart("\n".join(str(one) for one in against))


def programs(app: App) -> list[Program]:
    """In the order they start. With RASA_URL set that Rasa is used and none is started."""
    settings = app.settings
    ours = [processes.actions(settings), processes.bot(settings, lambda: heartbeat_reason(app))]
    return ours if settings.rasa_url else [processes.models(settings), processes.rasa(settings, pulls=True), *ours]


def check_tokens(settings: Settings) -> None:
    """Two bots, each accepted by Telegram. A Telegram that cannot be reached now is no reason not to start."""
    for name, token in (
        ("ALONGSIDE_PARTICIPANT_BOT_TOKEN", settings.participant_bot_token),
        ("ALONGSIDE_STAFF_BOT_TOKEN", settings.staff_bot_token),
    ):
        if token is None:
            raise CannotStart(f"{name} is not set; get a token from @BotFather and put it into .env")
        url = f"{settings.telegram_api_url.rstrip('/')}/bot{token.get_secret_value()}/getMe"
        try:
            status = httpx.get(url, timeout=10.0).status_code
        except httpx.HTTPError as error:
            log.warning("Telegram does not answer (%s); starting all the same", type(error).__name__)
            continue
        if status in (401, 404):
            raise CannotStart(f"{name}: Telegram refuses this token; copy it again from @BotFather into .env")


def heartbeat_reason(app: App) -> str | None:
    """Why the bot process does not serve, from the heartbeats of its loops."""

    loops = [f"{loop}:{bot}" for bot in app.settings.bots for loop in ("receiving", "delivery")] + [
        "conversation",
        "ticks",
    ]

    def read(session: Session) -> str | None:
        rows = {row.name: row for row in session.scalars(select(Heartbeat))}
        for name in loops:
            row = rows.get(name)
            if row is None or age(row) > LONGEST_SILENCE[name.partition(":")[0]]:
                return f"{name}_silent"
            if row.trouble:
                return f"{name}_{row.trouble}"
        return None

    try:
        return app.db.read(read)
    except SQLAlchemyError as error:
        return f"database_{type(error).__name__}"


async def reasons_against(app: App, started: list[Program]) -> dict[str, str]:
    """What cannot serve at the moment, and why; empty once everything can."""
    checks: dict[str, Callable[[], str | None]] = {one.name: one.reason_against for one in started}
    if app.settings.rasa_url:
        secret = rasa_secret(app.settings).get_secret_value()
        checks["rasa"] = lambda: processes.rasa_reason(str(app.settings.rasa_url), secret)
    found = await asyncio.gather(*(asyncio.to_thread(check) for check in checks.values()))
    return {name: reason for name, reason in zip(checks, found, strict=True) if reason}


class HealthServer(uvicorn.Server):
    """uvicorn that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(app: App, started: list[Program], while_stdin_is_open: bool) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    if while_stdin_is_open:
        loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 1024) else stopping.set())
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)

    async def health(_request: Request) -> JSONResponse:
        reasons = await reasons_against(app, started)
        return JSONResponse({"serves": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)

    page = Starlette(routes=[Route("/health", health)])
    config = uvicorn.Config(
        page,
        host="127.0.0.1",
        port=app.settings.health_port,
        log_level="warning",
        log_config=None,
        access_log=False,
    )
    server = HealthServer(config)
    supervisor = Supervisor(started, app.settings.var_dir)
    serving = asyncio.create_task(server.serve())
    try:
        await supervisor.run(stopping)
    finally:
        server.should_exit = True
        await serving
