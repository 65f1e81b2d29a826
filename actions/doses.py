"""Statements about doses."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.base import Event, StudyAction, heard_unwell, understood, what_stays_open, words
from study.participants import Participant
from study.services.dosing import report_dose
from study.work import Work


class ReportDose(StudyAction):
    """ "I forgot my pill last night": recorded for the day it speaks of."""

    is_called = "action_report_dose"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return report_dose(work, participant, words(tracker), understood(tracker).get("dose"), heard_unwell(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return what_stays_open(outcome, tracker)


ACTIONS = (ReportDose,)
