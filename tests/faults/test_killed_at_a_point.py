"""Faults 1 to 4: the bot dies by kill -9 at a named point, is started again, and nobody notices."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

from study.concerns import ConcernKind
from study.inbox import Effect, InboxRow, InboxState
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import by_code
from study.protocol import Severity
from study.services.passing_on import pass_on
from study.work import Work
from tests.faults.installation import Installation

Install = Callable[..., Installation]
KILLED = -signal.SIGKILL
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
SQLITE = pytest.mark.parametrize("kind", ["sqlite"])
POSTGRESQL = pytest.mark.parametrize("kind", ["postgresql"])


@SQLITE
def test_killed_before_the_commit_the_update_comes_again_and_is_one_record(install: Install, kind: str) -> None:
    """Fault 1."""
    here = install(kind)
    ana, code = here.participant()
    here.start(kill_at="after getUpdates, before the commit")
    here.participants.say(ana, "can i leave whenever")
    assert here.ended() == KILLED
    assert here.count(InboxRow) == 0
    assert here.participants.pending == 1

    here.start()
    here.settle()
    assert here.words(code) == ["can i leave whenever"]
    assert here.received(ana) == ["echo can i leave whenever"]
    here.assert_audit_holds()


@POSTGRESQL
def test_killed_before_the_confirmation_the_second_delivery_is_ignored(install: Install, kind: str) -> None:
    """Fault 2, with a red flag in it: its concern and its alert are one too."""
    here = install(kind)
    nora = here.member()
    ana, code = here.participant()
    here.start(kill_at="after the commit, before the confirmation")
    here.participants.say(ana, "my chest feels tight and i cant breathe")
    assert here.ended() == KILLED
    assert here.count(InboxRow) == 1
    assert here.participants.pending == 1

    here.start()
    here.settle()
    assert len(here.rows(code)) == 1
    assert [concern.flags for concern in here.concerns(code)] == [["chest_pain", "breathing"]]
    assert len(here.alerts(nora)) == 1
    assert len(here.received(ana)) == 1
    here.assert_audit_holds()


@BOTH
def test_killed_before_the_result_is_committed_the_turn_is_replayed_with_one_effect(
    install: Install, kind: str
) -> None:
    """Fault 3: the action's own transaction stands, the replies were lost, and the turn is asked for again."""
    here = install(kind)
    nora = here.member()
    ana, code = here.participant()

    def pass_it_on(turn: dict[str, Any]) -> None:
        """What the action behind the turn does, under the message as its cause."""

        def use_case(session: Any) -> None:
            work = Work(session, here.app.study, here.clock.now(), cause=turn["inbox_id"])
            participant = by_code(session, turn["code"])
            assert participant is not None
            pass_on(work, participant, ConcernKind.QUESTION, Severity.URGENT)

        here.app.db.run(use_case)

    here.rasa.before = pass_it_on
    here.start(kill_at="after Rasa answered, before the result is committed")
    here.participants.say(ana, "is it ok to fly")
    assert here.ended() == KILLED
    assert here.rows(code)[0].state == InboxState.OPEN
    assert here.count(Effect) == 1

    here.start()
    here.settle()
    assert here.rasa.tries(code) == 2
    assert here.rasa.turns[0]["state_before"] == here.rasa.turns[1]["state_before"]
    assert here.count(Effect) == 1
    assert len(here.concerns(code)) == 1
    assert here.received(ana) == ["echo is it ok to fly"]
    assert len(here.alerts(nora)) == 1
    here.assert_audit_holds()


@SQLITE
def test_killed_after_an_alert_was_accepted_it_is_sent_again_under_the_same_reference(
    install: Install, kind: str
) -> None:
    """Fault 4: an alert twice is better than an alert never."""
    here = install(kind)
    nora = here.member()
    ana, code = here.participant()
    here.start(kill_at="after an alert was accepted, before it is marked")
    here.participants.say(ana, "i cant breathe")
    assert here.ended() == KILLED

    here.start()
    here.settle()
    reference = here.concerns(code)[0].reference
    sent = [*here.alerts(nora), *here.participants.sent_to(ana)]
    assert 3 <= len(sent) <= 4  # whichever of the two was accepted before the kill came twice
    assert all(reference in alert.text for alert in here.alerts(nora))
    assert here.concerns(code)[0].delivered_at is not None
    assert here.count(OutboxRow, OutboxRow.lane == Lane.ALERT) == 2
    here.assert_audit_holds()


@POSTGRESQL
def test_killed_after_a_reply_was_accepted_it_is_sent_again(install: Install, kind: str) -> None:
    """Fault 4: a reply twice is better than a reply never."""
    here = install(kind)
    ana, code = here.participant()
    here.start(kill_at="after a reply was accepted, before it is marked")
    here.participants.say(ana, "can i leave whenever")
    assert here.ended() == KILLED

    here.start()
    here.settle()
    assert here.received(ana) == ["echo can i leave whenever"] * 2
    assert [letter.state for letter in here.letters(code)] == [OutboxState.SENT]


@POSTGRESQL
def test_killed_after_a_reminder_was_accepted_it_is_not_sent_again(install: Install, kind: str) -> None:
    """Fault 4: two reminders make people leave, so one in doubt is written down as such."""
    here = install(kind)
    ana, code = here.participant()
    here.start(kill_at="after a reminder was accepted, before it is marked")
    here.turn_to_the_next_check_in()
    assert here.ended() == KILLED
    assert len(here.received(ana)) == 1

    here.start()
    here.settle()
    here.participants.say(ana, "i am here")
    here.wait_until(lambda: "echo i am here" in here.received(ana))
    reminder = here.letters(code, OutboxRow.lane == Lane.REMINDER)
    assert [(letter.state, letter.reason) for letter in reminder] == [(OutboxState.DELIVERY_UNKNOWN, "process_died")]
    assert len(here.received(ana)) == 2
    here.assert_audit_holds()
