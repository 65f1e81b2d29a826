"""Doses told in words: noted for their day, shown back where they are not plain, never judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.participant_taps import TAPS
from study.checkins import Answer, DoseReport, Occurrence, OccurrenceState
from study.concerns import Concern
from study.outbox import Button, OutboxRow
from study.participants import Chat, Participant, chat_of
from study.replies import Say, put_replies
from study.services.confirming_doses import read_back_answered
from study.services.dose_days import dose_of_day
from study.services.dosing import plain_doses, report_dose, show_dose_heard, take_statements
from study.services.taking_answers import answer_tapped
from study.triage.doses import Dose, DoseStatus
from study.work import Work
from tests.study.services.conftest import Site

MONDAY_EVENING = datetime(2026, 3, 9, 19, 30, tzinfo=UTC)  # Day 8
SATURDAY, SUNDAY, MONDAY = date(2026, 3, 7), date(2026, 3, 8), date(2026, 3, 9)


class Told:
    """P-001 writes and taps; what is answered goes to the phone."""

    def __init__(self, site: Site) -> None:
        self.site, self.now, self.numbers = site, MONDAY_EVENING, iter(range(500, 600))

    def says(self, words: str) -> list[str] | None:
        """The ids of what is answered by rule; None where Rasa would be asked."""
        return self._do(words, lambda work, p: self._by_rule(work, p, words))

    def _by_rule(self, work: Work, participant: Participant, words: str) -> list[Say] | None:
        chat = chat_of(work.session, participant)
        assert chat is not None
        return read_back_answered(work, participant, chat, words) or plain_doses(work, participant, words)

    def heard_by_the_model(self, words: str, status: str) -> list[str] | None:
        return self._do(words, lambda work, p: report_dose(work, p, words, status)["says"])

    def taps(self, label: str) -> list[str] | None:
        tap = next(tap for shown, tap in self.buttons() if shown == label)
        return self._do("x", lambda work, p: TAPS[tap["do"]][1](work, p, tap))

    def _do(self, words: str, act: Any) -> list[str] | None:
        cause = self.site.says(words, self.now, next(self.numbers))

        def answered(work: Work, participant: Participant) -> list[str] | None:
            says = act(work, participant)
            chat = chat_of(work.session, participant)
            assert chat is not None
            if says:
                put_replies(work, chat, says, key=f"reply:{cause}")
            return None if says is None else [one["wording"] for one in says]

        told: list[str] | None = self.site.as_participant(answered, self.now, cause=cause)
        return told

    def buttons(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Label and meaning of every button sent, the newest message first."""

        def read(session: Any) -> list[tuple[str, dict[str, Any]]]:
            rows = session.query(OutboxRow).join(Chat).filter(Chat.bot == "participants").order_by(OutboxRow.id.desc())
            return [
                (key["text"], session.get(Button, key["token"]).tap)
                for row in rows
                for line in row.keyboard
                for key in line
            ]

        yield from self.site.db.read(read)

    def status(self, day: date) -> str | None:
        report = self.site.db.read(lambda session: dose_of_day(session, 1, day))
        return report.status if report is not None else None

    def about(self) -> list[tuple[str, str, list[str]]]:
        """Kind, severity and subject of the concerns."""
        return [(one.kind, one.severity, one.details.get("about", [])) for one in self.site.rows(Concern)]

    def question(self, day: date) -> Occurrence:
        return next(
            one
            for one in self.site.rows(Occurrence)
            if one.participant_id == 1 and one.checkin == "daily" and one.day == day
        )


@pytest.fixture
def told(site: Site) -> Told:
    return Told(site)


def test_several_days_are_shown_back_and_count_when_they_are_said_to_be_right(told: Told) -> None:
    assert told.says("took sat n sun, monday not sure") == ["dose.read_back"]
    shown = told.site.texts()[-1]
    assert "• Saturday 7 March: taken\n• Yesterday (Sunday): taken\n• Today (Monday): not sure" in shown
    assert [told.status(day) for day in (SATURDAY, SUNDAY, MONDAY)] == ["unconfirmed"] * 3
    assert told.taps("Yes") == ["dose.recorded_several"]
    assert [told.status(day) for day in (SATURDAY, SUNDAY, MONDAY)] == ["taken", "taken", "unknown"]
    assert told.question(SUNDAY).state == OccurrenceState.COMPLETED
    assert told.about() == []


