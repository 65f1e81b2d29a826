"""What cannot be read: people know at once, its sender says how urgent it is, and saying nothing makes it urgent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.concerns import Concern, ConcernState
from study.inbox import InboxRow, InboxState
from study.outbox import Button, OutboxRow, OutboxState
from study.participants import Standing
from study.services.checking_in import start
from study.services.taking_concerns import acknowledge
from study.services.unreadable import told_how_urgent, unwell_now
from study.work import Work
from tests.factories import MONDAY, a_message, later, received
from tests.study.services.conftest import Site

VOICE = {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 7}}
PHOTO = {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 90, "height": 67}]}
STICKER = {"sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "emoji": "\N{GRINNING FACE}"}}
NIGHT = later(hours=18, minutes=30)  # Tuesday 03:00 in Madrid


def sends(site: Site, media: dict[str, Any], now: Any = MONDAY, message_id: int = 1, caption: str | None = None) -> int:
    update = a_message("", 1001, message_id, now, **media)
    del update["message"]["text"]
    if caption:
        update["message"]["caption"] = caption
    return site.db.run(lambda session: received(session, site.study, update, now)).inbox_id


def taps(site: Site, do: str, urgency: str | None = None, now: Any = MONDAY) -> None:
    def press(work: Work, participant: Any) -> None:
        taps = [one.tap for one in work.session.scalars(select(Button).order_by(Button.created_at.desc()))]
        tap = next(tap for tap in taps if tap["do"] == do and tap.get("urgency") == urgency)
        if do == "unwell":
            unwell_now(work, participant, tap)
        else:
            told_how_urgent(work, participant, tap)

    site.as_participant(press, now)


def test_staff_have_it_at_once_and_its_sender_is_asked_how_urgent_it_is(site: Site) -> None:
    inbox = sends(site, VOICE)
    (concern,) = site.concerns()
    assert (concern.kind, concern.details["about"]) == ("unreadable", ["voice"])
    assert concern.state == ConcernState.OPEN
    assert site.letters() == ["cannot_read"]
    row = site.db.read(lambda session: session.get_one(InboxRow, inbox))
    assert (row.state, row.outcome) == (InboxState.DONE, "staff")


def test_nobody_is_called_before_ten_minutes_and_then_the_nurse_is_also_at_night(site: Site) -> None:
    sends(site, VOICE, NIGHT)
    site.ticks(NIGHT + timedelta(minutes=9, seconds=59))
    assert site.letters(to="staff") == []
    site.ticks(NIGHT + timedelta(minutes=10))
    assert len(site.letters(to="staff")) == 1
    assert site.concerns()[0].severity == "urgent"


def test_what_can_wait_waits_for_the_working_day(site: Site) -> None:
    sends(site, PHOTO, NIGHT)
    taps(site, "unread", "can_wait", NIGHT + timedelta(minutes=2))
    (concern,) = site.concerns()
    assert concern.severity == "routine"
    site.ticks(NIGHT + timedelta(minutes=30))
    assert site.letters(to="staff") == []
    site.ticks(NIGHT + timedelta(hours=5))  # 08:00 in Madrid
    assert len(site.letters(to="staff")) == 1
    told = [row.event for row in site.rows(AuditEvent)]
    assert "urgency_told" in told
    assert "concern_calmed" in told


def test_unwell_now_pages_and_says_whom_to_call_at_once_and_once(site: Site) -> None:
    sends(site, VOICE, NIGHT)
    taps(site, "unwell", now=NIGHT + timedelta(minutes=1))
    taps(site, "unwell", now=NIGHT + timedelta(minutes=1, seconds=1))
    (concern,) = site.concerns()
    assert (concern.severity, concern.state) == ("emergency", ConcernState.NOTIFIED)
    assert len(site.letters(to="staff")) == 1
    assert "emergency.unwell" in site.letters(lane="alert", to="participants")
    assert "Call 112 now" in next(text for text in site.texts() if "do not read this chat" in text)


def test_unwell_now_is_heard_at_the_door_before_any_queue(site: Site) -> None:
    sends(site, VOICE)
    token = site.db.read(lambda s: next(b.token for b in s.scalars(select(Button)) if b.tap["do"] == "unwell"))
    asked = {"message_id": 9, "date": 1, "chat": {"id": 1001, "type": "private"}}
    tap = {"update_id": 7, "callback_query": {"id": "77", "data": token, "message": asked, "from": {"id": 1001}}}
    inbox = site.db.run(lambda session: received(session, site.study, tap)).inbox_id
    assert site.concerns()[0].severity == "emergency"
    assert site.letters(lane="alert", to="participants") == ["emergency.unwell"]
    site.as_participant(lambda work, p: unwell_now(work, p, {"do": "unwell", "concern": 1}), cause=inbox)
    assert site.letters(lane="alert", to="participants") == ["emergency.unwell"]


def test_an_unwell_button_of_another_chat_does_nothing(site: Site) -> None:
    sends(site, VOICE)
    token = site.db.read(lambda s: next(b.token for b in s.scalars(select(Button)) if b.tap["do"] == "unwell"))
    asked = {"message_id": 9, "date": 1, "chat": {"id": 1900, "type": "private"}}
    tap = {"update_id": 7, "callback_query": {"id": "78", "data": token, "message": asked, "from": {"id": 1900}}}
    site.db.run(lambda session: received(session, site.study, tap))
    assert site.concerns()[0].severity == "urgent"


def test_an_album_is_one_question_and_one_concern(site: Site) -> None:
    for number in range(1, 6):
        sends(site, PHOTO, later(seconds=number), message_id=number)
    (concern,) = site.concerns()
    assert site.letters() == ["cannot_read"]
    reports = site.db.read(lambda s: s.connection().exec_driver_sql("select count(*) from concern_report").scalar())
    assert reports == 5
    assert concern.details["about"] == ["photo"]


def test_a_new_file_after_one_that_could_wait_is_asked_about_anew(site: Site) -> None:
    sends(site, PHOTO, NIGHT)
    taps(site, "unread", "can_wait", NIGHT + timedelta(minutes=1))
    sends(site, VOICE, NIGHT + timedelta(minutes=5), message_id=2)
    assert site.letters(to="staff") == []
    assert site.letters(to="participants").count("cannot_read") == 2
    site.ticks(NIGHT + timedelta(minutes=15))
    assert len(site.letters(to="staff")) == 1


def test_a_smiley_alarms_nobody(site: Site) -> None:
    sends(site, STICKER, NIGHT)
    assert site.letters() == ["cannot_read.smiley"]
    site.ticks(NIGHT + timedelta(minutes=30))
    assert site.letters(to="staff") == []
    assert site.concerns()[0].severity == "routine"


def test_after_a_smiley_a_voice_message_is_still_asked_about_and_urgent(site: Site) -> None:
    sends(site, STICKER, NIGHT)
    sends(site, VOICE, NIGHT + timedelta(minutes=1), message_id=2)
    assert site.letters(to="participants") == ["cannot_read.smiley", "cannot_read"]
    site.ticks(NIGHT + timedelta(minutes=11))
    assert len(site.letters(to="staff")) == 1


def test_a_red_flag_in_the_caption_is_answered_and_nothing_else_is_asked(site: Site) -> None:
    sends(site, PHOTO, caption="my lips and tongue are swelling up")
    assert [concern.kind for concern in site.concerns()] == ["red_flag"]
    assert site.letters(to="participants") == ["emergency.allergic_reaction"]


def test_once_staff_were_called_a_tap_calms_nothing(site: Site) -> None:
    sends(site, VOICE, NIGHT)
    site.ticks(NIGHT + timedelta(minutes=10))
    taps(site, "unread", "can_wait", NIGHT + timedelta(minutes=12))
    assert site.concerns()[0].severity == "urgent"


def test_unwell_after_somebody_took_it_is_a_new_emergency(site: Site) -> None:
    sends(site, VOICE)
    site.as_staff(lambda work, nora: acknowledge(work, nora, site.concerns()[0].id))
    taps(site, "unwell", now=later(minutes=3))
    assert [concern.severity for concern in site.concerns()] == ["urgent", "emergency"]


def test_a_tap_puts_the_question_away_and_leaves_the_staffs_buttons(site: Site) -> None:
    def all_sent(work: Work, _participant: Any) -> None:
        for number, row in enumerate(work.session.scalars(select(OutboxRow)), start=1):
            row.state, row.message_id = OutboxState.SENT, number

    sends(site, VOICE)
    site.ticks(later(minutes=10))
    site.as_participant(all_sent)
    taps(site, "unread", "can_wait", later(minutes=11))
    tidied = [row.tidies for row in site.rows(OutboxRow) if row.tidies is not None]
    asked = [row.id for row in site.rows(OutboxRow) if row.wordings and row.wordings[0]["id"] == "cannot_read"]
    assert tidied == asked


@pytest.mark.parametrize("standing", [Standing.PAUSED, Standing.LEFT, Standing.FINISHED])
def test_a_voice_message_is_heard_of_whoever_is_paused_gone_or_finished(site: Site, standing: Standing) -> None:
    site.as_participant(lambda _work, p: setattr(p, "standing", standing))
    sends(site, VOICE)
    assert site.letters() == ["cannot_read"]


def test_nothing_of_a_place_or_a_telephone_number_is_stored_unsealed(site: Site) -> None:
    sends(site, {"contact": {"phone_number": "+447700900123", "first_name": "Canary"}}, message_id=1)
    sends(site, {"location": {"latitude": 40.416775, "longitude": -3.70379}}, message_id=2)

    def dump(work: Work) -> str:
        tables = list(Concern.metadata.sorted_tables)
        return repr([tuple(row) for table in tables for row in work.session.execute(select(table))])

    shown = site.do(dump)
    for canary in ("447700900123", "Canary", "40.416775", "3.70379"):
        assert canary not in shown


def test_the_question_of_an_open_check_in_is_asked_again_after_what_can_wait(site: Site) -> None:
    evening = later(days=7, minutes=30)  # Day 8, 09:00 in Madrid
    site.ticks(evening)
    site.as_participant(lambda work, p: start(work, p, None), evening)
    sends(site, PHOTO, evening)

    def press(work: Work, participant: Any) -> list[Any]:
        concern = work.session.scalars(select(Concern)).one()
        return told_how_urgent(work, participant, {"do": "unread", "concern": concern.id, "urgency": "can_wait"})

    says = site.as_participant(press, evening)
    assert [one["wording"] for one in says] == ["cannot_read.can_wait", "item.nausea.frequency"]
    assert site.rows(OutboxRow)[-1].concern_id is not None
