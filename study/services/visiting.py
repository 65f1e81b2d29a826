"""Questions about the participant's own visits, answered from the schedule in their zone."""

from __future__ import annotations

from typing import Any

from study.clock import local_date
from study.participants import Participant
from study.replies import say
from study.visits import next_visit
from study.work import Work


def tell_next_visit(work: Work, participant: Participant) -> dict[str, Any]:
    """The next visit with its window, or that there is none."""
    if participant.day1 is None:
        return {"says": [say("visit.none")]}
    coming = next_visit(work.study.visits, participant.day1, local_date(work.now, participant.timezone))
    if coming is None:
        return {"says": [say("visit.none")]}
    fixed = coming.from_day == coming.to_day
    spoken = {"day": coming.day, "from_day": coming.from_day, "to_day": coming.to_day}
    days = {name: f"{day:%A %d %B}" for name, day in spoken.items()}
    return {"says": [say("visit.next_fixed" if fixed else "visit.next", days, title=coming.visit.title)]}
