"""Keeping processes alive: start in order, restart what dies, stop all at the end."""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import signal
import time
from pathlib import Path

from alongside.processes import Program

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
STOP_SECONDS = 10.0
HEALTHY_SECONDS = 20.0  # a process that lived this long is started again at once
LONGEST_PAUSE = 30.0
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Linux: no process of ours outlives `up`, even one killed with -9."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Kept:
    """One program and the process that runs it now."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: asyncio.subprocess.Process | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.failures = 0

    @property
    def pid(self) -> int | None:
        alive = self.process is not None and self.process.returncode is None
        return self.process.pid if alive and self.process is not None else None


class Supervisor:
    """All programs of one installation. A file VAR_DIR/hold/NAME keeps NAME down until it is removed (rehearsals)."""

    def __init__(self, programs: list[Program], var_dir: Path) -> None:
        self.kept = [Kept(program) for program in programs]
        self.run_file = var_dir / "run.json"
        self.hold = var_dir / "hold"
        self.logs = var_dir / "logs"

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set."""
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            while not stopping.is_set():
                for one in self.kept:
                    await self._look_after(one)
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await stopping.wait()
                except TimeoutError:
                    pass
        finally:
            await asyncio.gather(*(self._stop(one) for one in reversed(self.kept)))
            self.run_file.unlink(missing_ok=True)

    async def _look_after(self, one: Kept) -> None:
        held = (self.hold / one.program.name).exists()
        now = time.monotonic()
        if one.process is not None and one.process.returncode is not None:
            lived = now - one.started_at
            one.failures = 0 if lived > HEALTHY_SECONDS else one.failures + 1
            pause = 0.0 if one.failures <= 1 else min(0.5 * 2**one.failures, LONGEST_PAUSE)
            log.warning("%s ended with %s after %.0f s", one.program.name, one.process.returncode, lived)
            one.process, one.start_at = None, now + pause
            self._write()
        if held and one.pid is not None:
            await self._stop(one)
            one.process, one.failures = None, 0
            self._write()
        elif not held and one.process is None and now >= one.start_at:
            await self._start(one)

    async def _start(self, one: Kept) -> None:
        with (self.logs / f"{one.program.name}.log").open("ab") as output:
            one.process = await asyncio.create_subprocess_exec(
                *one.program.command,
                cwd=one.program.folder,
                env=one.program.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        one.started_at = time.monotonic()
        log.info("%s started, pid %s", one.program.name, one.process.pid)
        self._write()

    async def _stop(self, one: Kept) -> None:
        process = one.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _write(self) -> None:
        pids = {one.program.name: one.pid for one in self.kept if one.pid is not None}
        draft = self.run_file.with_suffix(".new")
        draft.write_text(json.dumps(pids))
        draft.replace(self.run_file)
