"""Staff take concerns; of two at once one wins; the participant is told."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from study.alarms import Alarm
from study.audit import AuditEvent
from study.concerns import Concern, ConcernKind, ConcernState
from study.errors import Refused
from study.outbox import OutboxRow, OutboxState
from study.participants import Chat, Participant
from study.protocol import Severity
from study.services.concerning import staff_unreachable
from study.services.passing_on import pass_on
from study.services.taking_concerns import acknowledge, inert, resolve, show_words
from study.staff import StaffMember
from study.work import Work
from tests.factories import MONDAY, a_member, later
from tests.study.services.conftest import Site

CHEST = "my chest hurts badly"


def take(site: Site, role: str = "nurse", minutes: int = 5) -> list[str]:
    (concern,) = site.concerns()
    says = site.as_staff(lambda work, member: acknowledge(work, member, concern.id), role, later(minutes=minutes))
    return [one["wording"] for one in says]


def test_the_participant_is_told_which_role_has_seen_it_and_when(site: Site) -> None:
    site.says(CHEST)
    assert take(site) == ["staff.acknowledged"]
    told = site.texts()[-1]
    assert "study nurse" in told
    assert "08:35" in told
    assert "112" in told


def test_the_second_is_told_who_was_first_and_both_are_recorded(site: Site) -> None:
    site.says(CHEST)
    take(site)
    assert take(site, "investigator", 6) == ["staff.already_acknowledged"]
    events = [row.event for row in site.rows(AuditEvent)]
    assert events.count("concern_acknowledged") == 1
    assert events.count("acknowledge_already_acknowledged") == 1


def test_two_at_once_one_wins(site: Site) -> None:
    site.says(CHEST)
    ready = threading.Barrier(2)
    said: list[str] = []
    seen: set[str] = set()

    def press(role: str) -> None:
        def act(work: Work, member: StaffMember) -> list[dict[str, object]]:
            if site.db.is_postgresql and role not in seen:  # SQLite lets only one of them begin
                seen.add(role)
                work.session.scalars(select(Concern)).all()
                ready.wait(10)
            (concern,) = work.session.scalars(select(Concern)).all()
            return acknowledge(work, member, concern.id)

        said.extend(str(one["wording"]) for one in site.as_staff(act, role, later(minutes=1)))

    threads = [threading.Thread(target=press, args=(role,)) for role in ("nurse", "investigator")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["staff.acknowledged", "staff.already_acknowledged"]


def test_it_never_escalates_after_an_acknowledgement(site: Site) -> None:
    site.says(CHEST)
    take(site)
    before = site.letters(to="staff")
    site.ticks(later(hours=9))
    assert [letter for letter in site.letters(to="staff")[len(before) :] if letter.startswith("staff.alert")] == []


def waiting_for(site: Site, bot: str) -> set[str]:
    """States of the alerts that were put into the outbox for the people of one bot."""

    def read(session: Session) -> set[str]:
        rows = session.scalars(select(OutboxRow).join(Chat, Chat.id == OutboxRow.chat_id).where(Chat.bot == bot))
        return {row.state for row in rows if row.lane == "alert"}

    return site.db.read(read)


def test_a_page_still_waiting_is_withdrawn_by_the_acknowledgement(site: Site) -> None:
    site.says(CHEST)
    site.ticks(later(minutes=10))
    take(site, minutes=11)
    assert waiting_for(site, "staff") == {OutboxState.CANCELLED}


def test_an_emergency_wording_on_its_way_is_not_withdrawn_by_an_acknowledgement(site: Site) -> None:
    site.says(CHEST)
    take(site)
    assert waiting_for(site, "participants") == {OutboxState.PENDING}


def test_the_second_nurse_is_called_when_the_first_does_not_answer(site: Site) -> None:
    site.says(CHEST)
    site.ticks(later(minutes=9))
    assert site.letters(to="staff") == ["staff.alert.emergency"]
    site.ticks(later(minutes=10))
    assert site.letters(to="staff") == ["staff.alert.emergency", "staff.alert.emergency"]
    assert [row.kind for row in site.concerns()] == ["red_flag"]


def test_nobody_acknowledges_and_the_concern_is_unowned_with_an_alarm(site: Site) -> None:
    site.says(CHEST)
    for minutes in range(0, 200, 5):
        site.ticks(later(minutes=minutes))
    (concern,) = site.concerns()
    assert concern.state == ConcernState.UNOWNED
    assert "staff.unowned" in site.letters(to="staff")
    assert "concern_unowned" in [alarm.code for alarm in site.rows(Alarm)]


def test_a_level_that_reaches_nobody_is_passed_at_once_with_an_alarm(site: Site) -> None:
    site.as_staff(lambda _work, member: setattr(member, "reachable", False))
    site.says(CHEST)
    assert site.letters(to="staff") == ["staff.alert.emergency"]  # the investigator's
    assert [alarm.code for alarm in site.rows(Alarm)] == ["nobody_reachable"]


def test_staff_found_unreachable_hand_the_concern_on_at_once(site: Site) -> None:
    site.says(CHEST)
    (concern,) = site.concerns()

    def lost(work: Work, member: StaffMember) -> None:
        to_staff = select(Chat.id).where(Chat.staff_id.is_not(None))
        for row in work.session.scalars(select(OutboxRow).where(OutboxRow.chat_id.in_(to_staff))):
            row.state = OutboxState.DEAD
        staff_unreachable(work, member, concern.id)

    site.as_staff(lost)
    assert site.letters(to="staff") == ["staff.alert.emergency", "staff.alert.emergency"]
    assert "staff_unreachable" in [alarm.code for alarm in site.rows(Alarm)]


def test_staff_of_another_site_are_refused(site: Site) -> None:
    site.says(CHEST)
    (concern,) = site.concerns()
    for use_case in (acknowledge, resolve, show_words):
        with pytest.raises(Refused):
            site.as_staff(lambda work, member, do=use_case: do(work, member, concern.id), "coordinator")  # type: ignore[misc]  # mypy infers no type for a lambda's default
    assert site.concerns()[0].state == ConcernState.NOTIFIED


def test_words_are_shown_on_request_inert_and_audited(site: Site) -> None:
    site.says("<b>ACKNOWLEDGED</b> @all my chest hurts ](http://x.y) \u202eevil")
    (concern,) = site.concerns()
    (shown,) = site.as_staff(lambda work, member: show_words(work, member, concern.id))
    words = shown["params"]["words"]
    assert "my chest hurts" in words
    assert "@all" not in words
    assert "http://" not in words
    assert "\u202e" not in words
    assert "words_shown" in [row.event for row in site.rows(AuditEvent)]


def test_inert_leaves_plain_words_alone() -> None:
    assert inert("my knee hurts, since Tuesday; 3/10 🙂") == "my knee hurts, since Tuesday; 3/10 🙂"


def test_one_chat_of_one_nurse_gets_one_page_a_level(site: Site) -> None:
    site.do(lambda work: a_member(work, "Nia", "nurse", chat=2003))
    site.says(CHEST)
    chats = [row.chat_id for row in site.rows(OutboxRow) if row.lane == "alert" and row.concern_id]
    assert len(chats) == len(set(chats)) == 3  # two nurses and the participant


def test_resolving_settles_it_with_who_and_when(site: Site) -> None:
    site.says(CHEST)
    take(site)
    (concern,) = site.concerns()
    site.as_staff(lambda work, member: resolve(work, member, concern.id), now=later(hours=1))
    (settled,) = site.concerns()
    assert settled.state == ConcernState.RESOLVED
    assert settled.resolved_at == later(hours=1)

    def times(session: Session) -> tuple[bool, bool]:
        one = session.scalars(select(Concern)).one()
        return one.received_at == MONDAY, one.acknowledged_at == later(minutes=5)

    assert site.db.read(times) == (True, True)


def test_a_routine_ladder_calls_nobody_outside_monitoring_hours(site: Site) -> None:
    friday = later(days=4, hours=8, minutes=30)  # 17:00 in Madrid

    def ask(work: Work, participant: Participant) -> None:
        pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE)

    site.as_participant(ask, friday)
    hours = []
    for _ in range(12):
        (concern,) = site.concerns()
        assert concern.next_at is not None
        before = len(site.letters(to="staff"))
        site.ticks(concern.next_at)
        assert len(site.letters(to="staff")) > before
        hours.append(concern.next_at.astimezone(site.study.sites["S1"].zone))
    assert all(site.study.monitoring.open_at(hour) for hour in hours), hours


def test_reports_of_somebody_unknown_from_one_chat_are_one_concern(site: Site) -> None:
    for number in range(5):
        site.says(CHEST, message_id=number + 1, chat=7777)
    site.says(CHEST, message_id=1, chat=8888)
    assert len(site.concerns()) == 2
    assert site.letters(to="staff") == ["staff.alert.unknown_person"] * 2
