"""Study time, and hours of the day where the clock jumps."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.checkins import plan
from study.clock import StudyClock, local_date, local_moment
from study.protocol import Study


def test_an_hour_that_happens_twice_is_its_first_moment() -> None:
    assert local_moment(date(2026, 10, 25), time(2, 30), "Europe/Madrid") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hour_that_never_happens_moves_on_by_the_gap() -> None:
    moved = local_moment(date(2026, 3, 29), time(2, 30), "Europe/Madrid")
    assert moved == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert local_date(moved, "Europe/Madrid") == date(2026, 3, 29)


@given(
    day1=st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    zone=st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_every_day_of_the_study_has_exactly_one_dose_question(study: Study, day1: date, zone: str) -> None:
    moments = plan(study.checkins["daily"], day1, study.days, zone, time(9))
    days = [local_date(one.opens_at, zone) for one in moments]
    assert days == [day1 + timedelta(days=n) for n in range(study.days)]
    assert all(one.opens_at < one.nudge_at < one.closes_at for one in moments)


def test_a_turned_clock_stands_where_it_was_put_and_then_runs_on(tmp_path: Path) -> None:
    clock = StudyClock(tmp_path / "clock.json")
    moment = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
    clock.stand_at(moment)
    assert clock.now() == moment == StudyClock(tmp_path / "clock.json").now()
    clock.run_from(moment)
    first = clock.now()
    assert moment <= first <= clock.now() < moment + timedelta(minutes=1)


def test_the_live_clock_cannot_be_turned() -> None:
    with pytest.raises(RuntimeError):
        StudyClock().stand_at(datetime.now(UTC))
