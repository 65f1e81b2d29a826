"""The talk after the yes: each answer counts at once, none is needed, and nothing else is lost meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from study.checkins import Occurrence, OccurrenceState
from study.inbox import Kind, Received
from study.keys import unseal
from study.outbox import OutboxRow
from study.participants import Participant, by_code, chat_of
from study.replies import lifelines_of
from study.services.enrolling import invite
from study.services.joining import answered, join, question, tapped
from study.work import Work
from tests.factories import MONDAY, a_chat, later
from tests.study.services.conftest import Site

CODE = "P-003"


@pytest.fixture
def joining(site: Site) -> Site:
    """P-003 has opened the link and said yes."""

    def come(work: Work) -> None:
        invite(work, CODE, "S1")
        participant = by_code(work.session, CODE)
        assert participant is not None
        a_chat(work, "participants", 1003, participant_id=participant.id)

    site.do(come)
    assert said(site, lambda work, ana: join(work, ana)) == ["consent.done", "joining.country"]
    return site


def said(site: Site, act: Any, now: Any = MONDAY) -> list[str] | None:
    told = site.as_participant(act, now, CODE)
    return None if told is None else [one["wording"] for one in told]


def types(site: Site, words: str, now: Any = MONDAY, **more: Any) -> list[str] | None:
    message = Received(bot="participants", key="m:1003:9", kind=more.pop("kind", Kind.TEXT), text=words, **more)
    return said(site, lambda work, ana: answered(work, ana, message), now)


def taps(site: Site, asked: str, value: str) -> list[str] | None:
    tap = {"do": "joining", "question": asked, "value": value, "shown": value}
    return said(site, lambda work, ana: tapped(work, ana, tap))


def now_is(site: Site, read: Any) -> Any:
    return site.as_participant(lambda work, ana: read(work, ana), code=CODE)


def hours(site: Site, checkin: str) -> set[str]:
    def read(work: Work, ana: Participant) -> set[str]:
        rows = work.session.scalars(
            select(Occurrence).where(Occurrence.participant_id == ana.id, Occurrence.checkin == checkin)
        )
        return {f"{row.opens_at:%H:%M}" for row in rows}

    found: set[str] = now_is(site, read)
    return found


def test_all_questions_are_answered_by_words_and_kept(joining: Site) -> None:
    assert types(joining, "France") == ["joining.hour"], "one clock in France: no question for it"
    assert types(joining, "half past seven in the evening") == ["joining.telephone"]
    assert types(joining, "my number is +33 600 111 222") == ["joining.emergency_contact"]
    assert types(joining, "Luc, my husband, 600333444") == ["joining.done"]

    def kept(work: Work, ana: Participant) -> tuple[Any, ...]:
        numbers = (ana.telephone_sealed, ana.emergency_contact_sealed)
        assert not any(b"600" in (number or b"") for number in numbers), "sealed"
        opened = [unseal(work.session, number) for number in numbers]
        return ana.country, ana.timezone, ana.preferred_hour, *opened, ana.joining

    assert now_is(joining, kept) == (
        "FR", "Europe/Paris", "19:30", "my number is +33 600 111 222", "Luc, my husband, 600333444", None,
    )  # fmt: skip


def test_all_questions_are_answered_by_buttons_and_numbers_are_skipped(joining: Site) -> None:
    assert taps(joining, "country", "US") == ["joining.timezone"]
    assert taps(joining, "timezone", "America/Chicago") == ["joining.hour"]
    assert taps(joining, "hour", "18:00") == ["joining.telephone"]
    assert taps(joining, "telephone", "skip") == ["joining.emergency_contact"]
    assert taps(joining, "emergency_contact", "skip") == ["joining.done"]
    assert now_is(joining, lambda _work, ana: (ana.timezone, ana.telephone_sealed)) == ("America/Chicago", None)


def test_what_is_still_to_come_moves_to_their_clock_and_hour_and_no_day_has_two(joining: Site) -> None:
    assert hours(joining, "weekly") == {"08:00", "07:00"}, "09:00 in Madrid, in winter and in summer"
    before = now_is(joining, lambda work, ana: work.session.query(Occurrence).filter_by(participant_id=ana.id).count())
    taps(joining, "country", "US")
    taps(joining, "timezone", "America/Chicago")
    taps(joining, "hour", "18:00")
    assert hours(joining, "weekly") == {"23:00"}, "18:00 in Chicago, where summer time begins before the first one"
    after = now_is(joining, lambda work, ana: work.session.query(Occurrence).filter_by(participant_id=ana.id).count())
    assert after == before


def test_what_was_asked_already_does_not_move(joining: Site) -> None:
    taps(joining, "country", "FR")

    def first(work: Work, ana: Participant) -> Occurrence:
        rows = select(Occurrence).where(Occurrence.participant_id == ana.id).order_by(Occurrence.opens_at)
        return work.session.scalars(rows.where(Occurrence.checkin == "weekly").limit(1)).one()

    def ask(work: Work, ana: Participant) -> None:
        first(work, ana).state = OccurrenceState.ASKED

    now_is(joining, ask)
    opened = now_is(joining, lambda work, ana: first(work, ana).opens_at)
    taps(joining, "hour", "18:00")
    assert now_is(joining, lambda work, ana: first(work, ana).opens_at) == opened
    assert hours(joining, "weekly") == {"08:00", "17:00", "16:00"}


def test_the_emergency_number_is_that_of_the_country_they_named(joining: Site) -> None:
    taps(joining, "country", "GB")
    assert now_is(joining, lambda work, ana: lifelines_of(work, ana).emergency_number) == "999"


def test_an_hour_in_the_quiet_hours_is_refused_and_asked_again(joining: Site) -> None:
    taps(joining, "country", "FR")
    assert types(joining, "23:00") == ["joining.hour_quiet", "joining.hour"]
    assert now_is(joining, lambda _work, ana: ana.preferred_hour) == "09:00"


@pytest.mark.parametrize("words", ["what is this for?", "I feel sick", "took it at 8 this morning", "my chest hurts"])
def test_something_else_goes_on_to_the_conversation_and_the_question_stays(joining: Site, words: str) -> None:
    assert types(joining, words) is None
    assert said(joining, question) == ["joining.country"]


def test_a_shared_contact_is_a_number_only_where_one_was_asked_for(joining: Site) -> None:
    shared = {"kind": Kind.MEDIA, "media": "contact", "details": {"telephone": "+34600111222"}}
    assert types(joining, "", **shared) is None
    taps(joining, "country", "FR")
    taps(joining, "hour", "09:00")
    assert types(joining, "", **shared) == ["joining.emergency_contact"]


def test_an_earlier_button_changes_that_answer_and_what_is_asked_stays_asked(joining: Site) -> None:
    taps(joining, "country", "FR")
    taps(joining, "hour", "09:00")
    assert taps(joining, "hour", "18:00") == ["joining.telephone"]
    assert now_is(joining, lambda _work, ana: ana.preferred_hour) == "18:00"
    assert taps(joining, "country", "US") == ["joining.timezone"], "a country with several clocks has to be asked"


def test_something_else_asks_for_words(joining: Site) -> None:
    assert taps(joining, "country", "other") == ["joining.country_typed"]


def test_no_check_in_comes_between_and_it_comes_when_the_talk_is_over_or_left(joining: Site) -> None:
    evening = later(hours=11, minutes=30)  # 20:00 in Madrid, when the daily question is due

    def begin_again(_work: Work, ana: Participant) -> None:
        ana.consented_at = evening - timedelta(minutes=1)

    now_is(joining, begin_again)

    def pushes() -> int:
        query = select(OutboxRow).where(OutboxRow.lane == "reminder")
        rows = joining.db.read(lambda session: list(session.scalars(query)))
        chat = now_is(joining, lambda work, ana: chat_of(work.session, ana)).id
        return sum(row.chat_id == chat for row in rows)

    joining.ticks(evening)
    assert pushes() == 0
    joining.ticks(evening + timedelta(minutes=15))
    assert pushes() == 1


def test_who_left_the_talk_a_day_ago_is_not_asked_again(joining: Site) -> None:
    assert said(joining, question, later(hours=23)) == ["joining.country"]
    assert said(joining, question, later(hours=25)) == []
    assert now_is(joining, lambda _work, ana: ana.joining) is None


def test_who_agreed_before_is_asked_nothing_again(joining: Site) -> None:
    assert said(joining, join) == ["consent.done"]
