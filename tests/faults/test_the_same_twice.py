"""Faults 7, 8 and 10: what comes twice, late or from an old screen has its effect once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from study.audit import AuditEvent
from study.checkins import DoseReport, Occurrence
from study.concerns import ConcernState
from study.participants import Participant
from study.services.enrolling import invite
from tests.faults.installation import Installation


def test_the_same_update_three_times_out_of_order_has_one_effect(running: Installation) -> None:
    """Fault 7, while none of them is handled yet: the order of writing is kept for the chat."""
    ana, code = running.participant()
    ben, other = running.participant()
    phone = running.participants
    running.rasa.hangs()
    first, second, third = (phone.say(ana, words).update_id or 0 for words in ("one", "two", "three"))
    phone.say(ben, "meanwhile")
    phone.deliver_again(third)
    phone.deliver_again(first)
    phone.deliver_again(second, as_new=True)
    phone.deliver_again(third, as_new=True)
    running.rasa.works()
    running.settle()
    assert running.words(code) == ["one", "two", "three"]
    assert running.received(ana) == ["echo one", "echo two", "echo three"]
    assert running.received(ben) == ["echo meanwhile"]
    assert running.rasa.texts(code) == ["one", "two", "three"]
    assert running.rasa.overlaps.isdisjoint({code, other})


def test_a_red_flag_delivered_three_times_pages_once(running: Installation) -> None:
    """Fault 7."""
    nora = running.member()
    ana, code = running.participant()
    update = running.participants.say(ana, "i cant breathe").update_id
    assert update
    running.participants.deliver_again(update)
    running.participants.deliver_again(update, as_new=True)
    running.settle()
    assert len(running.received(ana)) == 1
    assert len([alert for alert in running.alerts(nora) if code in alert.text]) == 1


def test_lower_numbers_after_a_quiet_week_are_not_taken_for_old_updates(running: Installation) -> None:
    """Fault 8."""
    ana, code = running.participant()
    running.participants.say(ana, "before")
    running.settle()
    running.participants.restart_update_ids(at=17)
    running.participants.say(ana, "after")
    running.participants.say(ana, "and after that")
    running.settle()
    assert running.words(code) == ["before", "after", "and after that"]
    assert running.received(ana) == ["echo before", "echo after", "echo and after that"]


def test_acknowledge_pressed_twice_counts_once_and_the_second_is_told_who_was_first(
    running: Installation,
) -> None:
    """Fault 10, and again on the old alert after the matter was settled."""
    nora = running.member(site="S2")
    ana, code = running.participant(site="S2")
    running.participants.say(ana, "i cant breathe")
    running.settle()
    alert = running.alerts(nora)[-1]
    token = alert.buttons[0][0][1]
    running.staff.tap(nora, alert.message_id, token)
    running.staff.tap(nora, alert.message_id, token)
    running.settle()
    (concern,) = running.concerns(code)
    told = [message.text for message in running.alerts(nora)[1:]]
    assert told[0].startswith(f"{concern.reference} is yours since")
    assert told[1].startswith(f"{concern.reference} was already acknowledged by the study nurse")
    assert len([text for text in running.received(ana) if "has seen your message" in text]) == 1

    running.staff.press(nora, "Resolve")
    running.settle()
    running.staff.tap(nora, alert.message_id, token)
    running.settle()
    (concern,) = running.concerns(code)
    assert concern.state == ConcernState.RESOLVED
    assert "already resolved by the study nurse" in running.alerts(nora)[-1].text
    assert events(running, concern.reference).count("concern_acknowledged") == 1
    assert events(running, concern.reference).count("concern_resolved") == 1


def test_agreeing_twice_is_one_consent_and_one_plan_of_check_ins(running: Installation) -> None:
    """Fault 10, on the participant's side."""
    ana, code = running.newcomer()
    token = running.run(lambda work: invite(work, code, "S1", is_test=True))
    running.participants.say(ana, f"/start {token}")
    running.settle()
    welcome = running.participants.sent_to(ana)[-1]
    agree = welcome.buttons[0][0][1]
    for _ in range(3):
        running.participants.tap(ana, welcome.message_id, agree)
    running.settle()
    assert events(running, code).count("consented") == 1
    planned = running.read(
        lambda session: session.execute(
            select(Occurrence.checkin, Occurrence.day)
            .join(Participant, Participant.id == Occurrence.participant_id)
            .where(Participant.code == code)
        ).all()
    )
    assert planned
    assert len(planned) == len(set(planned))


def test_a_button_that_was_never_sent_does_nothing(running: Installation) -> None:
    """Fault 10: an altered Telegram client may send any bytes as the button's data."""
    ana, code = running.participant()
    running.participants.say(ana, "hello")
    running.settle()
    strange = ("x", "a" * 64, "\x00", "\ud83d", "{}", "' OR 1=1 --")
    for data in strange:
        running.participants.tap(ana, running.participants.sent_to(ana)[0].message_id, data)
    running.settle()
    assert [row.outcome for row in running.rows(code)] == ["answer", *["checkin"] * len(strange)]
    assert running.concerns(code) == []


def test_a_button_of_somebody_else_does_nothing(running: Installation) -> None:
    """Fault 10: a token works in the chat it was sent to."""
    nora, nick = running.member(site="S2"), running.member(site="S1")
    ana, code = running.participant(site="S2")
    running.participants.say(ana, "i cant breathe")
    running.settle()
    running.staff.say(nick, "hello")
    running.settle()
    token = running.alerts(nora)[-1].buttons[0][0][1]
    running.staff.tap(nick, running.alerts(nick)[-1].message_id, token)
    running.settle()
    assert running.concerns(code)[-1].state == ConcernState.NOTIFIED


def test_a_message_that_comes_again_under_a_lower_number_is_known(running: Installation) -> None:
    """Faults 7 and 8 together: the number says nothing, what makes an update known is the message itself."""
    ana, code = running.participant()
    update = running.participants.say(ana, "only once").update_id
    running.settle()
    running.participants.restart_update_ids(at=1)
    running.participants.deliver_again(update or 0, as_new=True)
    running.participants.say(ana, "and then")
    running.settle()
    assert running.words(code) == ["only once", "and then"]
    assert running.received(ana) == ["echo only once", "echo and then"]


def test_doses_shown_back_are_noted_once_however_often_yes_is_pressed(running: Installation) -> None:
    """Fault 10, and its No afterwards, from the old message."""
    ana, code = running.participant()
    running.clock.stand_at(running.clock.now() + timedelta(days=7))
    running.participants.say(ana, "took my tablet yesterday and today")
    running.settle()
    shown = running.participants.sent_to(ana)[-1]
    (yes, no) = (row[0][1] for row in shown.buttons)
    for token in (yes, yes, yes, no):
        running.participants.tap(ana, shown.message_id, token)
    running.settle()
    reports = running.read(
        lambda session: list(
            session.scalars(
                select(DoseReport.status)
                .join(Participant, Participant.id == DoseReport.participant_id)
                .where(Participant.code == code)
                .order_by(DoseReport.id)
            )
        )
    )
    assert reports == ["unconfirmed", "unconfirmed", "taken", "taken"]


def events(here: Installation, subject: str) -> list[str]:
    """What the audit trail tells of a subject."""
    return here.read(
        lambda session: list(
            session.scalars(select(AuditEvent.event).where(AuditEvent.subject == subject).order_by(AuditEvent.id))
        )
    )
