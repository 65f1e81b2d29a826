"""A general question about something grave is answered, then asked once whether it is happening now; so are words in
which the model heard something grave only faintly, and people read those as well."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.concerns import ConcernKind, ConcernReport
from study.outbox import Button, OutboxRow, OutboxState
from study.participants import chat_of
from study.protocol import Severity
from study.replies import ask, put_replies
from study.services.gentle_check import gentle_check, happening_now, only_asking, said_no
from study.services.passing_on import pass_on
from study.work import Work
from tests.factories import MONDAY, later, received
from tests.study.services.conftest import Site

QUESTION = "is chest pain a side effect?"


def asks(
    site: Site, words: str = QUESTION, now: datetime = MONDAY, faint: tuple[str, ...] = (), message_id: int = 1
) -> list[str]:
    inbox = site.says(words, now, message_id=message_id)

    def act(work: Work, ana: Any) -> list[str]:
        says = gentle_check(work, ana, words, list(faint))
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


FAINT = "something is not right in here, like a belt round me"


def test_what_was_heard_faintly_is_asked_about_and_people_read_it(site: Site) -> None:
    assert asks(site, FAINT, faint=("chest_pain", "pregnancy")) == ["red_flag.to_be_safe"]
    assert [(one.kind, one.severity, one.flags) for one in site.concerns()] == [("symptom", "routine", [])]
    assert "call 112 first" in " ".join(site.texts())
    assert [row.details["flags"] for row in site.rows(AuditEvent) if row.event == "red_flag_faint"] == [["chest_pain"]]


def test_thoughts_of_suicide_heard_faintly_are_asked_about_by_name(site: Site) -> None:
    assert asks(site, "what is the use of any of it", faint=("suicidal_thoughts",)) == ["red_flag.are_you_safe"]
    assert "day or night" in " ".join(site.texts())
    _, meaning = tap_of(site, "only_asking")
    told = site.as_participant(lambda work, ana: only_asking(work, ana, meaning), later(minutes=1))
    assert [one["wording"] for one in told] == ["red_flag.safe"]
    assert len(site.concerns()) == 1


@pytest.mark.parametrize(
    ("words", "faint"),
    [
        (FAINT, ("pregnancy", "hospitalised", "death")),  # grave, and no emergency
        ("my neighbour had chest pain", ("chest_pain",)),  # seen by the rules and set aside
        ("wie komme ich zum Bahnhof bitte", ("chest_pain",)),
        (FAINT, ()),
    ],
)
def test_nothing_is_asked_where_nothing_grave_can_be_meant(site: Site, words: str, faint: tuple[str, ...]) -> None:
    assert asks(site, words, faint=faint) == []
    assert site.concerns() == []


def test_a_yes_to_it_is_the_emergency_that_was_heard(site: Site) -> None:
    asks(site, FAINT, faint=("chest_pain",))
    site.says("yes", later(minutes=1), message_id=2)
    assert ("red_flag", "emergency", ["chest_pain"]) in [(one.kind, one.severity, one.flags) for one in site.concerns()]
    assert site.letters(lane="alert", to="participants") == ["emergency.chest_pain"]


def test_nobody_is_asked_again_and_again_and_people_read_every_message(site: Site) -> None:
    asks(site, FAINT, faint=("chest_pain",))
    assert asks(site, "it is still there", later(minutes=2), ("chest_pain",), message_id=2) == []
    (concern,) = site.concerns()
    reports = select(ConcernReport.inbox_id).where(ConcernReport.concern_id == concern.id)
    assert len(site.db.read(lambda session: session.scalars(reports).all())) == 2
    assert asks(site, "it is still there", later(minutes=45), ("chest_pain",), message_id=3) == ["red_flag.to_be_safe"]


def test_a_message_that_people_have_already_is_not_given_to_them_twice(site: Site) -> None:
    def act(work: Work, ana: Any) -> list[Any]:
        pass_on(work, ana, ConcernKind.QUESTION, Severity.ROUTINE)
        return gentle_check(work, ana, FAINT, ["chest_pain"])

    told = site.as_participant(act, cause=site.says(FAINT))
    assert [one["wording"] for one in told] == ["red_flag.to_be_safe"]
    assert [one.kind for one in site.concerns()] == ["question"]


def test_a_button_sent_before_there_were_other_checks_is_answered_as_ever(site: Site) -> None:
    old = {"do": "only_asking", "kinds": ["chest_pain"], "question": None}
    told = site.as_participant(lambda work, ana: only_asking(work, ana, old))
    assert [one["wording"] for one in told] == ["red_flag.only_asking"]


@pytest.mark.parametrize(
    ("minutes", "words", "said"), [(1, "no thanks", True), (45, "no", False), (1, "no idea", False)]
)
def test_a_typed_no_is_the_answer_to_it_while_it_stands(site: Site, minutes: int, words: str, said: bool) -> None:
    asks(site, FAINT, faint=("chest_pain",))

    def act(work: Work, ana: Any) -> list[Any] | None:
        chat = chat_of(work.session, ana)
        assert chat is not None
        return said_no(work, ana, chat, words)

    told = site.as_participant(act, later(minutes=minutes))
    assert [one["wording"] for one in told or []] == (["red_flag.only_asking"] if said else [])


def test_a_tap_puts_the_check_away_and_leaves_the_buttons_of_what_was_asked_beside_it(site: Site) -> None:
    words = site.says(FAINT)

    def answered(work: Work, ana: Any) -> None:
        chat = chat_of(work.session, ana)
        assert chat is not None
        question = ask(work.study.items["nausea.frequency"], 1)
        put_replies(work, chat, [question, *gentle_check(work, ana, FAINT, ["chest_pain"])], key="reply")
        for number, row in enumerate(work.session.scalars(select(OutboxRow)), start=1):
            row.state, row.message_id = OutboxState.SENT, number

    site.as_participant(answered, cause=words)
    _, meaning = tap_of(site, "only_asking")
    site.as_participant(lambda work, ana: only_asking(work, ana, meaning), later(minutes=1))
    rows = site.rows(OutboxRow)
    checks = [row.id for row in rows if any(one["id"] == "red_flag.to_be_safe" for one in row.wordings)]
    assert len(checks) == 1
    assert [row.tidies for row in rows if row.tidies is not None] == checks
