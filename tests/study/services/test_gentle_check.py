"""A general question about something grave is answered, then asked once whether it is happening now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from study.audit import AuditEvent
from study.outbox import Button
from study.participants import chat_of
from study.replies import put_replies
from study.services.gentle_check import gentle_check, happening_now, only_asking
from study.work import Work
from tests.factories import MONDAY, later, received
from tests.study.services.conftest import Site

QUESTION = "is chest pain a side effect?"


def asks(site: Site, words: str = QUESTION, now: datetime = MONDAY) -> list[str]:
    inbox = site.says(words, now)

    def act(work: Work, ana: Any) -> list[str]:
        says = gentle_check(work, ana, words)
        chat = chat_of(work.session, ana)
        assert chat is not None
        if says:
            put_replies(work, chat, says, key=f"reply:{inbox}")
        return [one["wording"] for one in says]

    return site.as_participant(act, now, cause=inbox)


def tap_of(site: Site, do: str) -> tuple[str, dict[str, Any]]:
    return site.db.read(lambda s: next((one.token, one.tap) for one in s.query(Button) if one.tap["do"] == do))


def test_a_question_in_general_is_no_emergency_and_is_checked(site: Site) -> None:
    assert asks(site) == ["red_flag.gentle_check"]
    assert site.concerns() == []
    assert "Call 112" not in " ".join(site.texts())
    assert "call 112 first" in " ".join(site.texts())


@pytest.mark.parametrize("words", ["what if I get pregnant", "can I die from this", "does it cause headaches"])
def test_what_is_no_emergency_is_not_asked_about(site: Site, words: str) -> None:
    assert asks(site, words) == []


def test_yes_now_is_heard_at_the_door_before_any_queue_and_once(site: Site) -> None:
    asks(site)
    token, meaning = tap_of(site, "happening_now")
    asked = {"message_id": 9, "date": 1, "chat": {"id": 1001, "type": "private"}}
    tap = {"update_id": 7, "callback_query": {"id": "77", "data": token, "message": asked, "from": {"id": 1001}}}
    inbox = site.db.run(lambda session: received(session, site.study, tap)).inbox_id
    (concern,) = site.concerns()
    assert (concern.kind, concern.severity, concern.flags) == ("red_flag", "emergency", ["chest_pain"])
    assert site.letters(lane="alert", to="participants") == ["emergency.chest_pain"]
    site.as_participant(lambda work, ana: happening_now(work, ana, meaning), cause=inbox)
    assert site.letters(lane="alert", to="participants") == ["emergency.chest_pain"]
    assert "gentle_check_answered" in [row.event for row in site.rows(AuditEvent)]


@pytest.mark.parametrize("words", ["yes", "Yes!", "yeah it is"])
def test_a_typed_yes_right_after_it_is_one_too(site: Site, words: str) -> None:
    asks(site)
    site.says(words, later(minutes=1), message_id=2)
    assert [one.flags for one in site.concerns()] == [["chest_pain"]]


def test_a_yes_long_after_or_without_a_check_is_no_emergency(site: Site) -> None:
    site.says("yes", MONDAY, message_id=2)
    asks(site, now=later(minutes=1))
    site.says("yes", later(minutes=1) + timedelta(hours=1), message_id=3)
    assert site.concerns() == []


def test_only_asking_is_told_whom_to_call_if_it_happens(site: Site) -> None:
    asks(site)
    _, meaning = tap_of(site, "only_asking")
    told = site.as_participant(lambda work, ana: only_asking(work, ana, meaning), later(minutes=1))
    assert [one["wording"] for one in told] == ["red_flag.only_asking"]
    assert site.concerns() == []
