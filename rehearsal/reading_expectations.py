"""The `expect` of a step: read and checked against what the study knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rehearsal.reading_blocks import Block, Problems, written
from rehearsal.vocabulary import OWN_ROUTES, ROUTES, Vocabulary
from study.checkins import OccurrenceState, Skipped
from study.concerns import ConcernKind, ConcernState
from study.participants import Standing
from study.protocol import Severity
from study.protocol.marked_yaml import Place
from study.protocol.mends import nearest
from study.protocol.wording_ids import RED_FLAG_KINDS
from study.services.dose_days import COUNTING, UNCONFIRMED

KEYS = ("answer", "asks", "says", "told", "not_told", "silent", "concern", "row", "route")
CONCERN_KEYS = ("kind", "flags", "severity", "state", "level", "by", "participant", "site", "id")
ROW_KEYS = {
    "checkin": ("state", "item", "day", "skipped", "participant"),
    "dose": ("status", "reason", "participant"),
    "answer": ("value", "participant"),
    "participant": ("standing", "reachable", "day1"),
    "alarm": ("subject",),
}
"""What a row is named by, and what may be said of it."""
DOSE_STATES = (*COUNTING, UNCONFIRMED, "stopped", "changed", "none")
DAYS = ("today", "yesterday")
NONE = "none"


@dataclass(frozen=True)
class Said:
    """A text by its id (or the group of its id), or words by a regular expression."""

    written: str
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True)
class ExpectedConcern:
    """`written` for people; `wanted` by key. `none`: no concern may come of the step."""

    wanted: dict[str, Any] = field(default_factory=dict)
    none: bool = False


@dataclass(frozen=True)
class ExpectedRow:
    """`kind` is a key of ROW_KEYS, `name` which row, `wanted` what must stand in it."""

    kind: str
    name: str
    wanted: dict[str, Any]


@dataclass(frozen=True)
class Expect:
    """What must come of a step. `order` are its keys as written: the first that does not hold is named."""

    order: tuple[tuple[str, int], ...] = ()
    answer: str | None = None
    asks: str | None = None
    says: tuple[Said, ...] = ()
    told: tuple[str, ...] = ()
    not_told: tuple[str, ...] = ()
    silent: bool | None = None
    concern: ExpectedConcern | None = None
    row: ExpectedRow | None = None
    route: str | None = None


def read_expect(
    problems: Problems, place: Place, data: Any, people: Mapping[str, Any], vocabulary: Vocabulary
) -> Expect:
    """Mistakes go to `problems`."""
    block = Block.of(problems, place, data, KEYS)
    if not block.data and not block.unknown:
        problems.add(place, f"expects nothing; known here: {', '.join(KEYS)}")
    topic = written(block.data.get("answer"))
    if topic is not None:
        block.data["answer"] = topic.removeprefix("faq/")
    return Expect(
        order=tuple((key, problems.marked.line_of((*place, key))) for key in block.data),
        answer=block.choice("answer", vocabulary.topics),
        asks=block.choice("asks", vocabulary.study.items),
        says=_says(block, vocabulary),
        told=block.choices("told", people) or (),
        not_told=block.choices("not_told", people) or (),
        silent=block.flag("silent"),
        concern=_concern(block, people, vocabulary),
        row=_row(block, people, vocabulary),
        route=block.choice("route", (*ROUTES, *OWN_ROUTES)),
    )


def _says(block: Block, vocabulary: Vocabulary) -> tuple[Said, ...]:
    if "says" not in block.data:
        return ()
    given = block.data["says"]
    said = []
    for word in given if isinstance(given, list) else [given]:
        text = written(word)
        if text is None or not text:
            block.wrong("says", "must be the id of a text, such as checkin.weekly.done, or /words/")
        elif text.startswith("/") and len(text) > 1:
            said.append(_pattern(block, text))
        elif vocabulary.knows_text(text):
            said.append(Said(text))
        else:
            block.wrong("says", f"no text has the id {text}{nearest(text, vocabulary.text_names)}; words go into /.../")
    return tuple(said)


def _pattern(block: Block, text: str) -> Said:
    body, slash, mode = text[1:].rpartition("/")
    if not slash or mode not in ("", "i"):
        block.wrong("says", "must be a pattern between slashes, such as /thank you/ or /thank you/i")
        return Said(text)
    try:
        return Said(text, re.compile(body, re.DOTALL | (re.IGNORECASE if mode else 0)))
    except re.error as wrong:
        block.wrong("says", f"is no proper regular expression: {wrong}")
        return Said(text)


def _concern(block: Block, people: Mapping[str, Any], vocabulary: Vocabulary) -> ExpectedConcern | None:
    if "concern" not in block.data:
        return None
    if block.data["concern"] == NONE:
        return ExpectedConcern(none=True)
    here = Block.of(block.problems, (*block.place, "concern"), block.data["concern"], CONCERN_KEYS)
    staff = [name for name, one in people.items() if not one.is_participant]
    participants = [name for name, one in people.items() if one.is_participant]
    wanted: dict[str, Any] = {
        "kind": here.choice("kind", ConcernKind),
        "flags": here.choices("flags", RED_FLAG_KINDS),
        "severity": here.choice("severity", Severity),
        "state": here.choice("state", ConcernState),
        "level": here.whole("level"),
        "by": here.choice("by", staff),
        "participant": here.choice("participant", participants),
        "site": here.choice("site", vocabulary.study.sites),
        "id": here.text("id"),
    }
    return ExpectedConcern({key: wanted[key] for key in here.data if wanted[key] is not None})


def _row(block: Block, people: Mapping[str, Any], vocabulary: Vocabulary) -> ExpectedRow | None:
    if "row" not in block.data:
        return None
    given = block.data["row"]
    named = [kind for kind in ROW_KEYS if isinstance(given, dict) and kind in given]
    kind: str | None = named[0] if named else None
    if kind is None:
        known = "; ".join(f"{name}, {', '.join(keys)}" for name, keys in ROW_KEYS.items())
        block.wrong("row", f"must name one row and what stands in it. Known: {known}")
        return None
    here = Block.of(block.problems, (*block.place, "row"), given, (kind, *ROW_KEYS[kind]))
    study = vocabulary.study
    participants = [name for name, one in people.items() if one.is_participant]
    match kind:
        case "checkin":
            name = here.choice(kind, study.all_checkins)
        case "answer":
            name = here.choice(kind, study.items)
        case "participant":
            name = here.choice(kind, participants)
        case "dose":
            name = _day(here, kind)
        case _:
            name = here.text(kind)
    choices: dict[str, dict[str, Iterable[str]]] = {
        "checkin": {"state": OccurrenceState, "item": study.items, "skipped": Skipped},
        "dose": {"status": DOSE_STATES},
        "participant": {"standing": Standing},
    }
    known_values = choices.get(kind, {})
    wanted: dict[str, Any] = {}
    for key in here.data:
        if key == "participant":
            wanted[key] = here.choice(key, participants)
        elif key in ("day", "day1"):
            wanted[key] = _day(here, key)
        elif key == "reachable":
            wanted[key] = here.flag(key)
        elif key in known_values:
            wanted[key] = here.choice(key, known_values[key])
        else:
            wanted[key] = here.text(key)
    if kind != "participant":
        wanted.pop(kind)
    else:
        wanted.pop("participant")
    return ExpectedRow(kind, name or "", {key: value for key, value in wanted.items() if value is not None})


def _day(block: Block, key: str) -> str | None:
    value = block.data[key]
    if isinstance(value, date) or value in DAYS:
        return str(written(value))
    block.wrong(key, "must be a day such as 2026-03-02, or today or yesterday where the participant is")
    return None
