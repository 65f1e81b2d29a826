"""Lengths of time and hours of the day, as a study file writes them: `90m`, `3h`, `2d`, `1h30m`, `20:00`."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)
_HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def parse_duration(written: object) -> timedelta:
    """Read `10m`, `3h`, `2d`, `1h30m`. A bare number is refused: nobody can tell its unit.

    Raises ValueError with the mend.
    """
    if isinstance(written, timedelta):
        return written
    match = _DURATION.fullmatch(written) if isinstance(written, str) and written else None
    if match is None:
        raise ValueError("must be a length of time such as 10m, 3h or 2d")
    return timedelta(seconds=sum(int(n or 0) * _SECONDS[unit] for n, unit in zip(match.groups(), "dhms", strict=True)))


def write_duration(length: timedelta) -> str:
    """The shortest form parse_duration reads back: whole seconds, `0m` for nothing."""
    left, parts = int(length.total_seconds()), ""
    for unit, seconds in _SECONDS.items():
        count, left = divmod(left, seconds)
        parts += f"{count}{unit}" if count else ""
    return parts or "0m"


def parse_hour(written: object) -> time:
    """Read `20:00`. Raises ValueError with the mend."""
    if isinstance(written, time):
        return written
    match = _HOUR.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError('must be an hour of the day from 00:00 to 23:59, such as "20:00"')
    return time(int(match[1]), int(match[2]))


def write_hour(hour: time) -> str:
    return hour.strftime("%H:%M")


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(write_duration)]
HourOfDay = Annotated[time, BeforeValidator(parse_hour), PlainSerializer(write_hour)]
