"""What may mean two things is asked; what was told along with a question is noted too."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.base import Event, StudyAction, heard_unwell, understood, what_stays_open, words
from study.participants import Participant
from study.services.also_told import also_told
from study.services.asking_meaning import ask_what_is_meant
from study.services.telling_of_tablets import tell_of_tablets
from study.work import Work


class AskWhatIsMeant(StudyAction):
    """ "I can't do this any more": the study, how I feel, or something else?"""

    is_called = "action_ask_what_is_meant"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return ask_what_is_meant(work, participant)


class AlsoTold(StudyAction):
    """After the answer to a question: the dose and the symptom in the same message, once for all that it asks."""

    is_called = "action_also_told"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        if understood(tracker).get("beside"):
            return {"says": []}
        return also_told(work, participant, words(tracker), heard_unwell(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return what_stays_open(outcome, tracker) if "checkin" in outcome else []


class TellOfTablets(StudyAction):
    """The tablets run out, are lost, or a doctor stopped them."""

    is_called = "action_tell_of_tablets"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return tell_of_tablets(work, participant, understood(tracker)["intent"])


ACTIONS = (AskWhatIsMeant, AlsoTold, TellOfTablets)
