"""A script played on the page, at a speed one can follow, on a stack of its own. The demonstration waits behind it."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from rehearsal.player import Failure, Player, described
from rehearsal.scenes import Scene
from rehearsal.script import Script, Step
from rehearsal.stack import RehearsalFailed, Stack
from rehearsal.transcript import BOT, Line

log = logging.getLogger(__name__)

SPEEDS = {"slow": 1.0, "4x": 4.0, "instant": 0.0}
"""How many times faster than somebody reads; 0 waits for nothing."""
LETTERS_A_SECOND = 45.0
LONGEST_LOOK = 4.0  # seconds at speed 1


class State(StrEnum):
    """Where a script stands."""

    STARTING = "starting"
    PLAYING = "playing"
    PAUSED = "paused"
    HELD = "held"
    FAILED = "failed"
    STOPPED = "stopped"


OVER = (State.HELD, State.FAILED, State.STOPPED)


class Stopped(Exception):
    """Somebody pressed Stop."""


class Playing:
    """`on_scene` is called when the phones of the script can be shown. `until`: ends before the step of that number."""

    def __init__(
        self,
        name: str,
        script: Script,
        rasa: tuple[str, str],
        speed: str,
        on_scene: Callable[[Scene], None],
        until: int | None = None,
    ) -> None:
        self.name = name
        self.script = script
        self.speed = speed
        self.state = State.STARTING
        self.result = ""
        self.lines: list[Line] = []
        self.scene: Scene | None = None
        self._until = until
        self._done = 0
        self._on_scene = on_scene
        self._may_go = threading.Event()
        self._may_go.set()
        self._stopping = threading.Event()
        self._folder = Path(tempfile.mkdtemp(prefix="alongside-script-"))
        url, secret = rasa
        self._stack = Stack(script.folder, self._folder, script.begin, rasa_url=url, rasa_secret=secret)
        self._thread = threading.Thread(target=self._run, name="playing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        """Until it is over."""
        self._thread.join()

    def pause(self) -> None:
        """After the step that runs."""
        if self.state is State.PLAYING:
            self._may_go.clear()
            self.state = State.PAUSED

    def go_on(self) -> None:
        if self.state is State.PAUSED:
            self.state = State.PLAYING
            self._may_go.set()

    def stop(self) -> None:
        """Ends the playing; the phones stay as they are."""
        self._stopping.set()
        self._may_go.set()

    def close(self) -> None:
        """Stops it and everything behind it. Blocks."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._stack.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def said(self) -> str:
        """Where it stands, in one line."""
        steps = self.script.steps
        if self.state is State.STARTING:
            return "Starting the script …"
        if self.is_over:
            return self.result
        number = min(self._done, len(steps) - 1)
        return f"Step {number + 1} of {len(steps)}: {described(steps[number])}"

    @property
    def share(self) -> float:
        """How much has been played, 0 to 1."""
        return self._done / len(self.script.steps)

    def transcript(self) -> list[dict[str, Any]]:
        """As `alongside rehearse --transcript` writes it."""
        return [line.as_json(self.script.zone) for line in self.lines]

    def _run(self) -> None:
        try:
            self._stack.start()
            self._play()
        except Stopped:
            self._end(State.STOPPED, f"Stopped after {self._done} of {len(self.script.steps)} steps.")
        except (RehearsalFailed, SQLAlchemyError) as error:
            log.warning("script: %s", type(error).__name__)
            self._end(State.FAILED, str(error) if isinstance(error, RehearsalFailed) else type(error).__name__)

    def _play(self) -> None:
        player = _PagePlayer(self.script, self._stack, self._tell, judged=self._judged)
        player.on_people = self._show
        failure: Failure | None = player.play()
        if failure is not None:
            self._end(State.FAILED, str(failure))
        else:
            self._end(State.HELD, f"All {len(self.script.steps)} steps played, every expectation held.")

    def _end(self, state: State, result: str) -> None:
        self.result = result
        self.state = state
        self._stack.clock.run_from(self._stack.now())

    def _show(self) -> None:
        scene = Scene(self._stack, self.script.study, self.script.zone)
        scene.bring(self._stack.people[name] for name in self.script.people)
        self.scene = scene
        self.state = State.PLAYING if self._may_go.is_set() else State.PAUSED
        self._on_scene(scene)
        self._stop_before(0)
        self._rest(1.0)

    def _tell(self, line: Line) -> None:
        self.lines.append(line)
        if self.scene is not None:
            self.scene.look_at(line.to if line.who == BOT else line.who)
        self._rest(min(LONGEST_LOOK, 0.6 + len(line.text) / LETTERS_A_SECOND))

    def _judged(self, step: Step) -> None:
        self._done = step.number
        self._stop_before(step.number)
        self._rest(0.8)

    def _stop_before(self, done: int) -> None:
        if self._until is not None and done + 1 >= self._until:
            raise Stopped

    def _rest(self, seconds: float) -> None:
        """As long as somebody reads, at the speed of now; longer while paused. Raises Stopped."""
        factor = SPEEDS[self.speed]
        if factor:
            self._stopping.wait(seconds / factor)
        self._may_go.wait()
        if self._stopping.is_set():
            raise Stopped


class _PagePlayer(Player):
    """Tells when its people are in, which is when there are phones to show."""

    on_people: Callable[[], None]

    def _bring_people_in(self) -> None:
        super()._bring_people_in()
        self.on_people()


def shipped_scripts(study_folder: Path) -> dict[str, Path]:
    """The scripts of a study by name, such as `Red flag`."""
    found = sorted((study_folder / "rehearsals").glob("*.yml"))
    return {one.stem.replace("_", " ").capitalize(): one for one in found}


def as_json_lines(lines: list[dict[str, Any]]) -> bytes:
    """A transcript as it is downloaded. Half an emoji cannot be written as UTF-8; its escape is the same JSON."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return text.encode("utf-8", errors="backslashreplace")
