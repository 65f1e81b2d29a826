"""What people answer: questions and wishes."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.base import Event, StudyAction, close_form, opened_by, understood, words
from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.services.choosing import record_wish
from study.services.passing_on import pass_on
from study.services.unsure import take_unsure
from study.work import Work


class PassOn(StudyAction):
    """A question we cannot answer, words the model does not understand, or the wish to speak with a person."""

    is_called = "action_pass_on"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        found = understood(tracker)
        if found.get("intent") == "ask_staff":
            return pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE, "contact.passed_on")
        answered = found.get("also") is not None
        return take_unsure(work, participant, words(tracker), found.get("dose", "none"), answered)

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return opened_by(outcome, tracker)


class RecordWish(StudyAction):
    """The wish to leave the study: recorded in neutral words, given to people, never argued with."""

    is_called = "action_record_wish"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return record_wish(work, participant, words(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        """Whoever says that they want to leave is not asked the next question in the same breath. It stays open."""
        return close_form() if tracker.get_slot("checkin") else []


ACTIONS = (PassOn, RecordWish)
