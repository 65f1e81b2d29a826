"""What `study check` finds, one line each: `study.yml:41: visits[2].window.after: must be 0 or more`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from study.errors import ProtocolError
from study.protocol.marked_yaml import MarkedFile, Place, written


class Weight(StrEnum):
    """error: nothing starts. unapproved: only a rehearsal does. warning: it starts, somebody should look."""

    ERROR = "error"
    UNAPPROVED = "unapproved"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    file: str
    line: int
    place: str
    mend: str
    severity: Weight = Weight.ERROR

    @classmethod
    def of(cls, error: ProtocolError) -> Finding:
        return cls(error.file, error.line, error.place, error.mend)

    @classmethod
    def at(
        cls,
        marked: MarkedFile,
        place: Place,
        mend: str,
        severity: Weight = Weight.ERROR,
        line: int | None = None,
    ) -> Finding:
        return cls(marked.name, line or marked.line_of(place), written(place), mend, severity)

    def __str__(self) -> str:
        return ": ".join(part for part in (f"{self.file}:{self.line}", self.place, self.mend) if part)

    def stops(self, *, rehearsal: bool) -> bool:
        """Whether the system must not start with it."""
        return self.severity is Weight.ERROR or (self.severity is Weight.UNAPPROVED and not rehearsal)
