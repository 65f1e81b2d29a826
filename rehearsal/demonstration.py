"""The stack behind the two phones: its people, what it is doing, and the turning of its clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy.exc import SQLAlchemyError

from rehearsal.phone import Phone
from rehearsal.stack import START_SECONDS, RehearsalFailed, Stack
from study.errors import AlongsideError
from study.protocol import Study

log = logging.getLogger(__name__)

PARTICIPANT = "P-001"
STAFF_NAMES = {"nurse": "Nora", "coordinator": "Omar", "investigator": "Lee"}
SERVICES = {"rasa": "Rasa", "actions": "Actions", "bot": "Bot"}
LOOK_SECONDS = 1.0
UNKNOWN = "ConnectError"  # as /health itself would say it
STARTING = "The bot is starting"
LOADING = "Rasa is loading"


class Demonstration:
    """Thread-safe enough for many pages: they read plain attributes, and only one turn of the clock runs at a time.

    `stage` is what is still being prepared, None once everything serves. `trouble` is what went wrong, in a
    sentence; `failure` is set where it never came up. `told` is what the last turn of the clock brought. `away`:
    which service cannot serve, and why; empty when all can.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.study: Study = stack.app.study
        self.site = demonstration_site(self.study)
        self.zone = ZoneInfo(self.study.sites[self.site].timezone)
        self.phones: list[Phone] = []
        self.stage: str | None = STARTING
        self.trouble: str | None = None
        self.told: str | None = None
        self.failure: RehearsalFailed | None = None
        self.away: dict[str, str] = dict.fromkeys(SERVICES, UNKNOWN)
        self.next_due: datetime | None = None
        self.turning = False
        self._turn = threading.Lock()
        self._stopping = threading.Event()

    def prepare(self, on_stage: Callable[[str], None]) -> None:
        """Bring the people in and wait until everything serves, or `stop`. What goes wrong is kept in `failure`.

        The people need no Rasa, so the phones are there while it still loads.
        """
        try:
            on_stage(STARTING)
            self._bring_people_in()
            self.stage = LOADING
            on_stage(LOADING)
            self._wait_until_all_serves()
        except (AlongsideError, LookupError, SQLAlchemyError) as error:
            if not self._stopping.is_set():
                self.failure = error if isinstance(error, RehearsalFailed) else RehearsalFailed(str(error))
                self.trouble = str(error)

    def _bring_people_in(self) -> None:
        acknowledge = self.study.wordings.render("button.acknowledge")
        staff = [
            self.stack.add_staff(STAFF_NAMES.get(role, role.capitalize()), role, self.site) for role in self.study.roles
        ]
        participant = self.stack.add_participant(PARTICIPANT, self.site, None, enrolled=False)
        theirs = Phone(participant, "Participant", acknowledge)
        self.stack.start_link(participant)
        self.stack.settle()
        theirs.press(self.study.wordings.render("button.agree"))
        self.stack.settle()
        first = staff[0]
        title = self.study.wordings.render(self.study.roles[first.role]).capitalize()
        self.phones = [theirs, Phone(first, title, acknowledge)]

    def _wait_until_all_serves(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._stopping.wait(LOOK_SECONDS / 4):
            self.look()
            if not self.away:
                self.stage = None
                return
            if self.trouble:
                raise RehearsalFailed(self.trouble)
            if time.monotonic() > until:
                waiting = ", ".join(f"{name}: {reason}" for name, reason in self.away.items())
                logs = self.stack.folder / "logs"
                raise RehearsalFailed(f"not everything serves after {START_SECONDS:.0f} s ({waiting}); see {logs}")

    def watch(self) -> None:
        """Look after what serves and what is due next, until `stop`."""
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """One look at what serves and what is due next."""
        if self._stopping.is_set():
            return
        self.away = self._reasons()
        if self.stack.up is not None and self.stack.up.poll() is not None:
            self.trouble = f"The bot has ended; see {self.stack.folder / 'up.log'}. Start the demonstration again."
        try:
            self.next_due = self.stack.next_due()
        except SQLAlchemyError as error:
            log.warning("next due: %s", type(error).__name__)

    def stop(self) -> None:
        """End `prepare` and `watch`; the stack is stopped by who started it."""
        self._stopping.set()

    def turn(self, ahead: timedelta | None) -> None:
        """Turn the clock `ahead`, or to the next event, through every due moment; time runs on from there. Blocks.

        What goes wrong is said in `trouble`. A turn while another is running does nothing.
        """
        if not self.phones or not self._turn.acquire(blocking=False):
            return
        self.turning, self.trouble, self.told = True, None, None
        before = self._received()
        try:
            moment = self.stack.now() + ahead if ahead is not None else self.stack.next_due()
            if moment is None:
                self.told = "Nothing more is planned."
                return
            self.stack.go_to(moment)
            self.told = f"{moment.astimezone(self.zone):%a %H:%M}: {self._who_was_told(before)}"
        except (RehearsalFailed, SQLAlchemyError) as error:
            reason = str(error) if isinstance(error, RehearsalFailed) else type(error).__name__
            self.trouble = f"The clock stopped on its way: {reason}. You can turn it again."
        finally:
            self.stack.clock.run_from(self.stack.now())
            self.look()
            self.turning = False
            self._turn.release()

    def _received(self) -> dict[str, int]:
        return {name: len(one.bot.sent_to(one.person)) for name, one in self.stack.people.items()}

    def _who_was_told(self, before: dict[str, int]) -> str:
        people = self.stack.people
        told = [name for name, count in self._received().items() if count > before[name]]
        titles = [name if people[name].is_participant else f"{name} ({people[name].role})" for name in told]
        return f"message to {', '.join(titles)}" if titles else "no message to anybody"

    def _reasons(self) -> dict[str, str]:
        """Which service cannot serve, and why, as /health of `alongside up` says it."""
        url = f"http://127.0.0.1:{self.stack.settings.health_port}/health"
        try:
            answer = httpx.get(url, timeout=5, trust_env=False)
            reasons: dict[str, str] = answer.json()["reasons"] if answer.status_code != 200 else {}
        except (httpx.HTTPError, ValueError, KeyError):
            return dict.fromkeys(SERVICES, UNKNOWN)
        return reasons


def demonstration_site(study: Study) -> str:
    """S1, or the first site of a study that names its sites otherwise."""
    return "S1" if "S1" in study.sites else next(iter(study.sites))
