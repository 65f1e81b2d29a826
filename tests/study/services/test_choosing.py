"""Leaving has scopes: each wish is written down in neutral words and reaches people. Messages the bot stops itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from study.checkins import Occurrence, OccurrenceState, Skipped
from study.outbox import OutboxRow, OutboxState
from study.participants import Standing
from study.services.choosing import choices, choose, plain_wish, record_wish
from study.services.leaving import pause, resume, stop_messages
from study.services.occurrences import active_occurrence
from study.services.taking_concerns import acknowledge
from study.wishes import Wish
from tests.factories import later
from tests.study.services.conftest import Site

SCOPES = ["tablets", "visits", "data_use", "not_said"]


def tapped(site: Site, scope: str) -> list[str]:
    return [
        one["wording"] for one in site.as_participant(lambda work, p: choose(work, p, {"do": "choose", "scope": scope}))
    ]


def standing(site: Site) -> str:
    return site.as_participant(lambda _work, p: p.standing)


def test_a_typed_wish_reaches_staff_at_once_even_if_nothing_is_tapped(site: Site) -> None:
    cause = site.says("I want to leave the study")
    said = site.as_participant(lambda work, p: record_wish(work, p, "I want to leave the study"), cause=cause)
    (concern,) = site.concerns()
    assert (concern.kind, concern.severity, concern.details) == ("wish", "routine", {"about": ["not_said"]})
    assert [wish.scope for wish in site.rows(Wish)] == ["not_said"]
    (told,) = said["says"]
    labels = [row[0]["label"] for row in told["buttons"]]
    assert told["wording"] == "wish.leave_recorded"
    assert labels == [
        "button.stop_messages",
        "button.stop_tablets",
        "button.stop_visits",
        "button.stop_data_use",
        "button.not_sure",
        "button.nothing",
    ]


def test_the_same_turn_again_is_one_wish(site: Site) -> None:
    cause = site.says("I quit")
    first = site.as_participant(lambda work, p: record_wish(work, p, "I quit"), cause=cause)
    again = site.as_participant(lambda work, p: record_wish(work, p, "I quit"), cause=cause)
    assert first == again
    assert len(site.rows(Wish)) == 1


def test_asking_what_can_be_stopped_is_no_wish(site: Site) -> None:
    site.as_participant(choices)
    assert site.concerns() == []
    assert site.rows(Wish) == []


@pytest.mark.parametrize("scope", SCOPES)
def test_each_tap_is_a_wish_that_staff_see_and_is_confirmed_in_neutral_words(site: Site, scope: str) -> None:
    assert tapped(site, scope) == [f"choices.{scope}"]
    assert [wish.scope for wish in site.rows(Wish)] == [scope]
    assert site.concerns()[0].details == {"about": [scope]}
    assert standing(site) == Standing.ENROLLED


def test_messages_are_stopped_by_the_bot_itself_and_a_reminder_on_its_way_is_withdrawn(site: Site) -> None:
    site.ticks(later(hours=11, minutes=30))
    assert tapped(site, "messages") == ["stopped"]
    assert standing(site) == Standing.LEFT
    assert [wish.scope for wish in site.rows(Wish)] == ["messages"]
    mine = site.as_participant(
        lambda work, p: [
            row.state
            for row in work.session.scalars(select(OutboxRow).where(OutboxRow.lane == "reminder"))
            if row.chat_id == 1
        ]
    )
    assert set(mine) == {OutboxState.CANCELLED}


def test_the_question_that_was_open_is_open_no_more_and_counts_as_not_asked(site: Site) -> None:
    evening = later(hours=11, minutes=30)  # 20:00 in Madrid
    site.ticks(evening)
    assert site.as_participant(active_occurrence, evening) is not None
    site.as_participant(stop_messages, evening)
    assert site.as_participant(active_occurrence, evening) is None
    site.ticks(later(hours=26))
    first = site.as_participant(
        lambda work, p: work.session.scalars(
            select(Occurrence).where(Occurrence.participant_id == p.id).order_by(Occurrence.opens_at)
        ).first()
    )
    assert first is not None
    assert (first.state, first.skipped) == (OccurrenceState.SKIPPED, Skipped.LEFT)


def test_two_taps_are_two_scopes_of_one_concern_and_the_same_tap_twice_is_one_wish(site: Site) -> None:
    for scope in ("tablets", "visits", "visits"):
        tapped(site, scope)
    (concern,) = site.concerns()
    assert concern.details == {"about": ["tablets", "visits"]}
    assert [wish.scope for wish in site.rows(Wish)] == ["tablets", "visits"]


def test_a_wish_after_somebody_took_the_first_is_a_new_concern(site: Site) -> None:
    tapped(site, "tablets")
    site.as_staff(lambda work, nora: acknowledge(work, nora, 1))
    tapped(site, "tablets")
    assert len(site.concerns()) == 2
    assert len(site.rows(Wish)) == 2


def test_nothing_changes_nothing(site: Site) -> None:
    assert tapped(site, "nothing") == ["choices.nothing"]
    assert site.concerns() == []
    assert standing(site) == Standing.ENROLLED


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("stop texting me", ["stopped"]),
        ("I don't want to come to the visits any more", ["choices.visits"]),
        ("I want my data deleted", ["choices.data_use"]),
        ("I don't want to take the pills any more and delete all my data", ["choices.tablets", "choices.data_use"]),
    ],
)
def test_a_wish_that_says_plainly_what_is_taken_as_said_and_not_asked_again(
    site: Site, words: str, says: list[str]
) -> None:
    told: Any = site.as_participant(lambda work, p: plain_wish(work, p, words))
    assert [one["wording"] for one in told] == says
    assert all(one["buttons"] == [] for one in told)


def test_a_question_about_leaving_is_no_wish(site: Site) -> None:
    assert site.as_participant(lambda work, p: plain_wish(work, p, "can I stop the tablets?")) is None
    assert site.concerns() == []


def test_who_says_that_they_stopped_the_tablets_and_wishes_to_is_urgent(site: Site) -> None:
    words = "I have stopped taking the tablets and I don't want to come to the visits any more"
    site.as_participant(lambda work, p: plain_wish(work, p, words))
    (concern,) = site.concerns()
    assert (concern.severity, concern.details["about"]) == ("urgent", ["visits", "dose_stopped"])


def test_who_stopped_the_messages_may_start_them_again(site: Site) -> None:
    site.as_participant(stop_messages)
    assert [one["wording"] for one in site.as_participant(resume)] == ["resumed"]
    assert standing(site) == Standing.ENROLLED


@pytest.mark.parametrize("command", [pause, resume])
def test_after_the_end_there_is_nothing_to_pause_or_resume(site: Site, command: Any) -> None:
    site.as_participant(lambda _work, p: setattr(p, "standing", Standing.FINISHED))
    assert [one["wording"] for one in site.as_participant(command)] == ["over"]
    assert standing(site) == Standing.FINISHED


def test_who_left_and_comes_back_after_the_end_is_finished(site: Site) -> None:
    site.as_participant(stop_messages)
    site.ticks(later(days=200))
    assert [one["wording"] for one in site.as_participant(resume, later(days=200))] == ["over"]
    assert standing(site) == Standing.FINISHED
