"""Questions about one's own visits."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.base import StudyAction
from study.participants import Participant
from study.services.visiting import tell_next_visit
from study.work import Work


class NextVisit(StudyAction):
    """ "When is my next visit?" """

    is_called = "action_next_visit"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return tell_next_visit(work, participant)


ACTIONS = (NextVisit,)
