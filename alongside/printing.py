"""Tables for people at a terminal, and the same tables for a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

ROOMY_WIDTH = 100
PIPED_WIDTH = 400  # where nobody looks, a row stays one line: it can be searched


def console() -> Console:
    """The terminal at its own width; into a pipe or a file, lines that are not folded."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=PIPED_WIDTH)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    styles: Sequence[str | None] = (),
    right: Iterable[str] = (),
    fold: Iterable[str] = (),
) -> Table:
    """No frame. `right` names columns of numbers, `fold` those that may take several lines where there is no room."""
    between = 1 if console().width < ROOMY_WIDTH else 2
    made = Table(box=None, pad_edge=False, padding=(0, between, 0, 0), header_style="bold", collapse_padding=True)
    numbers, folding = set(right), set(fold)
    for name in columns:
        justify: Literal["left", "right"] = "right" if name in numbers else "left"
        made.add_column(name, justify=justify, no_wrap=name not in folding, overflow="fold")
    for number, row in enumerate(rows):
        style = styles[number] if number < len(styles) else None
        made.add_row(*(escape(str(cell)) for cell in row), style=style)
    return made


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, short enough for a column: "40 s", "12 min", "3 h", "5 d"; "-" where it never was."""
    if moment is None:
        return "-"
    since = max(now - moment, timedelta())
    seconds = int(since.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} d"


def several(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 concern", "2 concerns"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def hour_at(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """A moment on the site's clock: "14:20" today, else with its day."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%a %d %b %H:%M}"


def lines(parts: Sequence[str]) -> str:
    """Parts of a cell: below each other at a terminal, in one line in a pipe."""
    return ("\n" if sys.stdout.isatty() else "; ").join(part for part in parts if part)


def percent(share: float | None) -> str:
    """A share of one as whole percent; "-" of nothing."""
    return "-" if share is None else f"{100 * share:.0f}%"
