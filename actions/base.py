"""What every action shares: one transaction, one use case, its answer as says and slots, and the proof that it ran.

An error leaves no proof: the channel then fails the turn, and the message is tried again (rasa-sdk's own error
handler would send the
patient's words back instead). Only codes are logged.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecutionRejected, ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from study.bootstrap import App
from study.participants import Participant, by_code
from study.triage.symptoms import Heard
from study.work import Work

log = logging.getLogger(__name__)

Event = dict[str, Any]
FORM = "checkin_form"


class StudyAction(Action, ABC):
    """An action of the study. Subclasses name themselves in `is_called` and say in `act` which use case they call."""

    app: ClassVar[App]
    is_called: ClassVar[str] = ""

    def name(self) -> str:
        return self.is_called

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        try:
            outcome, events = await asyncio.to_thread(self._in_transaction, tracker)
        except Exception as error:
            log.error("%s failed for %s: %s", self.name(), tracker.sender_id, type(error).__name__)
            return []
        for say in outcome.get("says", []):
            dispatcher.utter_message(json_message={"say": say})
        return [*events, SlotSet("proof", self.name())]

    def _in_transaction(self, tracker: Tracker) -> tuple[dict[str, Any], list[Event]]:
        def work(session: Session) -> tuple[dict[str, Any], list[Event]]:
            now = datetime.fromisoformat(tracker.get_slot("now"))
            made = Work(session, self.app.study, now, cause=int(tracker.get_slot("inbox_id")))
            code = tracker.sender_id.rpartition(":")[2]
            participant = by_code(session, code)
            if participant is None:
                raise LookupError(code)
            outcome = self.act(made, participant, tracker)
            return outcome, self.events(outcome, tracker)

        return self.app.db.run(work)

    @abstractmethod
    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        """Call one use case and give its outcome: `says`, and `checkin` where one is open now."""

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        """What Rasa is to remember for the rest of this turn."""
        return []


def words(tracker: Tracker) -> str:
    """What the participant typed."""
    return str(tracker.latest_message.get("text") or "")


def tap(tracker: Tracker) -> dict[str, Any]:
    """What the tapped button means; empty for typed text."""
    return tracker.get_slot("tap") or {}


def understood(tracker: Tracker) -> dict[str, Any]:
    """What the model made of the words."""
    return tracker.get_slot("understood") or {}


def heard_symptoms(tracker: Tracker) -> list[Heard]:
    """The symptoms the model heard in them."""
    return [Heard(**one) for one in understood(tracker).get("symptoms", [])]


def heard_unwell(tracker: Tracker) -> list[Heard] | None:
    """The same where a part of the words tells how they feel; else None."""
    return heard_symptoms(tracker) if understood(tracker).get("unwell") else None


def checkin_slots(opened: dict[str, Any] | None) -> list[Event]:
    """The open check-in as slots, or none."""
    at = opened or {}
    return [
        SlotSet("checkin", at.get("name")),
        SlotSet("occurrence", at.get("occurrence")),
        SlotSet("item", at.get("item")),
    ]


def open_form(opened: dict[str, Any]) -> list[Event]:
    """Go on with the form at the open item."""
    return [*checkin_slots(opened), FollowupAction(FORM)]


def opened_by(outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
    """The form goes on with what a use case has opened, unless a check-in was open before: that is asked again
    anyway."""
    opened = outcome.get("checkin")
    return open_form(opened) if opened and not tracker.get_slot("checkin") else []


def close_form() -> list[Event]:
    """No check-in is open any more."""
    return [ActiveLoop(None), SlotSet("requested_slot", None), *checkin_slots(None)]


def what_stays_open(outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
    """After a use case that may have ended the open check-in, or opened one where there was none: the form goes on with
    what is open now, or closes."""
    if not tracker.get_slot("checkin"):
        return opened_by(outcome, tracker)
    return checkin_slots(outcome["checkin"]) if outcome["checkin"] else close_form()


def gave_way(tracker: Tracker) -> bool:
    """Whether the form has let this message pass to its own rule."""
    return any(event.get("event") == "action_execution_rejected" for event in tracker.events)


def give_way() -> list[Event]:
    """This message is not for the form: its own rule answers it, then the item is asked again."""
    return [SlotSet("item_answer", None), ActionExecutionRejected(FORM)]
