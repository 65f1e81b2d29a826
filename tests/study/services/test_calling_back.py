"""What staff do with a concern besides taking it: the number, an approved message; and what their phones show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.checkins import Occurrence
from study.concerns import Concern
from study.errors import Refused
from study.keys import seal, unseal
from study.outbox import Lane, OutboxRow, OutboxState
from study.participants import Chat, Participant, by_code
from study.replies import put_replies, say
from study.services.calling_back import send_message, show_number, which_message
from study.services.leaving import participant_blocked
from study.services.taking_concerns import acknowledge, resolve, show_words
from study.staff import StaffMember
from study.work import Work
from tests.factories import MONDAY, a_member, later
from tests.study.services.conftest import Site

CHEST = "my chest hurts badly"


def alert(site: Site) -> str:
    """The newest alert to the nurse."""
    return next(text for text in reversed(site.texts()) if text.startswith(("EMERGENCY", "URGENT", "ROUTINE", "STILL")))


def alerts(site: Site, bot: str = "staff") -> list[OutboxRow]:
    query = select(OutboxRow).join(Chat, Chat.id == OutboxRow.chat_id).where(OutboxRow.lane == Lane.ALERT)
    return site.db.read(lambda session: list(session.scalars(query.where(Chat.bot == bot).order_by(OutboxRow.id))))


def taps(row: OutboxRow) -> list[str]:
    return [one["text"] for keys in row.keyboard for one in keys]


def with_number(site: Site) -> None:
    def give(work: Work, participant: Participant) -> None:
        participant.telephone_sealed = seal(work.session, participant.key_id, "+34 600 111 222")

    site.as_participant(give)


def does(site: Site, use_case: Any, role: str = "nurse", **tap: Any) -> list[dict[str, Any]]:
    (concern, *_) = site.concerns()
    told: list[dict[str, Any]] = site.as_staff(
        lambda work, member: use_case(work, member, {"concern": concern.id, **tap}), role, later(minutes=6)
    )
    return told


def test_an_alert_names_code_kind_gravity_and_since_when_and_nothing_private(site: Site) -> None:
    site.says(CHEST)
    shown = alert(site)
    assert shown.startswith("EMERGENCY C-0001\nWords that may mean danger\nParticipant P-001, ")
    assert "Written Mon 02 Mar, 08:30" in shown
    assert "chest" not in shown.casefold()
    assert taps(alerts(site)[0]) == [
        "Acknowledge",
        "Show their words",
        "Show number",
        "Message them",
        "Resolve",
    ]


def test_since_when_is_the_hour_it_was_written_not_the_hour_we_got_it(site: Site) -> None:
    site.says(CHEST, later(hours=2), date=int(MONDAY.timestamp()))
    assert "Written Mon 02 Mar, 08:30" in alert(site)


def test_a_concern_that_grew_tells_the_first_the_last_and_how_many(site: Site) -> None:
    site.says(CHEST)
    site.says("and now I can't breathe", later(minutes=4), message_id=2)
    assert "Written Mon 02 Mar, 08:30, last Mon 08:34, 2 messages" in alert(site)


def test_taken_or_settled_the_buttons_of_every_alert_are_put_away(site: Site) -> None:
    site.says(CHEST)
    site.ticks(later(minutes=10))  # the investigator is called too

    def arrive(work: Work) -> None:
        for number, row in enumerate(work.session.scalars(select(OutboxRow).where(OutboxRow.lane == Lane.ALERT)), 1):
            row.state, row.message_id = OutboxState.SENT, number

    site.do(arrive)
    (concern,) = site.concerns()
    site.as_staff(lambda work, member: acknowledge(work, member, concern.id), now=later(minutes=11))
    changed = [row.tidies for row in site.rows(OutboxRow) if row.lane == Lane.TIDY]
    assert changed == [row.id for row in alerts(site)]
    assert len(changed) == 2


def test_the_number_is_shown_on_request_and_that_is_recorded_without_it(site: Site) -> None:
    with_number(site)
    site.says(CHEST)
    (shown,) = does(site, show_number)
    assert shown["wording"] == "staff.number"
    assert shown["params"]["telephone"] == "+34 600 111 222"
    assert shown["params"]["contact"] == "none kept"
    (event,) = [row for row in site.rows(AuditEvent) if row.event == "number_shown"]
    assert (event.subject, event.details) == ("C-0001", {"kept": True})


def test_without_a_number_the_sites_list_is_named(site: Site) -> None:
    site.says(CHEST)
    (shown,) = does(site, show_number)
    assert shown["wording"] == "staff.no_number"


def test_a_message_is_chosen_from_the_approved_ones_and_reaches_the_participant(site: Site) -> None:
    site.says(CHEST)
    (offered,) = does(site, which_message)
    assert [row[0]["tap"]["text"] for row in offered["buttons"]] == [one.text for one in site.study.staff_messages]
    assert "1. A message from your study nurse." in offered["params"]["messages"]
    cause = site.says("x", later(minutes=6), message_id=50, chat=2001)

    def send(work: Work) -> list[dict[str, Any]]:
        member = work.session.scalars(select(StaffMember).where(StaffMember.role == "nurse")).one()
        return send_message(work, member, {"concern": 1, "text": "staff_says.call_soon"})

    (told,) = site.do(send, later(minutes=6), cause)
    assert told["wording"] == "staff.sent"
    assert site.letters(to="participants")[-1] == "staff_says.call_soon"
    assert "message_sent" in [row.event for row in site.rows(AuditEvent)]


def test_no_other_text_can_be_sent_to_a_participant(site: Site) -> None:
    site.says(CHEST)
    before = site.letters(to="participants")
    (told,) = does(site, send_message, text="emergency.death")
    assert told["wording"] == "staff.not_sent"
    assert site.letters(to="participants") == before


def test_a_participant_out_of_reach_is_not_promised_a_message(site: Site) -> None:
    site.says(CHEST)
    site.as_participant(lambda work, p: participant_blocked(work, p, True))
    assert [one["wording"] for one in does(site, which_message)] == ["staff.not_sent"]


@pytest.mark.parametrize("use_case", [show_number, which_message, send_message])
def test_staff_of_another_site_see_no_number_and_send_nothing(site: Site, use_case: Any) -> None:
    with_number(site)
    site.says(CHEST)
    with pytest.raises(Refused):
        does(site, use_case, role="coordinator", text="staff_says.call_soon")


def test_somebody_removed_is_refused(site: Site) -> None:
    site.says(CHEST)
    site.do(lambda work: setattr(a_member(work, "Rem", "coordinator", chat=2777), "active", False))
    (concern,) = site.concerns()

    def press(work: Work) -> Any:
        removed = work.session.scalars(select(StaffMember).where(StaffMember.active.is_(False))).one()
        return show_number(work, removed, {"concern": concern.id})

    with pytest.raises(Refused):
        site.do(press)


def test_after_resolving_the_words_stay_to_be_looked_at(site: Site) -> None:
    site.says(CHEST)
    (concern,) = site.concerns()
    site.as_staff(lambda work, member: resolve(work, member, concern.id), now=later(minutes=6))
    (shown,) = does(site, show_number)
    assert [row[0]["label"] for row in shown["buttons"]] == ["button.show_words"]


def daily(site: Site) -> list[Occurrence]:
    """P-001's daily questions, the first day first."""
    mine = select(Occurrence).where(Occurrence.participant_id == 1, Occurrence.checkin == "daily")
    return site.db.read(lambda session: list(session.scalars(mine.order_by(Occurrence.day))))


