"""Which country a time zone is in, from the IANA list that comes with tzdata (zone.tab).

A red flag needs the emergency number of the country the participant is in, and the zone is what we know of
that.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones


@dataclass(frozen=True)
class Lifelines:
    """Whom to call now. Usually numbers; words where the country's numbers are not known to the study."""

    emergency_number: str
    crisis_line: str


def check_timezone(name: str) -> str:
    """Raises ValueError, with the nearest zone, when there is no such IANA zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, sorted(available_timezones()), n=1)
        hint = f" (did you mean {near[0]}?)" if near else ", such as Europe/Madrid"
        raise ValueError(f"must be an IANA time zone{hint}") from None
    return name


def country_of(timezone: str) -> str | None:
    """The ISO 3166 code of the zone's country, or None where the zone tells none (UTC, an old alias)."""
    return _countries().get(timezone)


@cache
def _countries() -> dict[str, str]:
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows}
