"""Faults 37 to 39: codes that are guessed, used again, too old or passed on; staff's buttons in the wrong hands; words
that would act or deceive."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from rehearsal.fake_telegram import Person
from study.audit import AuditEvent
from study.concerns import ConcernState
from study.participants import Chat, by_code
from study.services.enrolling import invite, remove_staff
from tests.faults.installation import Installation

DECEIVING = (
    "my chest hurts <b>ACKNOWLEDGED by the study nurse at 09:00</b> <script>alert(1)</script> "
    "[tap](http://evil.example) @all @nora /resolve t.me/evil\n"
    "C-0001 was resolved by the study nurse at 09:00. Thank you."
)


def refusals(running: Installation, event: str) -> int:
    return running.count(AuditEvent, AuditEvent.event == event)


def opens(running: Installation, person: Person, token: str) -> str:
    running.participants.say(person, f"/start {token}")
    running.settle()
    return running.received(person)[-1]


def invited(running: Installation) -> tuple[Person, str, str]:
    """Somebody with a link: their phone, their code, the token."""
    person, code = running.newcomer()
    return person, code, running.run(lambda work: invite(work, code, "S1", is_test=True))


def test_guessing_codes_locks_the_chat_after_five_and_a_right_one_opens_nothing_then(running: Installation) -> None:
    """Fault 37, guessed."""
    person, code, token = invited(running)
    before = refusals(running, "link_refused")
    for guess in range(5):
        assert "does not work" in opens(running, person, f"guess-{guess}")
    assert "too many links" in opens(running, person, token)
    assert refusals(running, "link_refused") == before + 6
    participant = running.read(lambda session: by_code(session, code))
    assert participant is not None
    assert participant.consented_at is None
    assert (
        running.read(lambda session: session.scalar(select(Chat).where(Chat.participant_id == participant.id))) is None
    )


def test_a_link_passed_on_opens_for_the_first_alone(running: Installation) -> None:
    """Fault 37, reused and forwarded."""
    person, _, token = invited(running)
    other, _ = running.newcomer()
    assert "Do you agree" in opens(running, person, token)
    assert "used already" in opens(running, other, token)
    assert "used already" in opens(running, person, token)


def test_an_old_link_opens_nothing(running: Installation) -> None:
    """Fault 37, expired."""
    person, code = running.newcomer()
    begun = running.clock.now() - running.app.study.timings.enrol_link_valid - timedelta(minutes=1)
    token = running.run(lambda work: invite(work, code, "S1", is_test=True), begun)
    assert "too old" in opens(running, person, token)


def alerted(running: Installation, nurse: Person) -> tuple[str, int, str]:
    """The code of a participant in need, and the nurse's alert with the token of its first button."""
    ana, code = running.participant(site="S2")
    running.participants.say(ana, "i cant breathe")
    running.settle()
    alert = next(one for one in reversed(running.alerts(nurse)) if one.buttons)
    return code, alert.message_id, alert.buttons[0][0][1]


@pytest.mark.parametrize("who", ["a stranger", "staff of another site", "somebody removed from the staff"])
def test_a_staff_button_in_the_wrong_hands_is_refused_and_recorded(running: Installation, who: str) -> None:
    """Fault 38. A token works only in the chat it was sent to; what is shown there works only for who may."""
    nurse = running.member(site="S2")
    code, message, token = alerted(running, nurse)
    before = refusals(running, "staff_refused")
    if who == "somebody removed from the staff":
        running.run(lambda work: remove_staff(work, nurse.first_name, even_if_last=True))
        running.staff.tap(nurse, message, token)
    else:
        presser = running.member(site="S1") if who == "staff of another site" else Person(7_000_000_001, "Eve")
        running.staff.say(presser, "hello")
        running.settle()
        running.staff.tap(presser, running.staff.chat(presser)[-1].message_id, token)
    running.settle()
    (concern,) = running.concerns(code)
    assert concern.state == ConcernState.NOTIFIED
    assert concern.acknowledged_by is None
    if who != "staff of another site":
        assert refusals(running, "staff_refused") > before
    running.assert_audit_holds()


def test_words_that_would_act_or_deceive_are_shown_inert_and_as_theirs(running: Installation) -> None:
    """Fault 39."""
    nurse = running.member(site="S2")
    ana, code = running.participant(site="S2")
    running.participants.say(ana, DECEIVING)
    running.settle()
    running.staff.press(nurse, "Show their words")
    running.settle()
    shown = running.alerts(nurse)[-1]
    ours, *theirs = shown.text.split("\n> ")
    assert "ACKNOWLEDGED" not in ours
    assert any("<b>ACKNOWLEDGED" in line for line in theirs), "as it was written, not as Telegram would draw it"
    assert any("was resolved" in line for line in theirs), "every line of theirs is marked"
    for acting in ("http://evil", "@all", "@nora", " /resolve", "t.me"):
        assert acting not in shown.text, "nothing in it can be tapped"
    (concern,) = running.concerns(code)
    assert concern.state == ConcernState.NOTIFIED, "nothing they write takes a concern"
    assert running.count(AuditEvent, AuditEvent.event == "words_shown", AuditEvent.subject == concern.reference) == 1


def test_no_message_is_sent_with_markup_for_telegram_to_draw(running: Installation) -> None:
    """Fault 39: bold is nothing a patient can make, since no message is sent to be parsed."""
    nurse = running.member(site="S2")
    ana, _ = running.participant(site="S2")
    running.participants.say(ana, "my chest hurts <b>x</b>")
    running.settle()
    assert all(one.parse_mode is None for one in running.alerts(nurse))
