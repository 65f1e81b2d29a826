"""Red flags the rules had no phrase for."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

from actions.base import StudyAction, understood, words
from study.participants import Participant
from study.services.hinted_flags import answer_hinted_flags
from study.work import Work


class RedFlag(StudyAction):
    """The model heard one: answered and paged as if the rules had."""

    is_called = "action_red_flag"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return answer_hinted_flags(work, participant, words(tracker), understood(tracker).get("flags") or [])


ACTIONS = (RedFlag,)
