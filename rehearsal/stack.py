"""A whole installation for a rehearsal: real processes, its own database and clock, a Telegram that is not Telegram."""

from __future__ import annotations

import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
from pydantic import SecretStr
from sqlalchemy import func, select

from rehearsal.fake_telegram import TelegramServer
from rehearsal.gate import Gate
from rehearsal.people import Newcomer, Someone, person_for
from rehearsal.ports import KeptPort, free_ports
from rehearsal.quiet import unrest_in
from study.bootstrap import App, bootstrap
from study.clock import StudyClock, machine_now
from study.errors import AlongsideError
from study.heartbeats import Heartbeat
from study.participants import Standing, by_code
from study.services.due import next_due
from study.services.enrolling import add_staff, consent, invite, rebind
from study.settings import Settings
from study.work import Work

__all__ = ["PROCESSES", "RehearsalFailed", "Stack", "free_ports"]

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
PARTICIPANT_TOKEN = "1000001:rehearsal-participants-bot-token-00"  # noqa: S105 - of a Telegram that is not Telegram
STAFF_TOKEN = "1000002:rehearsal-staff-bot-token-000000000"  # noqa: S105 - as above
START_SECONDS = 120.0
SETTLE_SECONDS = 150.0  # a Rasa that was killed and loads its model again on two busy cores
LOOK_SECONDS = 0.02
RESTART_SECONDS = 2.0  # a killed Rasa that others share is away for so long, as one that starts again would be
PROCESSES = ("rasa", "actions", "bot")


class RehearsalFailed(AlongsideError):
    """The stack did not do what a rehearsal needs of it; str() says what and where to look."""

    code = "rehearsal_failed"


