"""Symptoms told without being asked."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.base import Event, StudyAction, open_form, words
from study.participants import Participant
from study.services.telling_symptoms import report_symptom
from study.work import Work


class ReportSymptom(StudyAction):
    """ "My joints hurt since yesterday": staff hear of it, and its items are asked."""

    is_called = "action_report_symptom"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return report_symptom(work, participant, words(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        in_a_checkin = bool(tracker.get_slot("checkin"))
        return open_form(outcome["checkin"]) if outcome["checkin"] and not in_a_checkin else []


ACTIONS = (ReportSymptom,)
