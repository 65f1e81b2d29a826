"""Replies, signs without words and reactions: each counts for the question it belongs to, whatever is open now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.updates import read_update
from study.checkins import Answer, DoseReport, Occurrence, OccurrenceState
from study.inbox import InboxRow
from study.outbox import OutboxRow, OutboxState
from study.participants import Chat, Participant, chat_of
from study.replies import Say, put_replies
from study.services import checking_in
from study.services.dose_days import dose_of_day
from study.services.replying import reacted, replied
from study.services.taking_answers import answer_tapped
from study.work import Work
from tests.factories import a_message, received
from tests.study.services.conftest import Site

FIRST_EVENING = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
SECOND_EVENING = FIRST_EVENING + timedelta(days=1)
WEEKLY_HOUR = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
UP, DARK_UP, DOWN = "\N{THUMBS UP SIGN}", "\N{THUMBS UP SIGN}\U0001f3fd", "\N{THUMBS DOWN SIGN}"


class Phone:
    """P-001's phone: what the bot sent has numbers there, and can be replied to."""

    def __init__(self, site: Site) -> None:
        self.site, self.numbers = site, iter(range(700, 800))

    def questions(self) -> list[OutboxRow]:
        """Every question, as delivered; oldest first."""

        def deliver(work: Work) -> list[OutboxRow]:
            mine = select(OutboxRow).join(Chat).where(Chat.bot == "participants", OutboxRow.asks.is_not(None))
            rows = list(work.session.scalars(mine.where(Chat.participant_id == 1).order_by(OutboxRow.id)))
            for row in rows:
                row.state, row.message_id = OutboxState.SENT, row.message_id or 10_000 + row.id
            return rows

        return self.site.do(deliver)

    def number(self, item: str, which: int = -1) -> int:
        found = [row.message_id for row in self.questions() if row.asks == item][which]
        assert found is not None
        return found

    def replies(self, words: str, to: int | None, now: datetime) -> tuple[str, list[str]] | None:
        more = {} if to is None else {"reply_to_message": {"message_id": to, "date": 0, "chat": {"id": 1001}}}
        return self._takes(a_message(words, 1001, next(self.numbers), now, **more), replied, now)

    def reacts(self, sign: str, to: int, now: datetime) -> tuple[str, list[str]] | None:
        change = {
            "chat": {"id": 1001, "type": "private"},
            "message_id": to,
            "user": {"id": 1001, "is_bot": False, "first_name": "Ana"},
            "date": int(now.timestamp()),
            "old_reaction": [],
            "new_reaction": [{"type": "emoji", "emoji": sign}] if sign else [],
        }
        return self._takes({"update_id": 1, "message_reaction": change}, reacted, now)

    def _takes(self, update: dict[str, Any], use_case: Any, now: datetime) -> tuple[str, list[str]] | None:
        cause = self.site.db.run(lambda session: received(session, self.site.study, update, now)).inbox_id

        def answer(work: Work, participant: Participant) -> tuple[str, list[Say]] | None:
            chat = chat_of(work.session, participant)
            assert chat is not None
            told: tuple[str, list[Say]] | None = use_case(work, participant, chat, read_update("participants", update))
            if told is not None and told[1]:
                put_replies(work, chat, told[1], key=f"reply:{cause}")
            return told

        told = self.site.as_participant(answer, now, cause=cause)
        return None if told is None else (told[0], [one["wording"] for one in told[1]])

    def dose(self, day: date) -> str | None:
        report = self.site.db.read(lambda session: dose_of_day(session, 1, day))
        return report.status if report is not None else None

    def occurrence(self, checkin: str, day: date) -> Occurrence:
        mine = [one for one in self.site.rows(Occurrence) if one.participant_id == 1]
        return next(one for one in mine if (one.checkin, one.day) == (checkin, day))

    def weekly_up_to_fatigue(self) -> None:
        """The nausea questions are answered "rarely" and "mild"; tiredness is asked."""
        self.site.ticks(WEEKLY_HOUR)
        number = self.occurrence("weekly", date(2026, 3, 9)).id
        self.does(lambda work, p: checking_in.start(work, p, number))
        self.does(checking_in.ask_current)
        for item in ("nausea.frequency", "nausea.severity"):
            self.does(lambda work, p, item=item: answer_tapped(work, p, number, item, 1))
            self.does(checking_in.ask_current)

    def does(self, act: Any) -> None:
        """As the conversation does it: what is said goes out, with the occurrence it asks for."""

        def do(work: Work, participant: Participant) -> None:
            outcome = act(work, participant)
            chat = chat_of(work.session, participant)
            assert chat is not None
            letters = put_replies(work, chat, outcome["says"], key=f"does:{next(self.numbers)}")
            for letter in letters:
                if letter.asks:
                    letter.occurrence_id = outcome["checkin"]["occurrence"]

        self.site.as_participant(do, WEEKLY_HOUR)

    def answers(self, item: str) -> list[str | None]:
        rows = [one for one in self.site.rows(Answer) if one.item == item and one.participant_id == 1]
        return [one.value for one in sorted(rows, key=lambda one: one.version)]


