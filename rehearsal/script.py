"""The script of a rehearsal: who takes part, what they do, what must come of it. Read here and checked wholly before
anything starts; docs/rehearsals.md explains every key.

Study time moves only where the script moves it, so every step's moment is known when the script is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.reading_blocks import Block, Problems, read_moment
from rehearsal.reading_expectations import Expect, read_expect
from rehearsal.vocabulary import Vocabulary
from study.protocol import Study
from study.protocol.countries import check_timezone
from study.protocol.durations import parse_duration
from study.protocol.marked_yaml import read_marked
from study.protocol.reading import load_study
from study.services.enrolling import CODE

PROCESSES = ("rasa", "actions", "bot")
SWITCHES = ("stop", "kill", "start")
MEDIA = ("photo", "voice", "sticker", "document", "location", "contact")
ACTS = ("text", "tap", *MEDIA, "edit", "react", "forward", "group", "old_phone")
ON = {"text": ("reply_to",), "tap": ("on",), "react": ("on",), "edit": ("on",)}
"""The key that names another message by words in it."""
NOT_PEOPLE = ("wait", "at", "rebind", *SWITCHES, "expect")
TOP = ("study", "begin", "people", "steps")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Role:
    """One of the people. `role` is "participant" or one of the study's.

    `enrolled`: through consent before the first step, and then on this `study_day`.
    """

    name: str
    role: str
    site: str
    timezone: str
    enrolled: bool = False
    study_day: int = 1

    @property
    def is_participant(self) -> bool:
        return self.role == "participant"


@dataclass(frozen=True)
class Act:
    """What somebody does on the phone: `kind` is one of ACTS, `words` what is typed, tapped or the caption.

    `on`: words of the message that a text replies to, that a sign is put below, whose button is tapped, or that is
    changed; None is the newest that fits.
    """

    person: str
    kind: str
    words: str = ""
    on: str | None = None


@dataclass(frozen=True)
class TurnClock:
    """The clock goes to `moment` (UTC)."""

    moment: datetime
    written: str


@dataclass(frozen=True)
class Switch:
    """`stop`, `kill` or `start` of a process."""

    do: str
    process: str


@dataclass(frozen=True)
class Rebind:
    """The operator makes a new link for a participant, who holds a new phone from now on."""

    person: str


Does = Act | TurnClock | Switch | Rebind


@dataclass(frozen=True)
class Step:
    """`number` from 1; `line` in the file. No `does` is an `expect` that stands alone."""

    number: int
    line: int
    does: Does | None
    expect: Expect | None


@dataclass(frozen=True)
class Script:
    """A script without mistakes. `zone` is what study-local means in it."""

    file: str
    folder: Path
    study: Study
    zone: ZoneInfo
    begin: datetime
    people: dict[str, Role]
    steps: tuple[Step, ...]


def read_script(path: Path, study: Path, faq: Path) -> Script:
    """`study` is the configured study, for scripts that name none. Raises ProtocolErrors, a line a mistake."""
    marked = read_marked(path)
    problems = Problems(marked)
    top = Block.of(problems, (), marked.data, TOP)
    problems.raise_any()
    folder = _study_folder(top, study)
    problems.raise_any()
    loaded = load_study(folder)
    vocabulary = Vocabulary.of(loaded, faq, ROOT / "domain.yml")
    people = _people(top, loaded)
    zone = _zone(loaded, people)
    begin = read_moment(top, "begin", zone)
    if "begin" not in top.data:
        problems.add((), "begin is missing: when study time stands at the start, such as 2026-03-02T08:30")
    problems.raise_any()  # a person with a mistake would make one of every step that names them
    steps = _steps(top, people, vocabulary, zone, begin)
    problems.raise_any()
    assert begin is not None  # noqa: S101 - a missing one is a problem, raised above
    return Script(marked.name, folder, loaded, zone, begin, people, tuple(steps))


def _study_folder(top: Block, configured: Path) -> Path:
    """As written: from where the command is called, or from the root of the repository."""
    named = top.text("study") if "study" in top.data else None
    if named is None:
        return configured.resolve()
    found = next((place for place in (Path(named), ROOT / named) if (place / "study.yml").is_file()), None)
    if found is None:
        top.problems.add(("study",), "must be the folder of a study, with a study.yml in it, such as protocols/harbor")
        return configured
    return found.resolve()


def _zone(study: Study, people: dict[str, Role]) -> ZoneInfo:
    """Study-local is a site's own time: the first participant's, else the first person's, else the study's first."""
    by_rank = sorted(people.values(), key=lambda one: not one.is_participant)
    site = by_rank[0].site if by_rank else next(iter(study.sites))
    return study.sites[site].zone


def _people(top: Block, study: Study) -> dict[str, Role]:
    people: dict[str, Role] = {}
    given = top.data.get("people", {})
    if not isinstance(given, dict):
        top.problems.add(("people",), "must be a block of people, such as P-001: {site: S1, enrolled: true}")
        return people
    for name, block in given.items():
        role = _person(top.problems, name, block, study)
        if role is not None and role.name.casefold() in {known.casefold() for known in people}:
            top.problems.add(("people", name), "is the same name as another's but for capitals")
        elif role is not None:
            people[name] = role
    return people


def _person(problems: Problems, name: str, data: Any, study: Study) -> Role | None:
    here = ("people", name)
    if name in NOT_PEOPLE or not NAME.fullmatch(name):
        problems.add(here, "must be a participant's code, such as P-001, or a short name, such as nora")
        return None
    is_participant = CODE.fullmatch(name) is not None
    known = ("site", "timezone", "enrolled", "study_day") if is_participant else ("role", "site")
    block = Block.of(problems, here, data, known)
    before = len(problems)
    site = block.choice("site", study.sites, needed=True)
    if is_participant:
        zone = block.text("timezone")
        if zone is not None:
            try:
                check_timezone(zone)
            except ValueError as wrong:
                problems.add((*here, "timezone"), str(wrong))
        enrolled = block.flag("enrolled") or False
        day = block.whole("study_day")
        if day is not None and (day < 1 or not enrolled):
            problems.add((*here, "study_day"), "must be 1 or more, and of somebody enrolled: Day 1 is the first dose")
        return (
            Role(name, "participant", site, zone or study.sites[site].timezone, enrolled, day or 1)
            if site and len(problems) == before
            else None
        )
    role = block.choice("role", study.roles, needed=True)
    return Role(name, role, site, study.sites[site].timezone) if role and site else None


def _steps(
    top: Block, people: dict[str, Role], vocabulary: Vocabulary, zone: ZoneInfo, begin: datetime | None
) -> list[Step]:
    given = top.data.get("steps")
    if not isinstance(given, list) or not given:
        place = ("steps",) if "steps" in top.data else ()
        top.problems.add(place, 'steps must be a list, one "- " each, such as - P-001: "Hello"')
        return []
    wrote: set[str] = set()
    held: set[str] = set()
    rebound: set[str] = set()
    steps, now = [], begin
    for index, data in enumerate(given):
        here = ("steps", index)
        block = Block.of(top.problems, here, data, (*people, *NOT_PEOPLE))
        acts = [key for key in block.data if key != "expect"]
        if len(acts) > 1:
            top.problems.add((*here, acts[1]), f"a step is one thing: put it after {acts[0]}, as a step of its own")
        does = _does(block, acts[0], people, zone, now, wrote, held, rebound) if acts else None
        if isinstance(does, TurnClock):
            now = does.moment
        expect = None
        if "expect" in block.data:
            expect = read_expect(top.problems, (*here, "expect"), block.data["expect"], people, vocabulary)
        line = top.problems.marked.line_of((*here, acts[0]) if acts else here)
        steps.append(Step(index + 1, line, does, expect))
    return steps


def _does(
    block: Block,
    key: str,
    people: dict[str, Role],
    zone: ZoneInfo,
    now: datetime | None,
    wrote: set[str],
    held: set[str],
    rebound: set[str],
) -> Does | None:
    if key in SWITCHES:
        return _switch(block, key, held)
    if key == "rebind":
        return _rebind(block, people, rebound)
    if key == "wait":
        return _wait(block, now)
    if key == "at":
        return _at(block, zone, now)
    return _act(block, key, wrote, rebound) if key in people else None


def _rebind(block: Block, people: dict[str, Role], rebound: set[str]) -> Rebind | None:
    participants = [name for name, role in people.items() if role.is_participant]
    person = block.choice("rebind", participants)
    if person is None:
        return None
    rebound.add(person)
    return Rebind(person)


def _switch(block: Block, key: str, held: set[str]) -> Switch | None:
    """A process that was stopped stays down until it is started; only one that runs can be stopped or killed."""
    process = block.choice(key, PROCESSES)
    if process is None:
        return None
    if key == "start":
        held.discard(process)
    elif process in held:
        block.wrong(key, f"{process} is stopped already at this step; start: {process} lets it run again")
    elif key == "stop":
        held.add(process)
    return Switch(key, process)


def _wait(block: Block, now: datetime | None) -> TurnClock | None:
    written = block.data["wait"]
    try:
        length = parse_duration(written)
    except ValueError as wrong:
        block.wrong("wait", str(wrong))
        return None
    if length <= timedelta():
        block.wrong("wait", "must be longer than nothing, such as 10m, 3h or 2d")
        return None
    return TurnClock(now + length, str(written)) if now else None


def _at(block: Block, zone: ZoneInfo, now: datetime | None) -> TurnClock | None:
    moment = read_moment(block, "at", zone)
    if moment is None or now is None:
        return None
    if moment < now:
        stands = now.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
        block.wrong("at", f"is over: the clock stands at {stands} here and only goes forward")
        return None
    return TurnClock(moment, str(block.data["at"]))


def _act(block: Block, person: str, wrote: set[str], rebound: set[str]) -> Act | None:
    given = block.data[person]
    if not isinstance(given, dict):
        words = block.text(person)
        wrote.add(person)
        return Act(person, "text", words) if words is not None else None
    act = Block.of(block.problems, (*block.place, person), given, (*ACTS, "reply_to", "on"))
    kinds = [kind for kind in ACTS if kind in act.data]
    if len(kinds) != 1:
        if act.data and not act.unknown:
            block.wrong(person, f"must be one of {', '.join(ACTS)}, each in a step of its own")
        return None
    words = act.text(kinds[0])
    for key in ("reply_to", "on"):
        if key in act.data and key not in ON.get(kinds[0], ()):
            kind = next(one for one in ON if key in ON[one])
            act.wrong(key, f"goes with {kind} only: {{{kind}: ..., {key}: ...}}")
    if kinds[0] == "edit" and person not in wrote:
        act.wrong("edit", f"changes the last text of {person}, who has written none before this step")
    if kinds[0] == "old_phone" and person not in rebound:
        act.wrong("old_phone", f"is the phone before a `rebind: {person}`, and there is none before this step")
    if kinds[0] == "text":
        wrote.add(person)
    if words is None:
        return None
    caption = "" if kinds[0] in MEDIA and words == "any" else words
    on = next((act.text(key) for key in ON.get(kinds[0], ()) if key in act.data), None)
    return Act(person, kinds[0], caption, on)
