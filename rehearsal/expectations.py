"""Judges what a script expects of a step against what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rehearsal.happenings import ConcernNow, Happened
from rehearsal.reading_expectations import Expect, ExpectedConcern, Said
from rehearsal.rows import misses, newest_rows
from rehearsal.transcript import Line
from rehearsal.vocabulary import is_text
from study.db.session import Database
from study.participants import by_code

LONGEST_QUOTE = 60
Failed = tuple[str, str]
"""What was expected, and what happened."""


@dataclass(frozen=True)
class Miss:
    """An expectation that did not hold. `line` is its line in the script."""

    line: int
    expected: str
    happened: str


class Judge:
    """Judges one step at the study time it ended."""

    def __init__(self, db: Database, happened: Happened, now: datetime) -> None:
        self.db = db
        self.happened = happened
        self.now = now

    def first_miss(self, expect: Expect) -> Miss | None:
        """The first expectation, in the order written, that did not hold; None if all did."""
        for key, line in expect.order:
            failed = CHECKS[key](self, expect)
            if failed is not None:
                return Miss(line, *failed)
        return None

    def _answer(self, expect: Expect) -> Failed | None:
        answered = [line.answer for line in self.happened.sent if line.answer]
        if expect.answer in answered:
            return None
        return f"answer {expect.answer}", f"answered {_names(answered)}; {self._said()}"

    def _asks(self, expect: Expect) -> Failed | None:
        asked = {line.to: line.asks for line in self.happened.sent if line.asks}
        if expect.asks in asked.values():
            return None
        return f"asks {expect.asks}", f"asked {_names(asked.values())}; {self._said()}"

    def _says(self, expect: Expect) -> Failed | None:
        for said in expect.says:
            if not any(_holds(said, line) for line in self.happened.sent):
                return f"says {said.written}", self._said()
        return None

    def _told(self, expect: Expect) -> Failed | None:
        got = self._who_got()
        missing = [name for name in expect.told if name not in got]
        return (f"told {_names(missing)}", f"messages to {_names(got, 'nobody')}") if missing else None

    def _not_told(self, expect: Expect) -> Failed | None:
        told = [name for name in expect.not_told if name in self._who_got()]
        if not told:
            return None
        return f"not_told {_names(told)}", self._said(lambda line: line.to in told)

    def _silent(self, expect: Expect) -> Failed | None:
        if expect.silent == (not self.happened.sent):
            return None
        return f"silent {str(expect.silent).lower()}", self._said()

    def _route(self, expect: Expect) -> Failed | None:
        if expect.route in self.happened.routes:
            return None
        return f"route {expect.route}", f"route {_names(self.happened.routes)}"

    def _concern(self, expect: Expect) -> Failed | None:
        wanted = expect.concern or ExpectedConcern()
        touched = [one for one in self.happened.concerns if one.touched]
        if wanted.none:
            return ("concern none", f"concern {_described(touched[0])}") if touched else None
        candidates = touched if self.happened.acted else self.happened.concerns
        if any(not _differences(one, wanted) for one in candidates):
            return None
        expected = f"concern {_listed(wanted.wanted)}"
        if not candidates:
            return expected, "no concern was raised or changed" if self.happened.acted else "there is no concern"
        nearest = min(candidates, key=lambda one: len(_differences(one, wanted)))
        return expected, f"concern {_described(nearest)}"

    def _row(self, expect: Expect) -> Failed | None:
        wanted = expect.row
        if wanted is None:
            return None
        who = self.happened.who

        def read(session: Session) -> Failed | None:
            actor = who if who is not None and by_code(session, who) is not None else None
            rows = newest_rows(session, wanted, actor, self.now)
            expected = f"row {wanted.kind} {wanted.name} {_listed(wanted.wanted)}".rstrip()
            if not rows:
                return expected, "there is no such row"
            wrong = []
            for row in rows:
                of = by_code(session, row.get("participant", ""))
                missed = misses(row, wanted, self.now, of.timezone if of is not None else "UTC")
                if not missed:
                    return None
                wrong.append(f"{row.get('participant', '')} {', '.join(missed)}".strip())
            return expected, "; ".join(wrong)

        return self.db.read(read)

    def _who_got(self) -> list[str]:
        return list(dict.fromkeys(line.to for line in self.happened.sent))

    def _said(self, which: Callable[[Line], bool] = lambda _line: True) -> str:
        lines = [line for line in self.happened.sent if which(line)]
        if not lines:
            return "nobody got a message"
        return "said " + "; ".join(
            f"{'+'.join(line.wording_names) or 'a text'} to {line.to} ({_quoted(line.text)})" for line in lines
        )


CHECKS: dict[str, Callable[[Judge, Expect], Failed | None]] = {
    "answer": Judge._answer,
    "asks": Judge._asks,
    "says": Judge._says,
    "told": Judge._told,
    "not_told": Judge._not_told,
    "silent": Judge._silent,
    "concern": Judge._concern,
    "row": Judge._row,
    "route": Judge._route,
}


def _holds(said: Said, line: Line) -> bool:
    if said.pattern is not None:
        return said.pattern.search(line.text) is not None
    return any(is_text(str(one["id"]), said.written) for one in line.wordings)


def _differences(concern: ConcernNow, wanted: ExpectedConcern) -> list[str]:
    return [key for key, value in wanted.wanted.items() if not _fits(concern, key, value)]


def _fits(concern: ConcernNow, key: str, value: Any) -> bool:
    if key == "flags":  # of the concern, or of the messages of this step where it joined an older one
        return set(value) in (set(concern.flags), set(concern.said))
    return bool(getattr(concern, key) == value)


def _described(concern: ConcernNow) -> str:
    about: dict[str, Any] = {
        "kind": concern.kind,
        "flags": list(concern.flags),
        "severity": concern.severity,
        "state": concern.state,
        "level": concern.level,
        "by": concern.by,
        "participant": concern.participant,
    }
    return f"{concern.id} {_listed({key: value for key, value in about.items() if value})}"


def _listed(wanted: dict[str, Any]) -> str:
    shown = (
        f"{key} {'[' + ', '.join(value) + ']' if isinstance(value, list | tuple) else value}"
        for key, value in wanted.items()
    )
    return ", ".join(shown)


def _names(names: Iterable[Any], none: str = "nothing") -> str:
    return ", ".join(str(name) for name in names) or none


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"}"'