class Stack:
    """`begin`: the study time it starts at; standing still, unless `runs`. `rasa_url` uses a Rasa that others share
    (a gate stands in front of it). Everything lives in `folder`."""

    def __init__(
        self,
        study: Path,
        folder: Path,
        begin: datetime,
        *,
        runs: bool = False,
        rasa_url: str | None = None,
        rasa_secret: str | None = None,
        database_url: str | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock = StudyClock(self.folder / "clock.json")
        (self.clock.run_from if runs else self.clock.stand_at)(begin)
        self.telegram = TelegramServer(clock=self.clock.now)
        self.gate = Gate(rasa_url) if rasa_url else None
        self._shared_rasa = rasa_url
        self.people: dict[str, Someone] = {}
        self.held: set[str] = set()
        self.up: subprocess.Popen[bytes] | None = None
        # Loopback speaks no TLS; an empty context spares reading every certificate of the machine.
        self._http = httpx.Client(timeout=5, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        self._ports = [KeptPort() for _ in range(4)]
        actions_port, health_port, rasa_port, models_port = (port.number for port in self._ports)
        self.settings = Settings(
            study=study,
            var_dir=self.folder,
            database_url=database_url or f"sqlite:///{self.folder / 'rehearsal.db'}",
            clock_file=self.clock.file,
            participant_bot_token=SecretStr(PARTICIPANT_TOKEN),
            staff_bot_token=SecretStr(STAFF_TOKEN),
            rasa_secret=SecretStr(rasa_secret or secrets.token_hex(16)),
            rasa_url=self.gate.url if self.gate else None,
            actions_port=actions_port,
            health_port=health_port,
            rasa_port=rasa_port,
            models_port=models_port,
            tick_seconds=0.3 if runs else 0.1,  # a demonstration stands idle for hours, a script never
            overall_rate=1000.0,
            chat_rate=1000.0,
            chat_burst=100,
            rehearsal=True,
            run=f"r{secrets.token_hex(4)}",
        )
        self.app: App = bootstrap(self.settings)

    def start(self, wait: bool = True) -> None:
        """Start Telegram's stand-in and `alongside up`; wait until everything can serve. Raises RehearsalFailed."""
        self.telegram.start()
        self.participants_bot = self.telegram.add_bot(PARTICIPANT_TOKEN, "Alongside")
        self.staff_bot = self.telegram.add_bot(STAFF_TOKEN, "Alongside staff")
        self.settings = self.settings.model_copy(update={"telegram_api_url": self.telegram.url})
        if self.gate:
            self.gate.start()
        with (self.folder / "up.log").open("ab") as output:
            self.up = subprocess.Popen(
                [sys.executable, "-m", "alongside", "up", "--while-stdin-is-open"],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.PIPE,  # held open as long as we live
                stdout=output,
                stderr=output,
            )
        if wait:
            self.wait_until_it_serves()

    def stop(self) -> None:
        """Stop all of it, in the order a SIGTERM would."""
        if self.up is not None and self.up.poll() is None:
            self.up.terminate()
            try:
                self.up.wait(30)
            except subprocess.TimeoutExpired:
                self.up.kill()
                self.up.wait()
        if self.gate:
            self.gate.stop()
        self.telegram.stop()
        self._http.close()
        for port in self._ports:
            port.release()
        self.app.db.close()

    def __enter__(self) -> Stack:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def serves(self) -> bool:
        """Whether everything serves that is not kept down."""
        return not self.reasons_against()

    def reasons_against(self) -> dict[str, str]:
        """What does not serve though it should, and why, as /health says it."""
        try:
            answer = self._http.get(f"http://127.0.0.1:{self.settings.health_port}/health")
            reasons: dict[str, str] = answer.json()["reasons"]
        except (httpx.HTTPError, ValueError, KeyError):
            return {"up": "does_not_answer"}
        return {name: reason for name, reason in reasons.items() if name not in self.held}

    def wait_until_it_serves(self, seconds: float = START_SECONDS) -> None:
        """Raises RehearsalFailed with the last lines of the log."""
        until = time.monotonic() + seconds
        while against := self.reasons_against():
            if self.up is not None and self.up.poll() is not None:
                raise RehearsalFailed(f"`alongside up` ended: {self.last_words()}")
            if time.monotonic() > until:
                which = ", ".join(f"{name}: {reason}" for name, reason in against.items())
                raise RehearsalFailed(f"{which} after {seconds:.0f} s; see {self.folder / 'logs'}")
            time.sleep(0.2)

    # People

    def add_participant(self, code: str, site: str, timezone: str | None, enrolled: bool) -> Someone:
        """A test participant. `enrolled`: through consent, Day 1 is today; else their link is still to be used."""
        return self.add_people([Newcomer(code, "participant", site, timezone, enrolled)])[0]

    def add_staff(self, name: str, role: str, site: str) -> Someone:
        """A member of staff whose link has been used."""
        return self.add_people([Newcomer(name, role, site)])[0]

    def add_people(self, newcomers: list[Newcomer], day1: date | None = None) -> list[Someone]:
        """All of them at once. `day1` of those enrolled is today where they are, unless it is given; somebody whose
        `study_day` is later has begun so many days before."""
        people = [self._invite(newcomer) for newcomer in newcomers]
        for newcomer, someone in zip(newcomers, people, strict=True):
            if newcomer.enrolled or not someone.is_participant:
                self.start_link(someone)
        self.settle()
        for newcomer in newcomers:
            if newcomer.enrolled:
                begun = day1 and day1 - timedelta(days=newcomer.study_day - 1)
                self.run(partial(_consent, code=newcomer.name, day1=begun))
        self.settle()
        return people

    def _invite(self, newcomer: Newcomer) -> Someone:
        name, site = newcomer.name, newcomer.site
        zone = newcomer.timezone or self.app.study.sites[site].timezone
        if newcomer.role == "participant":
            token = self.run(lambda work: invite(work, name, site, zone, is_test=True))
            bot = self.participants_bot
        else:
            token = self.run(lambda work: add_staff(work, name, newcomer.role, site))
            bot = self.staff_bot
        self.people[name] = Someone(name, person_for(name), bot, newcomer.role, site, zone, token)
        return self.people[name]

    def rebind(self, code: str) -> None:
        """A new link for a participant, who has a new phone or account; their next /start opens it there."""
        self.people[code].take_new_phone(self.run(lambda work: rebind(work, code)))

    def start_link(self, someone: Someone) -> None:
        """Open the one-time link on their phone: Telegram sends /start with its token."""
        link, someone.link = someone.link, None
        someone.bot.say(someone.person, f"/start {link}" if link else "/start")

    @property
    def rasa(self) -> tuple[str, str]:
        """Address and secret of the Rasa that serves, for another stack to use as well."""
        secret = self.settings.rasa_secret
        assert secret is not None  # noqa: S101 - every stack gives its settings one
        return self._shared_rasa or f"http://127.0.0.1:{self.settings.rasa_port}", secret.get_secret_value()

    # Time

    def now(self) -> datetime:
        return self.clock.now()

    def next_due(self) -> datetime | None:
        """The next moment at which something is due."""
        return self.app.db.read(lambda session: next_due(session, self.app.study, self.now()))

    def go_to(self, moment: datetime, on_stop: Callable[[datetime], None] | None = None) -> None:
        """Turn the clock to `moment`, stopping at every moment something is due, so that nothing is skipped as stale
        that a person would have seen. `on_stop` is called at each."""
        while True:
            due = self.next_due()
            stop_at = min(due, moment) if due is not None and due <= moment else moment
            self.clock.stand_at(max(stop_at, self.now()))
            self.settle()
            if on_stop:
                on_stop(stop_at)
            if stop_at >= moment:
                return

    def settle(self, seconds: float = SETTLE_SECONDS) -> None:
        """Wait until nothing is on its way any more. Raises RehearsalFailed."""
        until = time.monotonic() + seconds
        while True:
            unrest = self.unrest()
            if unrest is None:
                return
            if self.up is not None and self.up.poll() is not None:
                raise RehearsalFailed(f"`alongside up` ended: {self.last_words()}")
            if time.monotonic() > until:
                raise RehearsalFailed(f"still {unrest} after {seconds:.0f} s; see {self.folder / 'logs'}")
            time.sleep(LOOK_SECONDS)

    def unrest(self) -> str | None:
        """What is still on its way, in a few words; None when all is quiet. A stopped bot leaves all as it is."""
        if "bot" in self.held or self.up is None:
            return None
        if self.participants_bot.pending or self.staff_bot.pending:
            return "waiting for updates to be taken"
        now = self.now()
        return self.app.db.read(lambda session: unrest_in(session, self.app.study, now, self.held))

    # Processes

    def stop_process(self, name: str) -> None:
        """Keep a process down until `start_process`."""
        self.held.add(name)
        if name == "rasa" and self.gate:
            self.gate.close()
            return
        self._hold_file(name).parent.mkdir(exist_ok=True)
        self._hold_file(name).touch()
        self._wait(lambda: name not in self.pids(), f"{name} to stop")

    def start_process(self, name: str) -> None:
        """Let a stopped process run again and wait until it serves."""
        since = machine_now()
        self.held.discard(name)
        if name == "rasa" and self.gate:
            self.gate.open()
        else:
            self._hold_file(name).unlink(missing_ok=True)
            self._wait(lambda: name in self.pids(), f"{name} to start")
        if name == "bot":
            self._wait(lambda: self._beats_since(since), "the bot to serve")
        self.wait_until_it_serves()

    def kill_process(self, name: str) -> None:
        """SIGKILL; `alongside up` starts it again."""
        if name == "rasa" and self.gate:
            self.gate.close_for(RESTART_SECONDS)
            return
        self._wait(lambda: name in self.pids(), f"{name} to run")
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        self._wait(lambda: self.pids().get(name, pid) != pid, f"{name} to be started again")

    def pids(self) -> dict[str, int]:
        """VAR_DIR/run.json."""
        try:
            found: dict[str, int] = json.loads((self.folder / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def run(self, do: Callable[[Work], T]) -> T:
        """One use case at the present study time."""
        return self.app.db.run(lambda session: do(Work(session, self.app.study, self.now())))

    def standing_of(self, code: str) -> Standing | None:
        """Where a participant stands."""
        found = self.app.db.read(lambda session: by_code(session, code))
        return Standing(found.standing) if found else None

    def _beats_since(self, moment: float) -> bool:
        """Whether every loop of the bot went round since `moment` (machine time): heartbeats outlive their process."""
        loops = Heartbeat.name != "bot:standby"
        oldest = self.app.db.read(lambda session: session.scalar(select(func.min(Heartbeat.machine_at)).where(loops)))
        return oldest is not None and oldest > moment

    def environment(self) -> dict[str, str]:
        """The settings as `alongside up` reads them; nobody else's reach it."""
        told = {}
        for name, value in self.settings.model_dump().items():
            if value is not None:
                plain = value.get_secret_value() if isinstance(value, SecretStr) else value
                told[f"ALONGSIDE_{name.upper()}"] = str(plain)
        around = {name: value for name, value in os.environ.items() if not name.startswith("ALONGSIDE_")}
        return around | told | {"PYTHONPATH": str(ROOT)}

    def _hold_file(self, name: str) -> Path:
        return self.folder / "hold" / name

    def _wait(self, done: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise RehearsalFailed(f"waited {seconds:.0f} s for {what}; see {self.folder / 'logs'}")
            time.sleep(0.05)

    def last_words(self) -> str:
        lines = (self.folder / "up.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _consent(work: Work, code: str, day1: date | None) -> None:
    participant = by_code(work.session, code)
    if participant is None:
        raise LookupError(code)
    consent(work, participant, day1)
