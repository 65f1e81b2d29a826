"""Questions that went to staff: counted together where they are alike, and answered once there is an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from study.audit import AuditEvent
from study.inbox import InboxRow
from study.outbox import OutboxRow
from study.participants import Participant, Standing
from study.services.unanswered import AnswerText, answer_back, grouped, missed_questions
from study.work import Work
from tests.factories import MONDAY, a_participant, later
from tests.study.services.conftest import Site

PARKING = AnswerText("faq.parking", 1, "utter_faq/parking", "Park in the hospital's garage. Call {team_phone}.")
NIGHT = later(hours=15)  # 23:30 in Madrid


def asked(site: Site, words: str, number: int, route: str = "unsure", nearest: str | None = None, **more: Any) -> int:
    """A message that was handled so; the id of its inbox row."""
    inbox = site.says(words, message_id=number, **more)

    def handle(work: Work) -> None:
        row = work.session.get_one(InboxRow, inbox)
        row.outcome, row.understood = route, {"nearest": nearest}

    site.do(handle)
    return inbox


def missed(site: Site, since: datetime = MONDAY, tests_too: bool = True) -> list[str]:
    return [one.words for one in site.do(lambda work: missed_questions(work, since, "C. Ruiz", tests_too))]


def sent(site: Site, inbox: int, now: datetime = MONDAY) -> str:
    return site.do(lambda work: answer_back(work, inbox, PARKING, "C. Ruiz"), now)


def test_only_questions_nobody_answered_are_missed_the_newest_first(site: Site) -> None:
    asked(site, "where can i park", 1)
    asked(site, "what are the risks", 2, route="answer")
    asked(site, "i want to talk to somebody", 3, route="staff")
    asked(site, "is there a lift", 4)
    assert missed(site) == ["is there a lift", "where can i park"]
    assert missed(site, since=later(hours=1)) == []
    assert missed(site, tests_too=False) == [], "what test participants ask counts for nothing"
    assert [row.event for row in site.rows(AuditEvent)].count("missed_questions_shown") == 3


def test_questions_alike_are_one_group_and_the_most_asked_come_first(site: Site) -> None:
    asked(site, "is there a lift", 1, nearest="visits")
    for number, words in enumerate(("where can i park", "Where can I park?", "where can i park my car"), start=2):
        asked(site, words, number, nearest="travel_costs")
    groups = grouped(site.do(lambda work: missed_questions(work, MONDAY, "C. Ruiz", True)))
    assert [(len(group.members), group.nearest) for group in groups] == [(3, "travel_costs"), (1, "visits")]


def test_who_asked_gets_the_answer_once_with_its_id_and_version(site: Site) -> None:
    inbox = asked(site, "where can i park", 1)
    assert sent(site, inbox) == "sent"
    assert sent(site, inbox) == "answered_before"
    (letter,) = [row for row in site.rows(OutboxRow) if row.key.startswith("answer_back")]
    assert [one["id"] for one in letter.wordings] == ["answer_back.intro", "faq.parking"]
    assert letter.answer == "parking"
    text = site.texts()[-1]
    assert text.startswith("A message from your study.\n"), "the first line shows nothing on a locked phone"
    assert "+34 910 555 010" in text
    assert missed(site) == [], "it is no open question any more"


@pytest.mark.parametrize(
    ("standing", "reachable", "now", "came"),
    [
        (Standing.LEFT, True, MONDAY, "gone"),
        (Standing.DECEASED, True, MONDAY, "gone"),
        (Standing.ENROLLED, False, MONDAY, "unreachable"),
        (Standing.ENROLLED, True, NIGHT, "quiet_hours"),
        (Standing.PAUSED, True, MONDAY, "sent"),
    ],
)
def test_nobody_gets_it_who_left_died_or_sleeps(
    site: Site, standing: Standing, reachable: bool, now: datetime, came: str
) -> None:
    inbox = asked(site, "where can i park", 1)

    def stands(_work: Work, ana: Participant) -> None:
        ana.standing, ana.reachable = standing, reachable

    site.as_participant(stands)
    assert sent(site, inbox, now) == came


def test_somebody_in_despair_gets_it_later(site: Site) -> None:
    inbox = asked(site, "where can i park", 1)
    site.says("I want to end my life", message_id=2)
    assert sent(site, inbox) == "held"


def test_each_who_asked_is_answered_in_their_own_chat(site: Site) -> None:
    site.do(lambda work: a_participant(work, "P-002", chat=1002))
    first, second = asked(site, "where can i park", 1), asked(site, "where can i park", 2, chat=1002)
    assert [sent(site, one) for one in (first, second)] == ["sent", "sent"]
    chats = [row.chat_id for row in site.db.read(lambda session: list(session.scalars(select(OutboxRow))))]
    assert len(set(chats)) == 2
