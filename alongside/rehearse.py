"""`alongside rehearse`: a script played with the real stack on its own database and clock."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Annotated

import typer
from rich.console import Console

from rehearsal.player import Player
from rehearsal.printing import Printed
from rehearsal.script import Script, read_script
from rehearsal.stack import RehearsalFailed, Stack
from rehearsal.transcript import Line, Transcript
from study.bootstrap import rasa_secret
from study.errors import AlongsideError
from study.settings import Settings

STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130  # 128 + SIGINT, as shells say it


class CannotWrite(AlongsideError):
    """The transcript cannot be written; str() says where and why."""

    code = "cannot_write"


def rehearse(
    script: Annotated[Path, typer.Argument(help="The script, such as protocols/harbor/rehearsals/first_day.yml")],
    transcript: Annotated[Path | None, typer.Option(help="Write what was said as JSON lines into this file")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the folder with the database and the logs")] = False,
) -> None:
    """Play a script with the real stack, its own database and its own clock. Exit 1 if an expectation did not hold."""
    settings = Settings()
    read = read_script(script, settings.study, settings.faq)
    with _stoppable(), _writing(transcript) as file:
        status = _play(read, settings, file, keep)
    raise typer.Exit(status)


def _play(script: Script, settings: Settings, file: IO[str] | None, keep: bool) -> int:
    folder = Path(tempfile.mkdtemp(prefix="alongside-rehearsal-"))
    printed = Printed(Console(), list(script.people), script.zone)
    written = Transcript(file, script.zone)

    def tell(line: Line) -> None:
        written.add(line)
        printed.line(line)

    began = time.monotonic()
    try:
        stack = Stack(
            script.folder,
            folder,
            script.begin,
            rasa_url=settings.rasa_url,
            rasa_secret=rasa_secret(settings).get_secret_value() if settings.rasa_url else None,
        )
        with stack:
            served = time.monotonic()
            failure = Player(script, stack, tell, printed.noted, printed.held).play()
    except RehearsalFailed:
        keep = True  # the message names a log in it
        raise
    except KeyboardInterrupt:
        printed.failed(f"{script.file}: stopped")
        return INTERRUPTED
    finally:
        if keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if failure is not None:
        printed.failed(str(failure))
        return 1
    now = time.monotonic()
    printed.done(
        f"{script.file}: {len(script.steps)} steps, every expectation held "
        f"({served - began:.1f} s to start, {now - served:.1f} s to play)"
    )
    return 0


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal stop every process, also where a shell had SIGINT ignored."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in STOPPED_BY}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _writing(path: Path | None) -> Iterator[IO[str] | None]:
    if path is None:
        yield None
        return
    try:
        # Half an emoji cannot be written as UTF-8; its escape is the same JSON.
        file = path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CannotWrite(f"{path}: the transcript cannot be written ({error.strerror})") from None
    with file:
        yield file
