"""Symptoms told without being asked."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.base import Event, StudyAction, heard_symptoms, opened_by, words
from study.participants import Participant
from study.services.telling_symptoms import report_symptom
from study.work import Work


class ReportSymptom(StudyAction):
    """ "My joints hurt since yesterday": staff hear of it, and its items are asked."""

    is_called = "action_report_symptom"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return report_symptom(work, participant, words(tracker), heard_symptoms(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return opened_by(outcome, tracker)


ACTIONS = (ReportSymptom,)
