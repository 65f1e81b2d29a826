"""Faults 13 to 16: Telegram says wait, says no, or says nothing although it took the message."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from rehearsal.fake_telegram import FaultKind
from study.alarms import Alarm
from study.concerns import ConcernKind, ConcernState
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import by_code
from study.staff import StaffMember
from tests.faults.installation import Installation

Install = Callable[..., Installation]
UNCERTAIN = pytest.mark.parametrize("fault", [FaultKind.ACCEPT_THEN_DROP, FaultKind.BAD_JSON])


def test_a_lane_that_must_wait_waits_and_an_alert_goes_at_once(running: Installation) -> None:
    """Fault 13: 429 with retry_after on a reply."""
    nora = running.member()
    ana, _ = running.participant()
    ben, code = running.participant()
    running.participants.faults.next("sendMessage", "too_many_requests", chat=ana.id, retry_after=3)
    running.participants.say(ana, "can i leave whenever")
    running.participants.wait_for(lambda: running.participants.faults.left == 0, 10)
    told_to_wait = time.monotonic()

    running.participants.say(ben, "i cant breathe")
    running.participants.wait_for(lambda: running.participants.sent_to(ben), 10)
    running.staff.wait_for(lambda: any(code in alert.text for alert in running.alerts(nora)), 10)
    assert running.received(ana) == [], "the alerts did not wait for it"

    running.settle()
    (reply,) = running.participants.sent_to(ana)
    assert 2.9 <= reply.arrived - told_to_wait < 6
    assert running.participants.sent_to(ben)[0].arrived - told_to_wait < 2.9


def test_a_reply_behind_one_that_must_wait_does_not_overtake_it(running: Installation) -> None:
    """Fault 13, and a server's error: within a lane a chat's messages keep their order."""
    ana, code = running.participant()
    running.participants.faults.next("sendMessage", "server_error", chat=ana.id)
    for words in ("one", "two", "three"):
        running.participants.say(ana, words)
    running.settle()
    assert running.received(ana) == ["echo one", "echo two", "echo three"]
    assert {letter.state for letter in running.letters(code)} == {OutboxState.SENT}


def test_a_participant_who_blocked_the_bot_is_unreachable_and_staff_get_one_task(
    running: Installation,
) -> None:
    """Fault 14: 403 on a reply, and then Telegram's own word that the chat was blocked."""
    nora = running.member()
    ana, code = running.participant()
    running.participants.faults.next("sendMessage", "forbidden", chat=ana.id)
    running.participants.say(ana, "hello")
    running.settle()
    assert [letter.state for letter in running.letters(code)] == [OutboxState.DEAD]
    assert not reachable(running, code)
    running.participants.block(ana)
    running.settle()
    assert [concern.kind for concern in running.concerns(code)] == [ConcernKind.UNREACHABLE]
    assert [alert.text[:4] for alert in running.alerts(nora) if code in alert.text] == ["TASK"]

    running.participants.unblock(ana)
    running.settle()
    assert reachable(running, code)


def test_a_nurse_who_cannot_be_reached_is_passed_over_at_once_with_an_alarm(install: Install) -> None:
    """Fault 15: the second step of the ladder does not wait its ten minutes."""
    here = install("sqlite")
    nora, lee = here.member("nurse"), here.member("investigator")
    ana, code = here.participant()
    here.staff.faults.always("sendMessage", "forbidden", chat=nora.id)
    here.start()
    here.participants.say(ana, "i cant breathe")
    here.settle()
    assert [message.text[:9] for message in here.alerts(lee)] == ["EMERGENCY"]
    (concern,) = here.concerns(code)
    assert (concern.state, concern.level) == (ConcernState.NOTIFIED, 1)
    assert concern.delivered_at is not None
    assert here.count(Alarm, Alarm.code == "staff_unreachable") == 1
    assert here.count(StaffMember, StaffMember.reachable.is_(False)) == 1
    here.assert_audit_holds()


def test_nobody_reachable_at_all_is_an_alarm_and_not_silence(install: Install) -> None:
    """Fault 15, at its worst."""
    here = install("sqlite")
    nora = here.member("nurse")
    ana, code = here.participant()
    here.staff.faults.always("sendMessage", "forbidden", chat=nora.id)
    here.start()
    here.participants.say(ana, "i cant breathe")
    here.settle()
    assert len(here.received(ana)) == 1, "the emergency wording does not depend on staff"
    assert here.count(Alarm, Alarm.code == "nobody_reachable") >= 1
    (concern,) = here.concerns(code)
    assert concern.next_at is not None, "the ladder goes on trying"


@UNCERTAIN
def test_a_reply_in_doubt_is_sent_again(running: Installation, fault: FaultKind) -> None:
    """Fault 16: Telegram may have taken it."""
    ana, code = running.participant()
    running.participants.faults.next("sendMessage", fault, chat=ana.id)
    running.participants.say(ana, "hello")
    running.settle()
    accepted = 2 if fault is FaultKind.ACCEPT_THEN_DROP else 1
    assert running.received(ana) == ["echo hello"] * accepted
    assert [letter.state for letter in running.letters(code)] == [OutboxState.SENT]


def test_an_alert_in_doubt_is_sent_again_under_the_same_reference(running: Installation) -> None:
    """Fault 16."""
    nora = running.member()
    ana, code = running.participant()
    running.staff.faults.next("sendMessage", "accept_then_drop", chat=nora.id)
    running.participants.say(ana, "i cant breathe")
    running.settle()
    (concern,) = running.concerns(code)
    alerts = [alert.text for alert in running.alerts(nora) if code in alert.text]
    assert len(alerts) == 2
    assert alerts[0] == alerts[1]
    assert concern.reference in alerts[0]


@UNCERTAIN
def test_a_reminder_in_doubt_is_written_down_and_not_sent_again(install: Install, fault: FaultKind) -> None:
    """Fault 16."""
    here = install("sqlite")
    ana, code = here.participant()
    here.participants.faults.next("sendMessage", fault, chat=ana.id)
    here.start()
    here.turn_to_the_next_check_in()
    here.wait_until(lambda: here.letters(code, OutboxRow.state == OutboxState.DELIVERY_UNKNOWN))
    here.participants.say(ana, "hello")
    here.settle()
    assert len(here.received(ana)) == (2 if fault is FaultKind.ACCEPT_THEN_DROP else 1)
    assert here.count(OutboxRow, OutboxRow.lane == Lane.REMINDER) == 1


def test_an_emergency_wording_on_its_way_is_not_withdrawn_by_an_acknowledgement(install: Install) -> None:
    """The nurse may be quicker than Telegram: what tells the participant to call for help still goes out."""
    here = install("sqlite")
    nora = here.member("nurse")
    ana, code = here.participant()
    here.participants.faults.next("sendMessage", "too_many_requests", chat=ana.id, retry_after=2)
    here.start()
    here.participants.say(ana, "i cant breathe")
    here.staff.wait_for(lambda: here.alerts(nora), 10)
    here.staff.press(nora, "Acknowledge")
    here.settle()
    assert here.concerns(code)[0].state == ConcernState.ACKNOWLEDGED
    assert [text[:4] for text in here.received(ana) if text.startswith("Call")] == ["Call"]


def reachable(here: Installation, code: str) -> bool:
    return here.read(lambda session: by_code(session, code).reachable)  # type: ignore[union-attr]  # made by the test
