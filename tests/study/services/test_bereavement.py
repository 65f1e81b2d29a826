"""Somebody tells that the participant has died: every automatic message stops in the same transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.checkins import Occurrence
from study.outbox import Button, Lane, OutboxRow, OutboxState
from study.participants import Participant, Standing
from study.services.bereavement import STILL_HERE, answer_the_family, messages_on, still_here
from study.services.leaving import resume
from study.services.taking_concerns import acknowledge
from tests.factories import later
from tests.study.services.conftest import Site

TOLD = "this is his daughter. dad died this morning"
EVENING = later(hours=11, minutes=30)


def standing(site: Site) -> str:
    return next(row.standing for row in site.rows(Participant) if row.code == "P-001")


def pending(site: Site) -> list[str]:
    """Lanes of what still waits for the participant's phone."""
    return [
        row.lane
        for row in site.rows(OutboxRow)
        if row.state == OutboxState.PENDING and row.chat_id == 1 and row.lane != Lane.TIDY
    ]


def test_all_automatic_messages_stop_at_once_and_the_family_has_its_own_words(site: Site) -> None:
    site.ticks(EVENING)
    assert pending(site) == ["reminder"]
    site.says(TOLD, EVENING)
    assert standing(site) == Standing.DECEASED
    assert pending(site) == ["alert"]
    assert site.letters(to="participants")[-1] == "emergency.death"
    assert [(one.kind, one.flags, one.severity) for one in site.concerns()] == [("red_flag", ["death"], "urgent")]
    site.ticks(EVENING + timedelta(days=1))
    mine = select(Occurrence).where(Occurrence.participant_id == 1, Occurrence.skipped == "deceased")
    assert site.db.read(lambda session: session.scalars(mine).first()) is not None
    assert pending(site) == ["alert"]


def test_what_comes_later_goes_to_people_in_few_words(site: Site) -> None:
    site.says(TOLD)
    cause = site.says("what shall we do with the tablets", later(minutes=5), message_id=2)
    says = site.as_participant(answer_the_family, later(minutes=5), cause=cause)
    assert [one["wording"] for one in says] == ["bereaved.reply"]
    assert [(one.kind, one.severity) for one in site.concerns()][1:] == [("other_person", "urgent")]


@pytest.mark.parametrize("before", [Standing.ENROLLED, Standing.PAUSED, Standing.LEFT])
def test_whoever_lost_somebody_else_says_so_with_one_tap_and_stands_where_they_stood(
    site: Site, before: Standing
) -> None:
    site.as_participant(lambda work, ana: setattr(ana, "standing", before))
    site.says("my brother died yesterday")
    assert standing(site) == Standing.DECEASED
    (offered,) = [row for row in site.rows(OutboxRow) if row.wordings and row.wordings[0]["id"] == "emergency.death"]
    tap = site.db.read(lambda session: session.get_one(Button, offered.keyboard[0][0]["token"])).tap
    assert tap == {"do": STILL_HERE}
    told = site.as_participant(still_here, later(minutes=1))
    assert [one["wording"] for one in told] == ["bereaved.still_here"]
    assert standing(site) == before
    assert [(one.kind, one.state) for one in site.concerns()] == [("red_flag", "notified")], "people still read it"
    assert "death_taken_back" in [row.event for row in site.rows(AuditEvent)]


def take(site: Site) -> dict[str, Any]:
    concern = site.concerns()[0]
    (told,) = site.as_staff(lambda work, member: acknowledge(work, member, concern.id), now=later(minutes=5))
    return told


def test_staff_can_take_it_back_when_it_was_a_mistake(site: Site) -> None:
    site.says(TOLD)
    told = take(site)
    assert "messages_on" in [one["tap"]["do"] for row in told["buttons"] for one in row]
    concern = site.concerns()[0]
    (on,) = site.as_staff(lambda work, member: messages_on(work, member, {"concern": concern.id}))
    assert on["wording"] == "staff.messages_on"
    assert "messages_on" not in [one["tap"]["do"] for row in on["buttons"] for one in row]
    assert standing(site) == Standing.ENROLLED
    assert {"death_reported", "death_taken_back"} <= {row.event for row in site.rows(AuditEvent)}


def test_the_participant_can_take_it_back_too(site: Site) -> None:
    site.says(TOLD)
    site.as_participant(resume)
    assert standing(site) == Standing.ENROLLED


def test_the_family_is_told_in_its_own_words_that_it_was_seen(site: Site) -> None:
    site.says(TOLD)
    take(site)
    assert site.letters(to="participants")[-1] == "concern.seen_family"


@pytest.mark.parametrize("words", ["my dog died", "will I die?", "my dad died when i was ten"])
def test_another_death_stops_nothing(site: Site, words: str) -> None:
    site.says(words)
    assert standing(site) == Standing.ENROLLED
