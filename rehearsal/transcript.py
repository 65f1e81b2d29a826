"""What was said and done in a rehearsal, as people see it and as a script reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from zoneinfo import ZoneInfo

BOT = "alongside"


@dataclass(frozen=True)
class Line:
    """One message, `in` to the bot or `out` to somebody; `kind` is what the person did: text, tap, photo, ...

    `at` is UTC, `zone` that of the person. `wordings` are id and version of every text in the message; `concern` is id,
    kind, severity and state as they were when all was quiet again.
    """

    at: datetime
    who: str
    to: str
    direction: str
    text: str
    zone: str
    kind: str = "text"
    buttons: list[list[str]] = field(default_factory=list)
    wordings: list[dict[str, Any]] = field(default_factory=list)
    answer: str | None = None
    asks: str | None = None
    concern: dict[str, Any] | None = None
    lane: str | None = None
    route: str | None = None
    step: int = 0

    @property
    def wording_names(self) -> list[str]:
        return [f"{one['id']}@{one['version']}" for one in self.wordings]

    def as_json(self, study_zone: ZoneInfo) -> dict[str, Any]:
        """As the transcript holds it; docs/rehearsals.md explains every key."""
        return {
            "step": self.step,
            "at": self.at.isoformat(),
            "clock": self.at.astimezone(study_zone).replace(tzinfo=None).isoformat(),
            "who": self.who,
            "to": self.to,
            "direction": self.direction,
            "kind": self.kind,
            "text": self.text,
            "buttons": self.buttons,
            "wording": self.wordings[0] if self.wordings else None,
            "wordings": self.wordings,
            "answer": self.answer,
            "asks": self.asks,
            "concern": self.concern,
            "lane": self.lane,
            "route": self.route,
        }


class Transcript:
    """A file of JSON lines, each written out at once: what was played is there also when the rest is not."""

    def __init__(self, file: IO[str] | None, study_zone: ZoneInfo) -> None:
        self._file = file
        self._zone = study_zone
        self.lines: list[Line] = []

    def add(self, line: Line) -> None:
        self.lines.append(line)
        if self._file is not None:
            self._file.write(json.dumps(line.as_json(self._zone), ensure_ascii=False) + "\n")
            self._file.flush()
