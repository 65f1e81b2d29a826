"""What Telegram hands over is kept, once; a red flag is answered and paged in the same transaction."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from study.concerns import Concern, ConcernReport, ConcernState
from study.db.session import Database
from study.inbox import InboxRow, InboxState
from study.keys import unseal
from study.outbox import OutboxRow
from study.participants import Standing, by_code
from study.protocol import Study
from study.services.enrolling import invite
from study.work import Work
from tests.factories import MONDAY, a_chat, a_message, later, received
from tests.study.services.conftest import Site

CHEST = "my chest feels tight and I can't breathe"


def test_the_same_update_twice_is_one_record(site: Site) -> None:
    assert site.says("hello", message_id=5) == site.says("hello", message_id=5)
    assert len(site.rows(InboxRow)) == 1


def test_the_key_of_a_message_does_not_tell_the_telegram_id(site: Site) -> None:
    site.says("hello", message_id=5)
    assert "1001" not in site.rows(InboxRow)[0].key


def test_the_same_message_id_in_another_chat_is_another_message(site: Site) -> None:
    assert site.says("hello", message_id=5) != site.says("hello", message_id=5, chat=1900)


@pytest.mark.parametrize("words", ["\ud83d lone", "NUL \x00", "\u202eright to left", "a" * 10_000, "\u200bzero"])
def test_words_are_stored_as_they_came(site: Site, words: str) -> None:
    number = site.says(words)
    kept = site.db.read(lambda session: unseal(session, session.get_one(InboxRow, number).words_sealed))
    assert kept == words


def test_a_red_flag_is_answered_and_paged_at_once(site: Site) -> None:
    site.says(CHEST)
    (concern,) = site.concerns()
    assert concern.flags == ["chest_pain", "breathing"]
    assert concern.severity == "emergency"
    assert concern.state == ConcernState.NOTIFIED
    assert site.letters(lane="alert") == ["staff.alert.emergency", "emergency.several"]


def test_among_several_flags_thoughts_of_suicide_bring_the_crisis_line(site: Site) -> None:
    site.says("I want to kill myself and my chest hurts badly")
    assert site.letters(lane="alert")[-1] == "emergency.several_and_suicidal_thoughts"
    assert "024" in site.texts()[-1]


@pytest.mark.parametrize("standing", [Standing.PAUSED, Standing.LEFT, Standing.FINISHED])
def test_a_red_flag_is_heard_from_whoever_is_paused_gone_or_finished(site: Site, standing: Standing) -> None:
    site.as_participant(lambda _work, participant: setattr(participant, "standing", standing))
    site.says(CHEST)
    assert len(site.concerns()) == 1


def test_a_red_flag_before_consent_is_heard_and_its_words_are_kept(site: Site) -> None:
    def not_yet(work: Work) -> None:
        invite(work, "P-002", "S1")
        participant = by_code(work.session, "P-002")
        assert participant is not None
        a_chat(work, "participants", 1002, participant_id=participant.id)

    site.do(not_yet)
    number = site.says(CHEST, chat=1002)
    assert len(site.concerns()) == 1
    kept = site.db.read(lambda session: unseal(session, session.get_one(InboxRow, number).words_sealed))
    assert kept == CHEST


def test_a_red_flag_of_somebody_unknown_is_answered_paged_and_its_words_erased(site: Site) -> None:
    number = site.says(CHEST, chat=7777)
    assert site.letters(lane="alert") == ["staff.alert.unknown_person", "emergency.unknown_person"]
    row = site.db.read(lambda session: session.get_one(InboxRow, number))
    assert (row.words_sealed, row.raw_sealed, row.flags) == (None, None, ["chest_pain", "breathing"])


def test_the_emergency_number_is_that_of_the_country_the_participant_is_in(site: Site) -> None:
    site.as_participant(lambda _work, participant: setattr(participant, "timezone", "America/New_York"))
    site.says("I think I'm having a stroke")
    assert "911" in site.texts()[-1]
    assert "112" not in site.texts()[-1]


def test_quiet_hours_hold_no_emergency(site: Site) -> None:
    site.says(CHEST, now=later(hours=18))  # 02:30 in Madrid
    assert site.letters(lane="alert") == ["staff.alert.emergency", "emergency.several"]


def test_a_hundred_reports_are_one_concern_with_all_of_them_linked(site: Site) -> None:
    for number in range(100):
        site.says(CHEST, message_id=number + 1)
    assert len(site.concerns()) == 1
    linked = site.db.read(lambda session: len(session.scalars(select(ConcernReport)).all()))
    assert linked == 100
    assert site.letters(lane="alert").count("staff.alert.emergency") == 1
    assert site.letters(lane="alert").count("emergency.several") == 100


def test_a_new_kind_of_red_flag_pages_again(site: Site) -> None:
    site.says("I am pregnant", message_id=1)
    site.says("I fainted this morning", message_id=2)
    (concern,) = site.concerns()
    assert concern.severity == "emergency"
    assert site.letters(lane="alert", to="staff") == ["staff.alert.urgent", "staff.alert.emergency"]


def test_a_report_after_somebody_took_the_first_is_a_new_concern(site: Site) -> None:
    site.says(CHEST, message_id=1)

    def take(session: Session) -> None:
        session.scalars(select(Concern)).one().acknowledge(by=1, at=MONDAY)

    site.db.run(take)
    site.says(CHEST, message_id=2)
    assert len(site.concerns()) == 2


def test_what_cannot_be_read_is_set_aside_with_a_task_and_its_red_flag_is_not_lost_silently(site: Site) -> None:
    update = a_message("hello")
    del update["message"]["date"]
    site.db.run(lambda session: received(session, site.study, update))
    (row,) = site.rows(InboxRow)
    assert row.state == InboxState.SET_ASIDE
    assert [concern.kind for concern in site.concerns()] == ["technical"]


def test_nothing_of_an_alarm_stays_if_the_transaction_fails(db: Database, study: Study, site: Site) -> None:
    def fails(session: Session) -> None:
        received(session, study, a_message(CHEST))
        raise OperationalError("x", {}, Exception("no such thing"))

    with pytest.raises(OperationalError):
        db.run(fails, patience=0)
    assert (site.rows(InboxRow), site.concerns(), site.rows(OutboxRow)) == ([], [], [])


def test_no_alert_names_a_symptom_a_disease_a_drug_or_a_person(site: Site) -> None:
    site.says(CHEST)
    alert = site.texts()[0].lower()
    for word in (*site.study.private_words, site.study.drug_name.lower(), "chest", "breath", "nora", "ana"):
        assert word not in alert.replace("hospital del puerto", "")