def test_yes_pressed_twice_counts_once(told: Told) -> None:
    told.says("took it yesterday and today")
    told.taps("Yes")
    before = len(told.site.rows(DoseReport))
    assert told.taps("Yes") == ["answer.already_recorded"]
    assert len(told.site.rows(DoseReport)) == before


def test_a_typed_yes_or_no_is_as_good_as_the_button(told: Told) -> None:
    told.says("forgot saturday and sunday")
    assert told.says("Yes, that is right.") == ["dose.recorded_several", "dose.no_extra"]
    assert told.status(SATURDAY) == "missed"
    assert told.says("yes") is None, "nothing waits for a yes any more"


def test_no_notes_nothing_and_staff_see_the_words(told: Told) -> None:
    told.says("forgot saturday and sunday")
    assert told.says("no") == ["dose.write_again"]
    assert told.status(SATURDAY) == "unconfirmed"
    assert told.about() == [("dose", "routine", ["dose_unclear"])]


def test_an_old_yes_does_not_undo_what_was_said_since(told: Told) -> None:
    told.says("took sat and sun")
    told.says("missed my tablet on sunday")
    told.taps("Yes")
    assert (told.status(SATURDAY), told.status(SUNDAY)) == ("taken", "missed")


def test_what_was_shown_back_and_not_answered_reaches_staff_with_the_next_dose_question(told: Told) -> None:
    told.says("took sat and sun")
    assert told.about() == []
    for hours in (24, 48):
        told.site.ticks(MONDAY_EVENING + timedelta(hours=hours))
    assert [one for one in told.about() if one[0] == "dose"] == [("dose", "routine", ["dose_unclear"])]


def test_one_plain_statement_is_noted_at_once_with_its_day(told: Told) -> None:
    assert told.says("took last night's this morning") == ["dose.recorded_taken"]
    assert "for yesterday (Sunday) as taken" in told.site.texts()[-1]
    assert told.status(SUNDAY) == "taken"


def test_what_was_noted_wrongly_is_put_right_as_a_newer_version(told: Told) -> None:
    told.says("took my tablet yesterday")
    assert told.taps("That is not right") == ["dose.which"]
    assert told.taps("Missed") == ["dose.recorded_missed"]
    assert told.status(SUNDAY) == "missed"
    versions = [(one.version, one.value) for one in told.site.rows(Answer) if one.item == "dose.taken"]
    assert versions == [(1, "taken"), (2, "missed")]
    assert [one.status for one in told.site.rows(DoseReport)] == ["taken", "missed"]


@pytest.mark.parametrize(
    ("label", "wording", "status", "about"),
    [
        ("I am not sure", "dose.recorded_unknown", "unknown", []),
        ("Ask the team", "dose.asked_team", "taken", [("dose", "routine", ["dose_unclear"])]),
    ],
)
def test_who_is_not_sure_may_say_so_or_ask(told: Told, label: str, wording: str, status: str, about: list[Any]) -> None:
    told.says("took my tablet yesterday")
    told.taps("That is not right")
    assert told.taps(label) == [wording]
    assert (told.status(SUNDAY), told.about()) == (status, about)


@pytest.mark.parametrize("words", ["took my tablet tomorrow", "missed my dose on sunday"])
def test_a_day_to_come_or_before_the_first_tablet_is_not_noted(site: Site, words: str) -> None:
    told = Told(site)
    told.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # Day 1, a Monday
    assert told.says(words) == ["dose.first_day"]
    told.now += timedelta(days=1)
    assert told.says("missed my dose on friday") == ["dose.outside"]
    assert told.site.rows(DoseReport) == []
    assert told.site.concerns() == []


def test_before_the_first_day_there_is_no_dose_to_note(site: Site) -> None:
    told = Told(site)
    site.as_participant(lambda work, ana: setattr(ana, "day1", told.now.date() + timedelta(days=7)))
    assert told.says("took my tablet today") == ["dose.not_begun"]
    assert told.site.rows(DoseReport) == []


def test_two_taken_on_a_day_without_a_dose_reach_staff_all_the_same(site: Site) -> None:
    told = Told(site)
    told.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert told.says("took two tablets yesterday") == ["dose.doubled"]
    assert told.site.rows(DoseReport) == []
    assert told.about() == [("dose", "urgent", ["dose_doubled"])]


