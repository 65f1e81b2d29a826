"""The check-in: begin, ask, take an answer, put off, break off."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.base import (
    Event,
    StudyAction,
    checkin_slots,
    gave_way,
    give_way,
    open_form,
    tap,
    understood,
    what_stays_open,
    words,
)
from study.participants import Participant
from study.services import checking_in
from study.services.breaking_off import break_off
from study.services.taking_answers import answer_tapped, answer_typed, belongs_here
from study.work import Work

ANSWERS = ("answer", "dose")


class StartCheckIn(StudyAction):
    """Start was tapped, or the participant asks for the check-in."""

    is_called = "action_start_checkin"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return checking_in.start(work, participant, tap(tracker).get("occurrence"))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return open_form(outcome["checkin"]) if outcome["checkin"] else []


class AskItem(StudyAction):
    """The question of the item that is open; or the answer that was understood, shown back for one tap."""

    is_called = "action_ask_item_answer"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        if gave_way(tracker) and checking_in.waits_in_silence(work, participant):
            return {"says": []}
        return checking_in.ask_current(work, participant, guess(tracker))


class TakeAnswer(StudyAction):
    """While a check-in is open every message comes here first: an answer is stored, anything else gives way."""

    is_called = "validate_checkin_form"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        tapped = tap(tracker)
        if tapped.get("do") in ANSWERS:
            return tapped_answer(work, participant, tapped)
        if tapped or not belongs_here(work, participant, words(tracker), understood(tracker), guess(tracker)):
            return {"says": [], "gives_way": True}
        return answer_typed(work, participant, words(tracker), guess(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        if outcome.get("gives_way"):
            return give_way()
        opened = outcome["checkin"]
        dialogue = {key: value for key, value in (tracker.get_slot("dialogue") or {}).items() if key != "guess"}
        if outcome.get("guess"):
            dialogue["guess"] = outcome["guess"]
        return [
            SlotSet("item_answer", None if opened else "finished"),
            SlotSet("dialogue", dialogue),
            *checkin_slots(opened),
        ]


class TapAnswer(StudyAction):
    """An answer was tapped while no check-in was open in the conversation: the button knows its own day."""

    is_called = "action_tap_answer"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return tapped_answer(work, participant, tap(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return open_form(outcome["checkin"]) if outcome["checkin"] else []


class Later(StudyAction):
    """Later was tapped."""

    is_called = "action_later"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return checking_in.later(work, participant, int(tap(tracker)["occurrence"]))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return what_stays_open(outcome, tracker)


class StopCheckIn(StudyAction):
    """The participant breaks something off: the check-in that is open, or else what?"""

    is_called = "action_stop_checkin"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return break_off(work, participant, words(tracker))

    def events(self, outcome: dict[str, Any], tracker: Tracker) -> list[Event]:
        return what_stays_open(outcome, tracker)


class OtherTap(StudyAction):
    """A button this conversation does not know any more: said kindly."""

    is_called = "action_tap_other"

    def act(self, work: Work, participant: Participant, tracker: Tracker) -> dict[str, Any]:
        return checking_in.closed(work, participant)


def tapped_answer(work: Work, participant: Participant, tapped: dict[str, Any]) -> dict[str, Any]:
    """The one call behind every answer button."""
    occurrence, item, value = int(tapped["occurrence"]), str(tapped["item"]), tapped["value"]
    return answer_tapped(work, participant, occurrence, item, value, said=tapped.get("said"))


def guess(tracker: Tracker) -> dict[str, Any] | None:
    """The answer that was shown back and is not confirmed yet."""
    shown: dict[str, Any] | None = (tracker.get_slot("dialogue") or {}).get("guess")
    return shown


ACTIONS = (StartCheckIn, AskItem, TakeAnswer, TapAnswer, Later, StopCheckIn, OtherTap)