@pytest.fixture
def phone(site: Site) -> Phone:
    return Phone(site)


@pytest.fixture
def tuesday(phone: Phone) -> Phone:
    """Monday's dose question closed unanswered; Tuesday's is open."""
    for hours in (0, 1.5, 14, 24):
        phone.site.ticks(FIRST_EVENING + timedelta(hours=hours))
    assert phone.occurrence("daily", MONDAY).state == OccurrenceState.MISSED
    return phone


@pytest.mark.parametrize("words", [UP, DARK_UP, "yes", "taken", "took it", "Taken!"])
def test_a_thumb_up_below_mondays_question_counts_for_monday(tuesday: Phone, words: str) -> None:
    told = tuesday.replies(words, tuesday.number("dose.taken", 0), SECOND_EVENING)
    assert told == ("dose", ["dose.recorded_taken"])
    assert (tuesday.dose(MONDAY), tuesday.dose(TUESDAY)) == ("taken", None)
    assert tuesday.occurrence("daily", TUESDAY).state == OccurrenceState.STARTED


def test_what_was_replied_to_is_kept(tuesday: Phone) -> None:
    number = tuesday.number("dose.taken", 0)
    tuesday.replies("yes", number, SECOND_EVENING)
    assert [row.reply_to for row in tuesday.site.rows(InboxRow)][-1] == number


def test_missed_below_a_question_that_is_open_asks_why(tuesday: Phone) -> None:
    told = tuesday.replies("missed", tuesday.number("dose.taken"), SECOND_EVENING)
    assert told == ("dose", ["item.dose.reason"])
    assert tuesday.dose(TUESDAY) == "missed"


@pytest.mark.parametrize("words", ["no", DOWN])
def test_a_no_below_an_old_dose_question_is_asked_about(tuesday: Phone, words: str) -> None:
    """It may be "not yet" or "missed"; silence is not a missed dose, and neither is a guess."""
    assert tuesday.replies(words, tuesday.number("dose.taken", 0), SECOND_EVENING) == ("dose", ["dose.which"])
    assert tuesday.dose(MONDAY) is None


def test_a_half_below_mondays_question_is_mondays_half(tuesday: Phone) -> None:
    told = tuesday.replies("only took half of it", tuesday.number("dose.taken", 0), SECOND_EVENING)
    assert told == ("dose", ["dose.partial"])
    assert tuesday.dose(MONDAY) == "partial"


def test_a_question_below_a_question_is_answered_like_any_other(tuesday: Phone) -> None:
    assert tuesday.replies("can I take it with milk?", tuesday.number("dose.taken", 0), SECOND_EVENING) is None


def test_words_that_name_their_own_day_go_there(tuesday: Phone) -> None:
    assert tuesday.replies("I took yesterday's", tuesday.number("dose.taken"), SECOND_EVENING) is None


