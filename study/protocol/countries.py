"""Countries, their names and their time zones, from the IANA lists that come with tzdata (zone.tab, iso3166.tab).

A red flag needs the emergency number of the country the participant is in. The country they gave tells it; else their
zone does.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

DAILY_NAMES = {
    "uk": "GB", "united kingdom": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "usa": "US", "us": "US", "america": "US", "united states of america": "US",
    "states": "US", "holland": "NL", "espana": "ES", "deutschland": "DE", "italia": "IT", "schweiz": "CH",
    "suisse": "CH", "osterreich": "AT", "belgique": "BE", "brasil": "BR", "mejico": "MX",
    "czechia": "CZ", "south korea": "KR", "korea": "KR", "russia": "RU", "turkiye": "TR", "ivory coast": "CI",
}  # fmt: skip
"""What people call their country, beside its name in the list."""
BETTER_NAMES = {"GB": "United Kingdom", "CZ": "Czechia", "KR": "South Korea", "KP": "North Korea"}
"""Where the list's own name is made for sorting."""
AROUND_A_PLACE = re.compile(
    r"^((i'?m|i am|i live|we live|we are|it is|its|it's|in|the|near)\s+)+|[\s,!]+(please|now|at the moment)?$"
)


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


def country_name(code: str) -> str:
    """Its English name as people write it; the code itself where the list has none."""
    return BETTER_NAMES.get(code) or _names().get(code, code)


def country_named(words: str) -> str | None:
    """The code of a country that somebody typed: its name, its code in capitals, or what it is called in daily life."""
    if words.strip() in _names():
        return words.strip()
    wanted = AROUND_A_PLACE.sub("", _folded(words))
    if wanted in DAILY_NAMES:
        return DAILY_NAMES[wanted]
    by_name = {_folded(name): code for code, name in _names().items()}
    near = difflib.get_close_matches(wanted, by_name, n=1, cutoff=0.86)  # one letter wrong in seven
    return by_name[near[0]] if near else None


def zones_of(country: str, moment: datetime) -> list[str]:
    """The zones of a country that show different times, now or half a year from now: of those that go alike the first
    that IANA lists, which is the most populous."""
    half_a_year_on = moment + timedelta(days=182)
    seen: dict[tuple[timedelta | None, timedelta | None], str] = {}
    for zone, code in _countries().items():
        if code == country:
            clock = ZoneInfo(zone)
            seen.setdefault((moment.astimezone(clock).utcoffset(), half_a_year_on.astimezone(clock).utcoffset()), zone)
    return list(seen.values())


def place_of(zone: str) -> str:
    """The place a zone is named after, as people write it: America/New_York is New York."""
    return zone.rpartition("/")[2].replace("_", " ")


def zone_named(words: str, country: str) -> str | None:
    """The zone of a place that somebody typed, in their country if it has one of that name, else anywhere."""
    wanted = _folded(words)
    places = [zone for zone in _countries() if _folded(place_of(zone)) == wanted or zone.casefold() == wanted]
    return next((zone for zone in places if _countries()[zone] == country), next(iter(places), None))


def _folded(words: str) -> str:
    """Without capitals, accents and dots: "U.S.A." and "usa" are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", words) if not unicodedata.combining(c))
    return " ".join(plain.casefold().replace(".", "").replace("&", "and").split())


@cache
def _names() -> dict[str, str]:
    return dict(_rows("iso3166.tab"))


@cache
def _countries() -> dict[str, str]:
    return {row[2]: row[0] for row in _rows("zone.tab")}


def _rows(name: str) -> list[list[str]]:
    lines = (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
