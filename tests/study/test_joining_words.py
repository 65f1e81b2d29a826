"""How typed answers of the joining talk are read: hours, countries, places, numbers."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from study.joining import Joining, holds_a_telephone, read_hour
from study.protocol.countries import country_name, country_named, place_of, zone_named, zones_of

WINTER = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "hour"),
    [
        ("18:30", time(18, 30)),
        ("18.30", time(18, 30)),
        ("9", time(9)),
        ("at nine", time(9)),
        ("about 9 please", time(9)),
        ("7pm", time(19)),
        ("7 p.m.", time(19)),
        ("12 am", time(0)),
        ("12pm", time(12)),
        ("half past nine", time(9, 30)),
        ("quarter past 8 in the evening", time(20, 15)),
        ("8 in the evening", time(20)),
        ("Noon", time(12)),
        ("10 o'clock", time(10)),
    ],
)
def test_an_hour_is_read_as_people_type_it(words: str, hour: time) -> None:
    assert read_hour(words) == hour


@pytest.mark.parametrize(
    "words",
    ["", "whenever", "25:00", "9:75", "i took 2 pills at 8", "in 3 weeks", "no", "the sooner the better", "112"],
)
def test_a_sentence_with_a_number_in_it_is_no_hour(words: str) -> None:
    assert read_hour(words) is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Spain", "ES"),
        ("i live in the uk", "GB"),
        ("U.S.A.", "US"),
        ("I'm in Portugal at the moment", "PT"),
        ("Portugall", "PT"),
        ("españa", "ES"),
        ("FR", "FR"),
    ],
)
def test_a_country_is_found_by_what_people_call_it(words: str, code: str) -> None:
    assert country_named(words) == code


@pytest.mark.parametrize("words", ["", "what is this for", "i feel sick", "no", "Narnia", "me"])
def test_what_is_no_country_is_none(words: str) -> None:
    assert country_named(words) is None


def test_a_country_with_one_clock_has_one_and_a_wide_one_has_those_that_differ() -> None:
    assert zones_of("FR", WINTER) == ["Europe/Paris"]
    american = zones_of("US", WINTER)
    assert american[0] == "America/New_York"
    assert {"America/Chicago", "America/Los_Angeles", "America/Phoenix"} <= set(american)
    assert len(american) < 9, "towns that go alike are not listed again"
    assert zones_of("", WINTER) == []


def test_a_place_names_its_zone_in_their_country_first() -> None:
    assert zone_named("new york", "US") == "America/New_York"
    assert zone_named("America/Denver", "US") == "America/Denver"
    assert zone_named("a small village", "US") is None
    assert place_of("America/New_York") == "New York"
    assert country_name("GB") == "United Kingdom"


def test_the_questions_come_in_their_order_and_end() -> None:
    order = [Joining.COUNTRY]
    while (following := order[-1].following) is not None:
        order.append(following)
    assert order == list(Joining)


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        ("+34 600 111 222", True),
        ("Maria, my wife, 600111222", True),
        ("112", False),
        ("call me", False),
        ("1" * 300, False),
    ],
)
def test_a_number_is_worth_keeping_when_it_can_be_called(words: str, holds: bool) -> None:
    assert holds_a_telephone(words) is holds
