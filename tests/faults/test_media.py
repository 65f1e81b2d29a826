"""Fault 21: what cannot be read, of every kind Telegram has, as Telegram sends it."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from rehearsal.fake_telegram import Person
from study.inbox import InboxState
from tests.faults.installation import Installation

NUMBERS = count(1)
CANARIES = ("447700900123", "40.416775", "Calle Mayor", "Lucia", "What hurts most", "letter-canary.pdf")


def a_file(name: str, **more: Any) -> dict[str, Any]:
    return {"file_id": f"id-{name}", "file_unique_id": f"unique-{name}", "file_size": 12_345, **more}


SMALL = a_file("small", width=90, height=67)
PLACE = {"latitude": 40.416775, "longitude": -3.70379}
ANIMATION = a_file("a", width=320, height=240, duration=3, mime_type="video/mp4")
MEDIA: dict[str, dict[str, Any]] = {
    "photo": {"photo": [SMALL, a_file("large", width=1280, height=960)]},
    "voice": {"voice": a_file("v", duration=7, mime_type="audio/ogg")},
    "audio": {"audio": a_file("s", duration=180, mime_type="audio/mpeg", title="Song")},
    "video": {"video": a_file("f", duration=9, width=640, height=480, mime_type="video/mp4")},
    "video_note": {"video_note": a_file("n", duration=9, length=384)},
    "document": {"document": a_file("d", file_name="letter-canary.pdf", mime_type="application/pdf")},
    "location": {"location": PLACE},
    "live location": {"location": {**PLACE, "live_period": 900, "heading": 45}},
    "venue": {"venue": {"location": PLACE, "title": "Home", "address": "Calle Mayor 1"}, "location": PLACE},
    "contact": {"contact": {"phone_number": "+447700900123", "first_name": "Lucia", "vcard": "BEGIN:VCARD"}},
    "poll": {
        "poll": {
            "id": "1",
            "question": "What hurts most?",
            "options": [{"text": "Hand", "voter_count": 0}, {"text": "Foot", "voter_count": 0}],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
        }
    },
    "story": {"story": {"chat": {"id": 77, "type": "private", "first_name": "Lucia"}, "id": 3}},
    "game": {"game": {"title": "G", "description": "a game", "photo": [SMALL]}},
    "paid_media": {"paid_media": {"star_count": 5, "paid_media": [{"type": "photo", "photo": [SMALL]}]}},
}
SMILEYS: dict[str, dict[str, Any]] = {
    "sticker": {
        "sticker": a_file(
            "k", type="regular", width=512, height=512, is_animated=False, is_video=False, emoji="\N{GRINNING FACE}"
        )
    },
    "dice": {"dice": {"emoji": "\N{GAME DIE}", "value": 4}},
    "animation": {"animation": ANIMATION, "document": ANIMATION},
}


def send(running: Installation, person: Person, content: dict[str, Any]) -> None:
    number = 40_000 + next(NUMBERS)
    message = {
        "message_id": number,
        "date": int(running.clock.now().timestamp()),
        "chat": {"id": person.id, "type": "private", "first_name": person.first_name},
        "from": person.as_user(),
        **content,
    }
    running.participants.push_raw({"message": message})


def test_every_kind_is_recorded_asked_about_and_given_to_staff(running: Installation) -> None:
    people = {kind: running.participant() for kind in MEDIA}
    for kind, (person, _) in people.items():
        send(running, person, MEDIA[kind])
    running.settle()
    for kind, (person, code) in people.items():
        (row,) = running.rows(code)
        assert (row.kind, row.state, row.outcome) == ("media", InboxState.DONE, "staff"), kind
        (told,) = running.participants.sent_to(person)
        assert "How urgent is it?" in told.text, kind
        assert [button["text"] for line in told.keyboard for button in line] == [
            "Unwell now",
            "A question",
            "Can wait",
        ], kind
        (concern,) = running.concerns(code)
        assert (concern.kind, concern.severity) == ("unreadable", "urgent"), kind
        assert concern.details["about"], kind


def test_a_smiley_is_answered_and_alarms_nobody(running: Installation) -> None:
    people = {kind: running.participant() for kind in SMILEYS}
    for kind, (person, _) in people.items():
        send(running, person, SMILEYS[kind])
    running.settle()
    for kind, (person, code) in people.items():
        assert len(running.received(person)) == 1, kind
        assert [concern.severity for concern in running.concerns(code)] == ["routine"], kind


def test_a_place_a_number_and_a_file_name_are_in_no_log_and_nowhere_unsealed(running: Installation) -> None:
    person, _ = running.participant()
    for content in (MEDIA["contact"], MEDIA["venue"], MEDIA["poll"], MEDIA["story"], MEDIA["document"]):
        send(running, person, content)
    running.settle()
    kept = running.log.read_bytes()
    database = running.folder / "test.db"
    for file in [database, *running.folder.glob("test.db-*")] if database.exists() else []:
        kept += file.read_bytes()
    assert [canary for canary in CANARIES if canary.encode() in kept] == []


def test_a_live_location_that_moves_asks_once_and_says_nothing_more(running: Installation) -> None:
    person, code = running.participant()
    send(running, person, MEDIA["live location"])
    running.settle()
    sent = {
        "message_id": 40_500,
        "date": int(running.clock.now().timestamp()),
        "edit_date": int(running.clock.now().timestamp()) + 5,
        "chat": {"id": person.id, "type": "private", "first_name": person.first_name},
        "from": person.as_user(),
        **MEDIA["live location"],
    }
    running.participants.push_raw({"edited_message": sent})
    running.settle()
    assert len(running.received(person)) == 1
    assert len(running.concerns(code)) == 1


def test_unwell_now_is_answered_and_paged_while_rasa_hangs_and_a_text_waits_for_it(running: Installation) -> None:
    """The tap waits neither for Rasa nor behind the message that waits for Rasa."""
    nora = running.member(site="S2")
    person, code = running.participant(site="S2")
    running.rasa.hangs()
    running.participants.say(person, "hello, are you there")
    send(running, person, MEDIA["voice"])
    running.wait_until(lambda: any("How urgent" in text for text in running.received(person)))
    running.participants.press(person, "Unwell now")
    running.wait_until(lambda: any("Emergency services do not read" in text for text in running.received(person)))
    running.wait_until(lambda: any(code in alert.text for alert in running.alerts(nora)))
    assert [concern.severity for concern in running.concerns(code)] == ["emergency"]
    running.rasa.works()
    running.settle()
    assert sum("Emergency services do not read" in text for text in running.received(person)) == 1


def test_an_unknown_persons_photo_is_no_ones_concern(running: Installation) -> None:
    person, _ = running.newcomer()
    before = len(running.all_rows())
    send(running, person, MEDIA["photo"])
    running.settle()
    assert len(running.all_rows()) == before + 1
    assert any("joined with a link" in text for text in running.received(person))


@pytest.mark.parametrize("kind", ["photo", "document", "video"])
def test_a_caption_is_kept_with_its_file(running: Installation, kind: str) -> None:
    person, code = running.participant()
    send(running, person, {**MEDIA[kind], "caption": "is this swelling normal"})
    running.settle()
    assert running.words(code) == ["is this swelling normal"]
    assert [concern.kind for concern in running.concerns(code)] == ["unreadable"]
