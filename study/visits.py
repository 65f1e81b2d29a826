"""Visits: windows anchored to Day 1, never to the previous visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from study.protocol import Visit


@dataclass(frozen=True)
class PlannedVisit:
    """A visit of one participant with the days it may be on."""

    visit: Visit
    day: date
    from_day: date
    to_day: date


def planned_visits(visits: tuple[Visit, ...], day1: date) -> list[PlannedVisit]:
    """Every visit with its window."""
    planned = []
    for visit in visits:
        day = day1 + timedelta(days=visit.day - 1)
        before, after = timedelta(days=visit.window.before), timedelta(days=visit.window.after)
        planned.append(PlannedVisit(visit, day, day - before, day + after))
    return planned


def next_visit(visits: tuple[Visit, ...], day1: date, today: date) -> PlannedVisit | None:
    """The first visit that is still ahead; on the day of a visit it is that one."""
    return next((planned for planned in planned_visits(visits, day1) if planned.day >= today), None)
