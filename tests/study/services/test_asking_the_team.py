"""Ask the team: one tap below an answer gives the question to people, with its words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from study.concerns import ConcernKind, ConcernReport
from study.inbox import InboxRow
from study.outbox import Button, OutboxRow
from study.participants import Chat
from study.replies import put_replies
from study.services.passing_on import ask_team
from study.services.taking_concerns import acknowledge, show_words
from study.work import Work
from tests.factories import MONDAY, later
from tests.study.services.conftest import Site

ANSWER = {
    "text": "Yes. You can leave at any time.",
    "utter": "utter_faq/withdrawal",
    "wording": {"id": "faq.withdrawal", "version": 2},
}


def answered(site: Site, message_id: int = 1) -> dict[str, Any]:
    """A question and its answer; what the button below the answer means."""
    inbox = site.says("can i leave whenever i like", message_id=message_id)

    def answer(work: Work) -> dict[str, Any]:
        row = work.session.get_one(InboxRow, inbox)
        chat = work.session.get_one(Chat, row.chat_id)
        (letter,) = put_replies(work, chat, [ANSWER], key=f"reply:{inbox}")
        ((button,),) = letter.keyboard
        assert button["text"] == "Ask the team"
        return work.session.get_one(Button, button["token"]).tap

    return site.do(answer, cause=inbox)


def tapped(site: Site, tap: dict[str, Any], code: str = "P-001", minutes: int = 1) -> list[str]:
    told = site.as_participant(lambda work, ana: ask_team(work, ana, tap), later(minutes=minutes), code)
    return [one["wording"] for one in told]


def test_the_team_gets_the_question_with_its_words(site: Site) -> None:
    tap = answered(site)
    assert site.concerns() == []
    assert tapped(site, tap) == ["question.to_team"]
    (concern,) = site.concerns()
    assert (concern.kind, concern.severity) == (ConcernKind.QUESTION, "routine")
    (shown,) = site.as_staff(lambda work, member: show_words(work, member, concern.id))
    assert "can i leave whenever i like" in shown["params"]["words"]


def test_tapped_twice_it_is_one_concern_also_after_somebody_took_it(site: Site) -> None:
    tap = answered(site)
    tapped(site, tap)
    tapped(site, tap, minutes=2)
    (concern,) = site.concerns()
    site.as_staff(lambda work, member: acknowledge(work, member, concern.id))
    assert tapped(site, tap, minutes=3) == ["question.to_team"]
    assert len(site.concerns()) == 1


def test_two_questions_are_one_concern_with_both(site: Site) -> None:
    first, second = answered(site, 1), answered(site, 2)
    tapped(site, first)
    tapped(site, second)
    assert len(site.concerns()) == 1
    reports = site.db.read(lambda session: list(session.scalars(select(ConcernReport))))
    assert {report.inbox_id for report in reports} >= {first["question"], second["question"]}


def test_a_question_of_somebody_else_is_not_theirs_to_pass_on(site: Site) -> None:
    assert tapped(site, answered(site), code="P-900") == ["checkin.closed"]
    assert site.concerns() == []


def test_other_replies_have_no_such_button(site: Site) -> None:
    inbox = site.says("hello")

    def greet(work: Work) -> OutboxRow:
        chat = work.session.get_one(Chat, work.session.get_one(InboxRow, inbox).chat_id)
        return put_replies(work, chat, [{"text": "Hello!", "utter": "utter_greet"}], key="reply:1")[0]

    assert site.do(greet, MONDAY, inbox).keyboard == []