def test_a_thumb_by_itself_answers_the_open_dose_question(tuesday: Phone) -> None:
    assert tuesday.replies(DARK_UP, None, SECOND_EVENING) == ("dose", ["checkin.daily.done_taken"])
    assert (tuesday.dose(MONDAY), tuesday.dose(TUESDAY)) == (None, "taken")


def test_a_thumb_down_is_missed_only_after_one_tap(tuesday: Phone) -> None:
    assert tuesday.replies(DOWN, None, SECOND_EVENING) == ("dose", ["checkin.confirm"])
    assert tuesday.dose(TUESDAY) is None


def test_a_thumb_that_answers_nothing_is_a_friendly_nod(phone: Phone) -> None:
    assert phone.replies(UP, None, FIRST_EVENING - timedelta(hours=3)) == ("smalltalk", [])


def test_a_thumb_is_no_score(phone: Phone) -> None:
    phone.weekly_up_to_fatigue()
    assert phone.replies(UP, None, WEEKLY_HOUR) == ("checkin", ["checkin.not_understood", "item.fatigue.severity"])
    assert phone.answers("fatigue.severity") == []


def test_a_reply_to_an_earlier_question_changes_that_answer(phone: Phone) -> None:
    phone.weekly_up_to_fatigue()
    told = phone.replies("almost constantly", phone.number("nausea.frequency"), WEEKLY_HOUR)
    assert told == ("checkin", ["answer.changed_to", "item.fatigue.severity"])
    assert phone.answers("nausea.frequency") == ["1", "4"]
    assert [one.details["about"] for one in phone.site.concerns()] == [["nausea-often"]], "judged again"


def test_a_reply_to_the_question_that_is_open_goes_the_usual_way(phone: Phone) -> None:
    phone.weekly_up_to_fatigue()
    assert phone.replies("severe", phone.number("fatigue.severity"), WEEKLY_HOUR) is None


def test_a_reply_to_a_closed_question_is_kept_and_told_kindly(phone: Phone) -> None:
    phone.weekly_up_to_fatigue()
    after = WEEKLY_HOUR + timedelta(hours=73)
    number = phone.number("nausea.frequency")
    phone.site.ticks(after)
    before = [one.id for one in phone.site.concerns()]
    assert phone.replies("rarely", number, after) == ("checkin", ["reply.closed"])
    assert [one.id for one in phone.site.concerns()] == before, "a word is nobody's worry"
    told = phone.replies("3, and it was really awful", number, after)
    assert told == ("checkin", ["reply.closed_passed_on"])
    assert [one.kind for one in phone.site.concerns() if one.id not in before] == ["question"]
    assert phone.answers("nausea.frequency") == ["1"]


def test_a_thumb_up_put_below_mondays_question_counts_for_monday_once(tuesday: Phone) -> None:
    number = tuesday.number("dose.taken", 0)
    assert tuesday.reacts(DARK_UP, number, SECOND_EVENING) == ("dose", ["dose.recorded_taken"])
    assert tuesday.reacts(UP, number, SECOND_EVENING + timedelta(minutes=1)) == ("reaction", [])
    assert [one.status for one in tuesday.site.rows(DoseReport)] == ["taken"]


@pytest.mark.parametrize("sign", ["\N{HEAVY BLACK HEART}", DOWN, "\N{FACE WITH TEARS OF JOY}", ""])
def test_every_other_reaction_is_kept_and_nothing_is_said(tuesday: Phone, sign: str) -> None:
    assert tuesday.reacts(sign, tuesday.number("dose.taken"), SECOND_EVENING) == ("reaction", [])
    assert (tuesday.dose(TUESDAY), tuesday.site.concerns()) == (None, [])


def test_a_reaction_to_a_scale_is_no_answer(phone: Phone) -> None:
    phone.weekly_up_to_fatigue()
    assert phone.reacts(UP, phone.number("fatigue.severity"), WEEKLY_HOUR) == ("reaction", [])
    assert phone.answers("fatigue.severity") == []
