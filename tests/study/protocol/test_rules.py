"""The rules that come with the study file's blocks: branches, thresholds, hours, ladders."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.protocol import Hours, Ladder, Severity, Study
from study.protocol.durations import parse_duration, write_duration

MADRID = ZoneInfo("Europe/Madrid")


@given(st.integers(0, 10_000_000))
def test_a_length_of_time_is_read_as_it_was_written(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(write_duration(length)) == length


@pytest.mark.parametrize("written", ["", "10", 10, "m", "1.5h", "-3h", "3 h", "h3", None, "3h2d", "٣h"])
def test_a_length_of_time_without_a_plain_number_and_unit_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="such as 10m, 3h or 2d"):
        parse_duration(written)


def test_severity_is_asked_only_when_it_happened(harbor: Study) -> None:
    first = harbor.next_item("weekly", {})
    assert first is not None
    assert first.id == "nausea.frequency"
    asked = harbor.next_item("weekly", {"nausea.frequency": 1})
    assert asked is not None
    assert asked.id == "nausea.severity"
    passed_over = harbor.next_item("weekly", {"nausea.frequency": 0})
    assert passed_over is not None
    assert passed_over.id == "fatigue.severity"


def test_a_check_in_ends_after_its_last_open_branch(harbor: Study) -> None:
    nothing = {"nausea.frequency": 0, "fatigue.severity": 0, "joint_pain.frequency": 0, "diarrhea.frequency": 0}
    nothing |= {"rash.presence": 0, "note.words": None}
    assert harbor.next_item("weekly", nothing) is None
    assert harbor.next_item("daily", {"dose.taken": "taken"}) is None


def test_a_skipped_question_opens_no_branch(harbor: Study) -> None:
    after = harbor.next_item("weekly", {"nausea.frequency": None})
    assert after is not None
    assert after.id == "fatigue.severity"


def test_the_gravest_threshold_comes_first(harbor: Study) -> None:
    assert [one.severity for one in harbor.thresholds_met("fatigue.severity", 4)] == [
        Severity.URGENT,
        Severity.ROUTINE,
    ]
    assert harbor.thresholds_met("fatigue.severity", 2) == ()
    assert [one.code for one in harbor.thresholds_met("dose.reason", "side_effects")] == ["dose-side-effects"]


def test_quiet_hours_run_over_midnight_and_end_on_the_hour() -> None:
    quiet = Hours.model_validate({"from": "22:00", "to": "08:00"})
    assert [quiet.cover(time(hour)) for hour in (21, 22, 0, 7, 8)] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 3, 2, 9, 0, tzinfo=MADRID), datetime(2026, 3, 2, 9, 0, tzinfo=MADRID)),
        (datetime(2026, 3, 2, 7, 0, tzinfo=MADRID), datetime(2026, 3, 2, 8, 0, tzinfo=MADRID)),
        (datetime(2026, 3, 6, 18, 0, tzinfo=MADRID), datetime(2026, 3, 9, 8, 0, tzinfo=MADRID)),
        (
            datetime(2026, 3, 28, 12, 0, tzinfo=MADRID),
            datetime(2026, 3, 30, 8, 0, tzinfo=MADRID),
        ),  # summer time
    ],
)
def test_monitoring_opens_next(harbor: Study, now: datetime, opens: datetime) -> None:
    assert harbor.monitoring.opens_next(now) == opens


def test_out_of_hours_other_words_say_who_reads(harbor: Study) -> None:
    saturday = datetime(2026, 3, 7, 10, 0, tzinfo=MADRID)
    monday = datetime(2026, 3, 9, 10, 0, tzinfo=MADRID)
    assert harbor.monitoring.who_reads(Severity.URGENT, saturday) == "reads.urgent_closed"
    assert harbor.monitoring.who_reads(Severity.URGENT, monday) == "reads.urgent"


@pytest.mark.parametrize("severity", list(Severity))
def test_a_ladder_copied_onto_a_concern_is_read_back_the_same(harbor: Study, severity: Severity) -> None:
    ladder = harbor.ladders[severity]
    assert Ladder.model_validate(ladder.model_dump(mode="json")) == ladder


def test_an_emergency_is_unowned_after_its_last_repetition(harbor: Study) -> None:
    ladder = harbor.ladders[Severity.EMERGENCY]
    assert ladder.roles == ("nurse", "coordinator", "investigator")
    assert ladder.unowned_after == timedelta(minutes=10 + 15 * 9)


def test_check_ins_stay_within_the_study(harbor: Study) -> None:
    assert list(harbor.checkins["weekly"].open_days(harbor.days))[:2] == [8, 15]
    assert harbor.checkins["weekly"].open_days(harbor.days)[-1] <= 168
    assert len(harbor.checkins["daily"].open_days(harbor.days)) == 168