@pytest.mark.parametrize(
    ("words", "wording", "severity", "about"),
    [
        ("took half", "dose.partial", "routine", "dose_partial"),
        ("doctor told me to stop them", "dose.doctor_stopped", "urgent", "dose_doctor_stopped"),
        ("took two by mistake", "dose.doubled", "urgent", "dose_doubled"),
        ("my doctor told me to stop", "dose.doctor_stopped", "urgent", "dose_doctor_stopped"),
        ("I've run out of tablets", "dose.ran_out", "routine", "dose_ran_out"),
        ("I cut the dose in half", "dose.changed", "urgent", "dose_changed"),
    ],
)
def test_each_reaches_staff_as_what_it_is(told: Told, words: str, wording: str, severity: str, about: str) -> None:
    assert told.says(words) == [wording]
    assert told.about() == [("dose", severity, [about])]


def test_having_stopped_says_nothing_of_todays_tablet(told: Told) -> None:
    told.says("took my tablet today")
    told.says("I have stopped taking the tablets")
    assert told.status(MONDAY) == "taken"
    assert [one.status for one in told.site.rows(DoseReport)] == ["taken", "stopped"]


def test_no_tablets_left_is_no_missed_one(told: Told) -> None:
    told.says("I've run out of tablets")
    assert told.site.rows(DoseReport) == []


def test_a_reason_that_matters_reaches_staff_also_when_it_is_told(told: Told) -> None:
    told.says("missed my tablet on saturday, ran out of tablets")
    assert told.about() == [("threshold", "routine", ["dose-ran-out"])]


@pytest.mark.parametrize(
    "words",
    ["if I miss a dose what do I do?", "should I take two now?", "did I take it sat and sun?", "I missed the bus"],
)
def test_a_question_about_doses_is_left_to_be_answered(told: Told, words: str) -> None:
    assert told.says(words) is None
    assert told.site.rows(DoseReport) == []


def test_what_only_the_model_heard_is_shown_back(told: Told) -> None:
    assert told.heard_by_the_model("all sorted this evening", "taken") == ["dose.read_back"]
    assert told.status(MONDAY) == "unconfirmed"
    assert told.heard_by_the_model("what about tomorrow?", "missed") == ["question.passed_on"]


def test_never_missed_one_is_shown_back_as_todays(told: Told) -> None:
    assert told.heard_by_the_model("I haven't missed any", "taken") == ["dose.read_back"]
    assert told.status(MONDAY) == "unconfirmed"


def test_the_words_of_several_days_go_on_with_the_question_that_is_open(told: Told) -> None:
    """The dose question itself is not repeated: it stays on the phone."""
    told.site.ticks(MONDAY_EVENING)
    assert told.question(MONDAY).state == OccurrenceState.STARTED
    assert told.says("took sat and sun") == ["dose.read_back"]
    told.site.as_participant(
        lambda work, p: answer_tapped(work, p, told.question(MONDAY).id, "dose.taken", "taken"), told.now
    )
    assert told.status(MONDAY) == "taken"


def test_a_label_fits_on_a_button(site: Site) -> None:
    for name in ("button.not_right", "button.doses_right", "button.doses_wrong", "button.dose_not_sure"):
        assert re.fullmatch(r".{1,24}", site.study.wordings.render(name))


@pytest.mark.parametrize("status", [status for status in DoseStatus if status is not DoseStatus.NONE])
def test_every_status_can_be_shown_back(site: Site, status: DoseStatus) -> None:
    told = Told(site)
    days = [Dose(status, -1), Dose(DoseStatus.TAKEN, -2)]
    shown = site.as_participant(lambda work, ana: take_statements(work, ana, days, "words"), told.now)
    assert [one["wording"] for one in shown] == ["dose.read_back"]
    assert len(shown[0]["params"]["days"].splitlines()) == 2


@pytest.mark.parametrize(
    ("heard", "shown"), [("taken", 1), ("missed", 1), ("stopped", 0), ("changed", 0), ("partial", 0)]
)
def test_what_is_heard_faintly_of_a_dose_calls_nobody_at_once(site: Site, heard: str, shown: int) -> None:
    said = site.as_participant(lambda work, ana: show_dose_heard(work, ana, "it never stops", heard), Told(site).now)
    assert len(said) == shown
    assert site.concerns() == []
