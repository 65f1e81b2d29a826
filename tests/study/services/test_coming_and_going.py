"""New phones, staff who leave, what an operator may set for a participant: one link works at a time, and no ladder is
left with nobody by accident."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.concerns import ConcernKind
from study.errors import EnrolmentError
from study.links import Link
from study.outbox import OutboxRow, OutboxState
from study.participants import Chat, Participant, by_code, chat_of
from study.protocol import Severity
from study.services.concerning import raise_concern
from study.services.enrolling import (
    consent,
    invite,
    open_participant_link,
    open_staff_link,
    rebind,
    remove_staff,
    staff_phone,
)
from study.staff import StaffMember, on_call
from study.work import Work
from tests.factories import MONDAY, a_chat, a_member
from tests.study.services.conftest import Site


def opened(site: Site, token: str, chat: int) -> list[str]:
    """The wordings a chat gets that opens a participant's link."""
    return site.do(
        lambda work: [one["wording"] for one in open_participant_link(work, a_chat(work, "participants", chat), token)]
    )


def events(site: Site, subject: str) -> list[str]:
    query = select(AuditEvent.event).where(AuditEvent.subject == subject).order_by(AuditEvent.id)
    return site.db.read(lambda session: list(session.scalars(query)))


def test_a_new_phone_closes_the_old_chat_when_its_link_is_opened_and_not_before(site: Site) -> None:
    token = site.do(lambda work: rebind(work, "P-001"))
    assert site.as_participant(lambda work, ana: chat_of(work.session, ana)) is not None
    opened(site, token, 1777)

    def chats(work: Work, ana: Participant) -> list[bool]:
        query = select(Chat).where(Chat.participant_id == ana.id).order_by(Chat.id)
        return [chat.closed_at is None for chat in work.session.scalars(query)]

    assert site.as_participant(chats) == [False, True]
    assert site.as_participant(chats, code="P-900") == [True], "nobody else's"
    assert events(site, "P-001")[-2:] == ["link_renewed", "link_used"]


def test_a_link_printed_before_a_newer_one_works_no_more(site: Site) -> None:
    first = site.do(lambda work: invite(work, "P-002", "S1"))
    second = site.do(lambda work: rebind(work, "P-002"))
    assert opened(site, first, 1002) == ["enrol.bad_link"]
    assert opened(site, second, 1003) == ["welcome.intro"]
    unopened = Link.used_at.is_(None), Link.revoked_at.is_(None)
    left = site.db.read(lambda session: session.query(Link).filter(*unopened).count())
    assert left == 5, "the first links of the others are as they were"


def test_who_has_agreed_is_not_asked_again_on_a_new_phone_and_is_reachable(site: Site) -> None:
    site.as_participant(lambda _work, ana: setattr(ana, "reachable", False))
    agreed = site.as_participant(lambda _work, ana: ana.consented_at)
    assert "welcome.intro" not in opened(site, site.do(lambda work: rebind(work, "P-001")), 1777)
    assert site.as_participant(lambda _work, ana: (ana.reachable, ana.consented_at)) == (True, agreed)


def test_rebinding_nobody_is_one_line(site: Site) -> None:
    with pytest.raises(EnrolmentError, match="P-404: no such participant"):
        site.do(lambda work: rebind(work, "P-404"))


@pytest.mark.parametrize("who", ["STAFF-01", "nora"])
def test_staff_are_found_by_code_or_name_and_called_on_the_new_phone(site: Site, who: str) -> None:
    token = site.do(lambda work: staff_phone(work, who))

    def at_the_new_phone(work: Work) -> list[str]:
        open_staff_link(work, a_chat(work, "staff", 2777), token)
        called = on_call(work.session, "S1", ["nurse"])
        return [f"{member.code} {chat.closed_at is None}" for member, chat in called]

    assert site.do(at_the_new_phone) == ["STAFF-01 True"]


def test_who_left_the_team_is_called_no_more_and_their_waiting_alerts_are_withdrawn(site: Site) -> None:
    site.do(lambda work: a_member(work, "Ned", "nurse", chat=2003))
    site.as_participant(lambda work, ana: raise_concern(work, ana, ConcernKind.SYMPTOM, Severity.URGENT))
    site.do(lambda work: remove_staff(work, "STAFF-01"))
    assert site.do(lambda work: [member.code for member, _ in on_call(work.session, "S1", ["nurse"])]) == ["STAFF-04"]

    def waiting(work: Work) -> dict[int, str]:
        rows = work.session.execute(select(Chat.staff_id, OutboxRow.state).join(OutboxRow))
        return {int(staff): state for staff, state in rows if staff is not None}

    assert site.do(waiting) == {1: OutboxState.CANCELLED, 4: OutboxState.PENDING}
    assert events(site, "STAFF-01")[-1] == "staff_removed"
    with pytest.raises(EnrolmentError, match="was removed"):
        site.do(lambda work: staff_phone(work, "STAFF-01"))


def test_the_last_at_a_step_of_a_ladder_is_not_removed_by_accident(site: Site) -> None:
    with pytest.raises(EnrolmentError, match="would leave nobody at emergency step 1") as refused:
        site.do(lambda work: remove_staff(work, "Nora"))
    assert "--even-if-last" in str(refused.value)
    site.do(lambda work: remove_staff(work, "Nora", even_if_last=True))
    assert site.db.read(lambda session: session.query(StaffMember).filter_by(active=True).count()) == 2


def test_what_the_operator_sets_is_kept_and_day_1_stays_when_they_agree_later(site: Site) -> None:
    first_dose = date(2026, 2, 27)
    site.do(
        lambda work: invite(work, "P-003", "S1", day1=first_dose, preferred_hour="18:30", country="FR", is_test=True)
    )

    def agreed(work: Work) -> tuple[object, ...]:
        ben = by_code(work.session, "P-003")
        assert ben is not None
        consent(work, ben)
        return ben.day1, ben.preferred_hour, ben.country, ben.is_test

    assert site.do(agreed, now=MONDAY) == (first_dose, "18:30", "FR", True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"preferred_hour": "late"}, "an hour is written like 18:30"),
        ({"preferred_hour": "23:00"}, "lies in the quiet hours, 22:00 to 08:00"),
        ({"country": "France"}, "two capital letters"),
        ({"timezone": "Europe/Pariss"}, "did you mean Europe/Paris"),
    ],
)
def test_what_cannot_be_is_one_line_and_makes_nobody(site: Site, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(EnrolmentError, match=said):
        site.do(lambda work: invite(work, "P-003", "S1", **wrong))  # type: ignore[arg-type]
    assert site.do(lambda work: by_code(work.session, "P-003")) is None
