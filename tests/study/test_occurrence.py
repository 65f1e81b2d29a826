"""What falls due on a check-in, as a rule without a database."""

from datetime import date, timedelta

from study.checkins import Occurrence, OccurrenceState, Push
from tests.factories import MONDAY, later


def an_occurrence(**changed: object) -> Occurrence:
    made = {
        "day": date(2026, 3, 2),
        "checkin": "daily",
        "opens_at": MONDAY,
        "nudge_at": later(hours=2),
        "closes_at": later(hours=14),
        "next_at": MONDAY,
        "state": OccurrenceState.PLANNED,
    } | changed
    return Occurrence(**made)


def test_nothing_is_due_before_its_hour() -> None:
    assert an_occurrence().falls_due(MONDAY - timedelta(seconds=1)) is None


def test_it_is_asked_then_nudged_then_closed() -> None:
    occurrence = an_occurrence()
    assert occurrence.falls_due(MONDAY) is Push.ASK
    occurrence.asked_at, occurrence.state = MONDAY, OccurrenceState.ASKED
    occurrence.next_at = occurrence.moment_after(MONDAY)
    assert occurrence.next_at == later(hours=2)
    assert occurrence.falls_due(later(hours=2)) is Push.NUDGE
    occurrence.nudged_at = later(hours=2)
    occurrence.next_at = occurrence.moment_after(later(hours=2))
    assert occurrence.next_at == later(hours=14)
    assert occurrence.falls_due(later(hours=14)) is Push.CLOSE


def test_after_a_long_downtime_only_the_close_is_due() -> None:
    assert an_occurrence().falls_due(later(days=3)) is Push.CLOSE


def test_later_holds_back_the_nudge_too() -> None:
    occurrence = an_occurrence(asked_at=MONDAY, state=OccurrenceState.ASKED, later_until=later(hours=3))
    assert occurrence.falls_due(later(hours=2)) is None
    assert occurrence.moment_after(later(hours=2)) == later(hours=3)
    assert occurrence.falls_due(later(hours=3)) is Push.NUDGE


def test_what_is_completed_is_never_due_again() -> None:
    done = an_occurrence(state=OccurrenceState.COMPLETED, next_at=None)
    assert done.falls_due(later(days=1)) is None
