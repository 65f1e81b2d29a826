"""`alongside demo`: the rehearsal as a page. Two phones, a clock to turn, the demonstration study already enrolled."""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
import time
import webbrowser
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from alongside.processes import CannotStart, check_port
from alongside.up import refuse_what_is_wrong
from rehearsal.demonstration import Demonstration, demonstration_site
from rehearsal.stack import RehearsalFailed, Stack
from study.protocol.reading import load_study
from study.settings import Settings

BEGIN = "2026-03-02T08:30"  # a Monday morning at the site: no quiet hours, staff on duty, the first tablet due tonight


def demo(
    no_browser: Annotated[
        bool, typer.Option("--no-browser", envvar="ALONGSIDE_NO_BROWSER", help="Only print the address")
    ] = False,
) -> None:
    """Two phones and a clock on one page: the demonstration study, with no token and no network."""
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    settings = Settings().model_copy(update={"rehearsal": True})
    check_port("ALONGSIDE_DEMO_PORT", settings.demo_port)
    if settings.rasa_url is not None and settings.rasa_secret is None:
        raise CannotStart("ALONGSIDE_RASA_SECRET is not set; the Rasa at ALONGSIDE_RASA_URL asks for it")
    refuse_what_is_wrong(settings)
    folder = Path(tempfile.mkdtemp(prefix="alongside-demo-"))
    console = Console(highlight=False)
    try:
        _run(settings, folder, console, begun, opens_browser=not no_browser)
    except KeyboardInterrupt:
        console.print("Stopped.")
    except RehearsalFailed:
        raise  # it names the logs in the folder, which therefore stays
    shutil.rmtree(folder, ignore_errors=True)


def _run(settings: Settings, folder: Path, console: Console, begun: float, opens_browser: bool) -> None:
    """Start the stack, show the page, stop the stack. Raises RehearsalFailed if it never comes up."""
    study = load_study(settings.study)
    zone = study.sites[demonstration_site(study)].zone
    secret = settings.rasa_secret.get_secret_value() if settings.rasa_secret else None
    stack = Stack(
        settings.study.resolve(),
        folder,
        datetime.fromisoformat(BEGIN).replace(tzinfo=zone),
        runs=True,
        rasa_url=settings.rasa_url,
        rasa_secret=secret,
    )
    try:
        stack.start(wait=False)
        from rehearsal.page import show  # NiceGUI takes a second or two: Rasa loads meanwhile

        demonstration = Demonstration(stack)
        address = f"http://127.0.0.1:{settings.demo_port}"
        preparing = threading.Thread(target=_prepare, args=(demonstration, console, begun), name="prepare", daemon=True)

        def on_open() -> None:
            console.print(f"The rehearsal: [bold]{address}[/bold]   (Ctrl-C stops it)")
            preparing.start()
            if opens_browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        try:
            show(demonstration, settings.demo_port, on_open)
        finally:
            demonstration.stop()
            console.print("Stopping ...")
    finally:
        stack.stop()
    if demonstration.failure is not None:
        raise demonstration.failure


def _prepare(demonstration: Demonstration, console: Console, begun: float) -> None:
    """Bring everything up with progress in the terminal, then look after it."""
    with console.status("") as status:

        def on_stage(stage: str) -> None:
            status.update(f"{stage} ...")
            if not console.is_terminal:
                console.print(f"{stage} ...")

        demonstration.prepare(on_stage)
    if demonstration.stage is None:
        console.print(f"Ready after {time.monotonic() - begun:.0f} s.")
        demonstration.watch()


def _interrupt(*_signal: object) -> NoReturn:
    """SIGTERM while starting ends it as Ctrl-C does."""
    raise KeyboardInterrupt
