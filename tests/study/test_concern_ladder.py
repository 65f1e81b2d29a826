"""The ladder as a rule, without a database."""

from datetime import datetime, timedelta

import pytest

from study.concerns import Concern, ConcernState, PageKind
from study.errors import AlreadyAcknowledged, AlreadyResolved
from study.protocol import Severity, Study
from tests.factories import MONDAY, later

HOUR = timedelta(hours=1)


def a_concern(study: Study, severity: str = "emergency") -> Concern:
    ladder = study.ladders[Severity(severity)].model_dump(mode="json")
    return Concern(
        reference="C-0001",
        severity=severity,
        state=ConcernState.OPEN,
        ladder=ladder,
        level=-1,
        repeats=0,
        next_at=MONDAY,
    )


def test_the_nurse_is_called_at_once_and_the_next_after_ten_minutes(study: Study) -> None:
    concern = a_concern(study)
    first = concern.climb(MONDAY, HOUR)
    assert first is not None
    assert first.roles == ("nurse",)
    assert concern.climb(later(minutes=9, seconds=59), HOUR) is None
    second = concern.climb(later(minutes=10), HOUR)
    assert second is not None
    assert second.roles == ("coordinator", "investigator")


def test_what_nobody_was_called_for_yet_can_be_calmed(study: Study) -> None:
    concern = a_concern(study, "urgent")
    routine = study.ladders[Severity.ROUTINE].model_dump(mode="json")
    assert concern.calm(Severity.ROUTINE, routine, later(hours=5))
    assert concern.climb(later(hours=4), HOUR) is None
    assert concern.climb(later(hours=5), HOUR) is not None
    assert concern.severity == "routine"


def test_once_somebody_was_called_nothing_is_calmed(study: Study) -> None:
    concern = a_concern(study, "urgent")
    concern.climb(MONDAY, HOUR)
    assert not concern.calm(Severity.ROUTINE, study.ladders[Severity.ROUTINE].model_dump(mode="json"), later(hours=5))
    assert (concern.severity, concern.next_at) == ("urgent", later(hours=1))


def test_after_eight_hours_of_downtime_one_level_is_paged_and_the_next_counts_from_then(study: Study) -> None:
    concern = a_concern(study, "urgent")
    concern.climb(MONDAY, HOUR)
    back = later(hours=8)
    page = concern.climb(back, HOUR)
    assert page is not None
    assert page.level == 1
    assert concern.climb(back, HOUR) is None
    assert concern.next_at == back + timedelta(minutes=60)


def test_nobody_acknowledges_until_the_concern_is_unowned_and_loud(study: Study) -> None:
    concern = a_concern(study)
    kinds = []
    now = MONDAY
    while concern.state != ConcernState.UNOWNED:
        page = concern.climb(now, HOUR)
        assert page is not None
        kinds.append(page.kind)
        now = moment(concern)
    assert kinds == [PageKind.STEP] * 2 + [PageKind.REPEAT] * 8 + [PageKind.UNOWNED]
    again = concern.climb(now, HOUR)
    assert again is not None
    assert again.kind is PageKind.UNOWNED


def moment(concern: Concern) -> datetime:
    assert concern.next_at is not None
    return concern.next_at


def test_an_acknowledged_concern_never_climbs(study: Study) -> None:
    concern = a_concern(study)
    concern.climb(MONDAY, HOUR)
    concern.acknowledge(by=1, at=later(minutes=5))
    assert concern.climb(later(days=2), HOUR) is None


def test_a_concern_is_taken_once_and_settled_once(study: Study) -> None:
    concern = a_concern(study)
    concern.acknowledge(by=1, at=MONDAY)
    with pytest.raises(AlreadyAcknowledged):
        concern.acknowledge(by=2, at=MONDAY)
    concern.resolve(by=1, at=MONDAY)
    with pytest.raises(AlreadyResolved):
        concern.resolve(by=2, at=MONDAY)
    with pytest.raises(AlreadyResolved):
        concern.acknowledge(by=2, at=MONDAY)


def test_whoever_settles_a_concern_has_also_seen_it(study: Study) -> None:
    concern = a_concern(study)
    concern.resolve(by=3, at=MONDAY)
    assert (concern.acknowledged_by, concern.resolved_by) == (3, 3)


def test_a_graver_report_starts_the_graver_ladder_at_once(study: Study) -> None:
    concern = a_concern(study, "routine")
    concern.climb(MONDAY, HOUR)
    concern.worsen("emergency", study.ladders[Severity.EMERGENCY].model_dump(mode="json"), later(hours=1))
    page = concern.climb(later(hours=1), HOUR)
    assert page is not None
    assert (page.level, page.roles) == (0, ("nurse",))
