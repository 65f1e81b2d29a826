"""The stack behind the page: its people, what it is doing, the turning of its clock, and the script that plays."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from rehearsal.panel import Due
from rehearsal.people import Newcomer, Someone
from rehearsal.playing import Playing, shipped_scripts
from rehearsal.scenes import Scene
from rehearsal.script import read_script
from rehearsal.stack import START_SECONDS, RehearsalFailed, Stack
from study.errors import AlongsideError
from study.participants import Participant, by_code
from study.protocol import Study

log = logging.getLogger(__name__)

PARTICIPANT = "P-001"
ELSEWHERE = Newcomer("P-002", "participant", "", "America/New_York", enrolled=True, study_day=3)
STAFF_NAMES = {"nurse": "Nora", "coordinator": "Omar", "investigator": "Lee"}
SERVICES = {"rasa": "Rasa", "actions": "Actions", "bot": "Bot"}
LOOK_SECONDS = 1.0
JOINING_QUESTIONS = 8  # more than any study asks while somebody joins
UNKNOWN = "ConnectError"  # as /health itself would say it
STARTING = "The bot is starting"
LOADING = "Rasa is loading"


class Demonstration:
    """Thread-safe enough for many pages: they read plain attributes, and only one turn of the clock, one switch of a
    process or one script runs at a time.

    `stage` is what is still being prepared, None once everything serves. `trouble` is what went wrong, in a
    sentence; `failure` is set where it never came up. `told` is what the last turn of the clock brought. `away`:
    which service cannot serve, and why; empty when all can. `switching`: the process that is being stopped or started.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.study: Study = stack.app.study
        self.site = demonstration_site(self.study)
        self.home = Scene(stack, self.study, self.study.sites[self.site].zone)
        self.scene = self.home
        self.playing: Playing | None = None
        self.stage: str | None = STARTING
        self.trouble: str | None = None
        self.told: str | None = None
        self.failure: RehearsalFailed | None = None
        self.away: dict[str, str] = dict.fromkeys(SERVICES, UNKNOWN)
        self.next_due: Due | None = None
        self.turning = False
        self.switching: str | None = None
        self.scripts = shipped_scripts(stack.settings.study)
        self._one_thing = threading.Lock()
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
        """P-001 joins before one's eyes; P-002 has for two days been in the study, in another time zone."""
        elsewhere = Newcomer(ELSEWHERE.name, ELSEWHERE.role, self.site, ELSEWHERE.timezone, True, ELSEWHERE.study_day)
        staff = [Newcomer(STAFF_NAMES.get(role, role.capitalize()), role, self.site) for role in self.study.roles]
        joining = Newcomer(PARTICIPANT, "participant", self.site)
        people = self.stack.add_people([joining, *staff, elsewhere])
        self.stack.start_link(people[0])
        self.stack.settle()
        people[0].bot.press(people[0].person, self.study.wordings.render("button.agree"))
        self.stack.settle()
        self._answer_what_is_asked_of(people[0])
        self.home.bring([people[0], people[1], people[-1], *people[2:-1]])

    def _answer_what_is_asked_of(self, joining: Someone) -> None:
        """The first button each time: what the study proposes."""
        for _ in range(JOINING_QUESTIONS):
            asked = [one for one in joining.bot.chat(joining.person) if one.by_bot and one.buttons]
            if not asked or self._joining(joining.name) is None:
                return
            joining.bot.tap(joining.person, asked[-1].message_id, asked[-1].buttons[0][0][1])
            self.stack.settle()

    def _joining(self, code: str) -> str | None:
        found: Participant | None = self.stack.app.db.read(lambda session: by_code(session, code))
        return found.joining if found is not None else None

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
        scene = self.scene
        self.away = _reasons(scene.stack)
        if self.stack.up is not None and self.stack.up.poll() is not None:
            self.trouble = f"The bot has ended; see {self.stack.folder / 'up.log'}. Start the demonstration again."
        try:
            self.next_due = scene.next_event()
        except SQLAlchemyError as error:
            log.warning("next due: %s", type(error).__name__)

    def stop(self) -> None:
        """End `prepare`, `watch` and the script; the stack is stopped by who started it."""
        self._stopping.set()
        if self.playing is not None:
            self.playing.close()

    # The clock

    @property
    def busy(self) -> bool:
        """Whether the clock is in other hands: a turn, a switch, a script, or the start of it all."""
        plays = self.playing is not None and not self.playing.is_over
        return self.turning or self.switching is not None or self.stage is not None or plays

    def turn(self, ahead: timedelta | None) -> None:
        """Turn the clock `ahead`, or to the next event, through every due moment; time runs on from there. Blocks.

        What goes wrong is said in `trouble`. A turn while another is running does nothing.
        """
        due = self.scene.stack.next_due() if ahead is None and self.scene.phones else None
        self._turn_to(due if ahead is None else self.scene.now() + ahead)

    def turn_to(self, hour: str) -> None:
        """Turn the clock to the next time it is `hour` (HH:MM, where the study is). Blocks."""
        try:
            wanted = datetime.strptime(hour, "%H:%M").time()  # noqa: DTZ007 - an hour of the day has no zone
        except ValueError:
            self.told = "An hour is written so: 20:00."
            return
        here = self.scene.now().astimezone(self.scene.zone)
        moment = here.replace(hour=wanted.hour, minute=wanted.minute, second=0, microsecond=0)
        self._turn_to(moment if moment > here else moment + timedelta(days=1))

    def _turn_to(self, moment: datetime | None) -> None:
        scene = self.scene
        if not scene.phones or self.busy or not self._one_thing.acquire(blocking=False):
            return
        self.turning, self.trouble, self.told = True, None, None
        before = _received(scene)
        try:
            if moment is None:
                self.told = "Nothing more is planned."
                return
            scene.stack.go_to(moment)
            self.told = f"{moment.astimezone(scene.zone):%a %H:%M}: {_who_was_told(scene, before)}"
        except (RehearsalFailed, SQLAlchemyError) as error:
            reason = str(error) if isinstance(error, RehearsalFailed) else type(error).__name__
            self.trouble = f"The clock stopped on its way: {reason}. You can turn it again."
        finally:
            scene.stack.clock.run_from(scene.now())
            self.look()
            self.turning = False
            self._one_thing.release()

    # The processes

    @property
    def held(self) -> set[str]:
        """What has been stopped."""
        return set(self.scene.stack.held)

    def switch(self, process: str) -> None:
        """Stop what runs, start what was stopped. Blocks; a switch while something else runs does nothing."""
        if self.busy or not self._one_thing.acquire(blocking=False):
            return
        stack = self.scene.stack
        self.switching, self.trouble, self.told = process, None, None
        try:
            if process in stack.held:
                stack.start_process(process)
            else:
                stack.stop_process(process)
        except (RehearsalFailed, SQLAlchemyError) as error:
            self.trouble = str(error)
        finally:
            self.look()
            self.switching = None
            self._one_thing.release()

    # Scripts

    def play(self, name: str, speed: str, until: int | None = None) -> None:
        """Play a shipped script on a stack of its own; the demonstration waits behind it. Blocks until it has begun.

        A script is in place of the one before. Rasa is shared, and so has to run.
        """
        if self.turning or self.switching or self.stage is not None or name not in self.scripts:
            return
        if "rasa" in self.home.stack.held and self.home.stack.gate is None:
            self.trouble = "Rasa is stopped; start it, and then the script."
            return
        with self._one_thing:
            self._leave()
            self.trouble = self.told = None
            try:
                script = read_script(self.scripts[name], self.stack.settings.study, self.stack.settings.faq)
            except AlongsideError as error:
                self.trouble = str(error)
                return
            self.playing = Playing(name, script, self.stack.rasa, speed, self._show, until)
            self.playing.start()

    def leave(self) -> None:
        """Back to the demonstration as it was left. Blocks."""
        with self._one_thing:
            self._leave()

    def _leave(self) -> None:
        self.scene = self.home
        former, self.playing = self.playing, None
        if former is not None:
            former.close()

    def _show(self, scene: Scene) -> None:
        self.scene = scene


def _reasons(stack: Stack) -> dict[str, str]:
    """Which service cannot serve, and why, as /health of `alongside up` says it; what was stopped cannot."""
    against = stack.reasons_against()
    if "up" in against:
        return dict.fromkeys(SERVICES, UNKNOWN)
    return against | dict.fromkeys(stack.held, "stopped")


def _received(scene: Scene) -> dict[str, int]:
    return {name: len(one.owner.bot.sent_to(one.owner.person)) for name, one in scene.phones.items()}


def _who_was_told(scene: Scene, before: dict[str, int]) -> str:
    people = scene.stack.people
    told = [name for name, count in _received(scene).items() if count > before[name]]
    titles = [name if people[name].is_participant else f"{name} ({people[name].role})" for name in told]
    return f"message to {', '.join(titles)}" if titles else "no message to anybody"


def demonstration_site(study: Study) -> str:
    """S1, or the first site of a study that names its sites otherwise."""
    return "S1" if "S1" in study.sites else next(iter(study.sites))
