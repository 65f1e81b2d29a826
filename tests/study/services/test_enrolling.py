"""One-time links and consent."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.checkins import Occurrence
from study.errors import EnrolmentError
from study.links import Link
from study.participants import Chat, Participant, Standing, by_code
from study.services.enrolling import (
    add_staff,
    consent,
    decline,
    invite,
    open_participant_link,
    open_staff_link,
)
from study.work import Work
from tests.factories import MONDAY, a_chat, later
from tests.study.services.conftest import Site


def opens(site: Site, token: str, chat: int = 3001, bot: str = "participants", now=MONDAY) -> list[str]:  # type: ignore[no-untyped-def]  # a datetime
    def act(work: Work) -> list[str]:
        hashed = work.session.info["vault"].fingerprint(f"{bot}:{chat}")
        row = work.session.scalar(select(Chat).where(Chat.chat_hash == hashed)) or a_chat(work, bot, chat)
        use_case = open_staff_link if bot == "staff" else open_participant_link
        return [one["wording"] for one in use_case(work, row, token)]

    return site.do(act, now)


def test_a_link_works_once_for_one_person(site: Site) -> None:
    token = site.do(lambda work: invite(work, "P-003", "S1"))
    assert opens(site, token) == ["welcome.intro"]
    assert opens(site, token, chat=3002) == ["enrol.used_link"]
    assert "link_refused" in [row.event for row in site.rows(AuditEvent)]


def test_an_expired_link_is_refused(site: Site) -> None:
    token = site.do(lambda work: invite(work, "P-003", "S1"))
    assert opens(site, token, now=later(days=14)) == ["enrol.bad_link"]


def test_five_wrong_links_lock_the_chat(site: Site) -> None:
    token = site.do(lambda work: invite(work, "P-003", "S1"))
    for _ in range(5):
        assert opens(site, "guess") == ["enrol.bad_link"]
    assert opens(site, token) == ["enrol.locked"]
    assert opens(site, token, chat=3002) == ["welcome.intro"]


def test_a_staff_link_opens_nothing_for_participants(site: Site) -> None:
    token = site.do(lambda work: add_staff(work, "Mia", "nurse", "S1"))
    assert opens(site, token) == ["enrol.bad_link"]
    assert opens(site, token, chat=4001, bot="staff") == ["staff.welcome", "staff.levels"]


def test_only_the_hash_of_a_link_is_kept(site: Site) -> None:
    token = site.do(lambda work: invite(work, "P-003", "S1"))
    assert token not in {row.token_hash for row in site.rows(Link)}
    assert len(token) >= 22  # 128 bit in base64


def test_consent_sets_day_one_and_plans_every_check_in_with_the_wording_agreed_to(site: Site) -> None:
    site.do(lambda work: invite(work, "P-003", "S2"))

    def agree(work: Work) -> None:
        participant = by_code(work.session, "P-003")
        assert participant is not None
        consent(work, participant)

    site.do(agree)
    (participant,) = [row for row in site.rows(Participant) if row.code == "P-003"]
    assert participant.day1 == date(2026, 3, 2)
    assert participant.consent_wording == "welcome.intro@1"
    planned = [row for row in site.rows(Occurrence) if row.participant_id == participant.id]
    assert len([row for row in planned if row.checkin == "daily"]) == 168
    assert len([row for row in planned if row.checkin == "weekly"]) == 23
    opening = min(row.opens_at for row in planned if row.checkin == "daily")
    assert opening.hour == 1  # 20:00 in Boston the evening before, in UTC
    assert max(row.day for row in planned) == date(2026, 3, 2) + timedelta(days=167)


def test_refusing_consent_is_respected(site: Site) -> None:
    site.do(lambda work: invite(work, "P-003", "S1"))

    def refuse(work: Work) -> str:
        participant = by_code(work.session, "P-003")
        assert participant is not None
        decline(work, participant)
        return participant.standing

    assert site.do(refuse) == Standing.INVITED
    assert site.ticks(later(hours=12)) > 0  # the others' check-ins
    assert [row for row in site.rows(Occurrence) if row.participant_id == 3] == []


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda work: invite(work, "p1", "S1"), "looks like P-001"),
        (lambda work: invite(work, "P-001", "S1"), "enrolled already"),
        (lambda work: invite(work, "P-003", "S9"), "study.yml knows S1, S2"),
        (lambda work: invite(work, "P-003", "S1", "Europe/Madird"), "did you mean Europe/Madrid"),
        (lambda work: add_staff(work, "Mia", "nurze", "S1"), "study.yml knows nurse"),
        (lambda work: add_staff(work, "nora", "nurse", "S1"), "already"),
    ],
)
def test_a_wrong_call_is_one_line_with_its_mend(site: Site, call, says: str) -> None:  # type: ignore[no-untyped-def]  # a use case
    with pytest.raises(EnrolmentError, match=says):
        site.do(call)
