"""Told of the tablets, and no statement about a day's dose: they run out or were lost; a doctor stopped them. Each
reaches staff as what it is."""

from __future__ import annotations

from typing import Any

from study.participants import Participant
from study.replies import say, who_reads
from study.services.recording_doses import TO_STAFF, tell_staff
from study.work import Work

TOLD = {"supply_low": "ran_out", "doctor_stopped": "doctor_stopped"}
"""What the model calls it, and what staff are told it is."""


def tell_of_tablets(work: Work, participant: Participant, intent: str) -> dict[str, Any]:
    """Staff have it at once. Raises KeyError for an intent that is none of these."""
    what = TOLD[intent]

    def do() -> dict[str, Any]:
        tell_staff(work, participant, what)
        return {"says": [say(f"dose.{what}", who_reads=who_reads(work, participant.site, TO_STAFF[what]))]}

    return work.once(f"tell_of_tablets_{what}", do)