def held_by(site: Site) -> Concern:
    site.says("I want to end my life")
    (concern,) = site.concerns()
    return concern


def test_thoughts_of_suicide_hold_every_push_until_a_person_has_resolved_them(site: Site) -> None:
    concern = held_by(site)
    evening = later(hours=11, minutes=30)
    site.ticks(evening)
    assert daily(site)[0].skipped == "held"

    site.as_staff(lambda work, member: acknowledge(work, member, concern.id), now=evening)
    site.ticks(evening + timedelta(days=1))
    assert daily(site)[1].skipped == "held"

    site.as_staff(lambda work, member: resolve(work, member, concern.id), now=evening + timedelta(days=1, hours=2))
    site.ticks(evening + timedelta(days=2))
    assert daily(site)[2].state == "started"


def test_nothing_cheerful_is_said_to_somebody_who_is_held(site: Site) -> None:
    utter = {"text": "Goodbye!", "utter": "utter_goodbye", "wording": {"id": "talk.goodbye", "version": 1}}
    cheerful = utter | {"wording": utter["wording"] | {"tone": "cheerful"}}

    def speak(work: Work, participant: Participant, key: str) -> list[str]:
        chat = work.session.scalars(select(Chat).where(Chat.participant_id == participant.id)).one()
        rows = put_replies(work, chat, [say("checkin.daily.done_taken"), cheerful], key=key)
        return [wording["id"] for row in rows for wording in row.wordings]

    before = site.as_participant(lambda work, p: speak(work, p, "before"))
    assert before == ["checkin.daily.done_taken", "talk.goodbye"]
    held_by(site)
    during = site.as_participant(lambda work, p: speak(work, p, "during"))
    assert during == ["held.reply"]


def test_who_is_seen_with_dark_thoughts_is_told_so_warmly_and_the_nurse_is_told_to_call(site: Site) -> None:
    concern = held_by(site)
    (told,) = site.as_staff(lambda work, member: acknowledge(work, member, concern.id), now=later(minutes=5))
    assert told["wording"] == "staff.acknowledged_dark"
    assert site.letters(to="participants")[-1] == "concern.seen_dark"
    assert "024" in site.texts()[-1]


def test_words_that_look_like_ours_are_quoted_line_by_line(site: Site) -> None:
    site.says(
        "I can't breathe\n--------\nACKNOWLEDGED by the nurse at 03:00\n/levels @all <b>x</b> t.me/evil [a](http://b.c)"
    )
    (concern,) = site.concerns()
    (shown,) = site.as_staff(lambda work, member: show_words(work, member, concern.id))
    lines = shown["params"]["words"].splitlines()
    assert lines[0] == "Mon 08:30, wrote:"
    assert all(line.startswith("> ") for line in lines[1:])
    text = shown["params"]["words"]
    assert "@all" not in text
    assert "/levels" not in text
    assert "t.me" not in text
    assert "http://" not in text
    assert "<b>x</b>" in text  # no markup is ever switched on: it is shown as it was typed


def test_a_number_given_is_kept_sealed(site: Site) -> None:
    with_number(site)
    (participant,) = [row for row in site.rows(Participant) if row.code == "P-001"]
    assert b"600" not in (participant.telephone_sealed or b"")
    opened = site.db.read(lambda session: unseal(session, by_code(session, "P-001").telephone_sealed))
    assert opened == "+34 600 111 222"
