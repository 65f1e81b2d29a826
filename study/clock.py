"""Two clocks. Study time says what is due and may be turned in a rehearsal; machine time measures waits and leases.

Study time: UTC, aware, read only here and passed on as `now`. Machine time: seconds of a clock that never jumps,
the same for all processes of one machine, meaningless after a reboot (so a lease also keeps the boot's id).
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo


class StudyClock:
    """Study time. Without a file it is the computer's; with one it is whatever the rehearsal wrote there."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file

    def now(self) -> datetime:
        """The present study time, UTC and aware."""
        if self.file is None:
            return datetime.now(UTC)
        turned = json.loads(self.file.read_text())
        if "at" in turned:
            return datetime.fromisoformat(turned["at"])
        return datetime.now(UTC) + timedelta(seconds=turned["ahead"])

    def stand_at(self, moment: datetime) -> None:
        """Stop study time at `moment` (rehearsals only)."""
        self._turn({"at": moment.astimezone(UTC).isoformat()})

    def run_from(self, moment: datetime) -> None:
        """Let study time run on from `moment` at the speed of the world (rehearsals only)."""
        self._turn({"ahead": (moment - datetime.now(UTC)).total_seconds()})

    def _turn(self, content: dict[str, object]) -> None:
        if self.file is None:
            raise RuntimeError("the live clock cannot be turned")
        written = self.file.with_suffix(f".{os.getpid()}.new")
        written.write_text(json.dumps(content))
        written.replace(self.file)


def machine_now() -> float:
    """Seconds of the machine's steady clock, equal in every process of this machine."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


@cache
def boot_id() -> str:
    """Names this run of the machine: a lease of an earlier boot is void."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"boot-{int(time.time() - machine_now()) // 60}"


def local_moment(day: date, hour: time_of_day, zone: str) -> datetime:
    """UTC moment of `hour` on `day` in an IANA zone.

    Exactly one moment for each day: an hour that happens twice (the clock goes back) is the first of the two, an hour
    that never happens (the clock goes forward) moves on by the length of the gap.
    """
    return datetime.combine(day, hour, ZoneInfo(zone)).astimezone(UTC)


def local_date(moment: datetime, zone: str) -> date:
    """The calendar day of a moment where the participant is."""
    return moment.astimezone(ZoneInfo(zone)).date()
