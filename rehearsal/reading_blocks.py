"""Blocks of a script: their keys, one by one, each mistake noted with its line and its mend."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from study.errors import ProtocolError, ProtocolErrors
from study.protocol.marked_yaml import MarkedFile, Place
from study.protocol.mends import nearest, one_of

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")


class Problems:
    """Every mistake of one file."""

    def __init__(self, marked: MarkedFile) -> None:
        self.marked = marked
        self.found: list[ProtocolError] = []

    def __len__(self) -> int:
        return len(self.found)

    def add(self, place: Place, mend: str) -> None:
        self.found.append(self.marked.error(place, mend))

    def raise_any(self) -> None:
        """Raises ProtocolErrors, in the order of the file, if there are any."""
        if self.found:
            raise ProtocolErrors(sorted(self.found, key=lambda one: one.line))


@dataclass
class Block:
    """The keys of one block that are known; the others are noted as mistakes already."""

    problems: Problems
    place: Place
    data: dict[str, Any]
    unknown: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, problems: Problems, place: Place, data: Any, known: Iterable[str]) -> Block:
        names = list(known)
        if not isinstance(data, dict):
            problems.add(place, f"must be a block of keys: {', '.join(names)}")
            return cls(problems, place, {}, ["?"])
        unknown = [key for key in data if key not in names]
        for key in unknown:
            problems.add((*place, key), f"unknown key{nearest(key, names)}; known here: {', '.join(names)}")
        return cls(problems, place, {key: value for key, value in data.items() if key in names}, unknown)

    def wrong(self, key: str, mend: str) -> None:
        self.problems.add((*self.place, key), mend)

    def text(self, key: str) -> str | None:
        """Words; a number, a day or yes and no are words too: people type them."""
        if key not in self.data:
            return None
        words = written(self.data[key])
        if words is None:
            self.wrong(key, "must be text")
        return words

    def flag(self, key: str) -> bool | None:
        if key not in self.data:
            return None
        if not isinstance(self.data[key], bool):
            self.wrong(key, "must be true or false")
            return None
        return bool(self.data[key])

    def whole(self, key: str) -> int | None:
        value = self.data.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self.wrong(key, "must be a whole number")
            return None
        return value

    def choice(self, key: str, known: Iterable[str], needed: bool = False) -> str | None:
        names = [str(one) for one in known]
        if key not in self.data:
            if needed:
                self.problems.add(self.place, f"{key} is missing: one of {', '.join(names)}")
            return None
        word = written(self.data[key])
        if word not in names:
            self.wrong(key, one_of(word, names))
            return None
        return word

    def choices(self, key: str, known: Iterable[str]) -> tuple[str, ...] | None:
        """One of the known, or a list of them."""
        if key not in self.data:
            return None
        names = [str(one) for one in known]
        given = self.data[key]
        several = isinstance(given, list)
        for index, word in enumerate(given if several else [given]):
            if written(word) not in names:
                here = (*self.place, key, index) if several else (*self.place, key)
                self.problems.add(here, one_of(word, names))
        return tuple(str(written(word)) for word in (given if several else [given]))


def written(value: Any) -> str | None:
    """A plain value as it stands in the file; None for a block, a list or nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | float) else None


def read_moment(block: Block, key: str, zone: ZoneInfo) -> datetime | None:
    """A moment written study-local, as UTC."""
    if key not in block.data:
        return None
    words = block.data[key]
    if not isinstance(words, str) or not MOMENT.fullmatch(words):
        block.wrong(key, "must be a day and hour such as 2026-03-02T08:30, in the site's own time (no offset)")
        return None
    try:
        local = datetime.fromisoformat(words)
    except ValueError:
        block.wrong(key, "is no day and hour of the calendar")
        return None
    return local.replace(tzinfo=zone).astimezone(UTC)
