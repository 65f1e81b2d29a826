"""One turn of a conversation, played on a tracker rebuilt for it and thrown away afterwards.

Rasa as it comes keeps trackers, swallows what an action raises ("Bot will continue, but the actions events
are lost") and answers 200 with whatever it had. A turn here keeps nothing and either is complete or fails
with one code. The methods of MessageProcessor overridden below are those of rasa 3.6.21, which
nlu/requirements.txt pins.
"""

import asyncio
import re
from typing import Any, Dict, FrozenSet, List, Optional, Text

import aiohttp
from jsonschema.validators import validator_for
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, ActiveLoop, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

FORM = "checkin_form"
FORM_SLOT = "item_answer"
VALIDATION = f"validate_{FORM}"
PROOF = "proof"

FIELD = re.compile(r"{(\w+)}")


ACTION_ANSWER = RemoteAction.action_response_format_spec()
ACTION_ANSWER_CHECK = validator_for(ACTION_ANSWER)(ACTION_ANSWER)


def _check_answer(self: RemoteAction, result: Dict[Text, Any]) -> bool:
    ACTION_ANSWER_CHECK.validate(result)
    return True


# Rasa has jsonschema check the schema itself, which never changes, again at every action: 65 ms of processor time a
# call, during which no other chat moves. Checking only the answer against it takes about one.
RemoteAction._validate_action_result = _check_answer


class TurnFailed(Exception):
    """A turn that is not complete. `code` is for machines, `at` names the action or text; neither holds
    words.

    Not a RasaException: some of Rasa's own code catches those and goes on.
    """

    def __init__(self, code: Text, at: Text, status: int = 502) -> None:
        super().__init__(f"{code} ({at})")
        self.code = code
        self.at = at
        self.status = status


class TurnActions(EndpointConfig):
    """The action server of one turn.

    An action counts as run only when the server answered 200 and the answer carries the proof slot, set to
    the action's own name by our base action as its last event. The proof is taken out again before Rasa sees
    the answer: a slot set during a form's validation would otherwise look like a filled slot.
    """

    def __init__(self, url: Text, limit: float, slots: FrozenSet[Text]) -> None:
        """limit: seconds for one action; slots: the names an action may set."""
        super().__init__(url, enable_selective_domain=True)
        self._limit = limit
        self._slots = slots
        self._http: Optional[aiohttp.ClientSession] = None

    async def request(
        self,
        method: Text = "post",
        subpath: Optional[Text] = None,
        content_type: Optional[Text] = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Dict[Text, Any]:
        """Run one action. Raises TurnFailed, never with the body of the answer: rasa-sdk repeats a patient's
        words in its errors.
        """
        call = {**kwargs["json"], "domain": {}}  # rasa-sdk answers 449 to a call without a domain
        name = call["next_action"]
        if name == VALIDATION and call["tracker"]["slots"].get(FORM_SLOT) is None:
            return {
                "events": [],
                "responses": [],
            }  # a form that opens or resumes asks for this with nothing to validate
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._limit))
        try:
            async with self._http.post(self.url, json=call, allow_redirects=False) as response:
                if response.status != 200:
                    raise TurnFailed("action_failed", name)
                answer = await response.json()
        except asyncio.TimeoutError:
            raise TurnFailed("action_timeout", name, status=504) from None
        except (aiohttp.ClientError, ValueError):
            raise TurnFailed("action_unreachable", name) from None
        return self._proven(name, answer)

    def _proven(self, name: Text, answer: Any) -> Dict[Text, Any]:
        if not isinstance(answer, dict) or not isinstance(answer.get("events"), list):
            raise TurnFailed("action_unproven", name)
        events = [event for event in answer["events"] if isinstance(event, dict)]
        sets = [event for event in events if event.get("event") == "slot"]
        if not any(event.get("name") == PROOF and event.get("value") == name for event in sets):
            raise TurnFailed("action_unproven", name)
        strange = sorted({str(event.get("name")) for event in sets} - self._slots - {PROOF})
        if strange:  # Rasa would only log that and lose the value
            raise TurnFailed("unknown_slot", f"{name}: {strange[0]}")
        kept = [event for event in events if not (event.get("event") == "slot" and event.get("name") == PROOF)]
        return {**answer, "events": kept}

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()


class ApprovedTexts(NaturalLanguageGenerator):
    """Rasa's texts, but a missing text or an unfilled field is a failed turn. Rasa would say nothing, or
    "None".
    """

    def __init__(self, inner: NaturalLanguageGenerator, domain: Domain) -> None:
        self._inner = inner
        self._texts = domain.responses

    async def generate(
        self, utter_action: Text, tracker: DialogueStateTracker, output_channel: Text, **kwargs: Any
    ) -> Dict[Text, Any]:
        for variant in self._texts.get(utter_action, []):
            for field in FIELD.findall(variant.get("text") or ""):
                if tracker.get_slot(field) is None and field not in kwargs:
                    raise TurnFailed("unfilled_field", f"{utter_action}: {field}", status=500)
        message = await self._inner.generate(utter_action, tracker, output_channel, **kwargs)
        if message is None:
            raise TurnFailed("no_such_text", utter_action, status=500)
        return message


class TurnProcessor(MessageProcessor):
    """Rasa's message processor for one turn: same model, own action server, no tracker store, nothing
    swallowed.
    """

    @classmethod
    def over(cls, processor: MessageProcessor, actions: TurnActions) -> "TurnProcessor":
        """A shallow copy: the loaded model is shared, what differs for a turn is not."""
        turn = cls.__new__(cls)
        turn.__dict__.update(vars(processor))
        turn.action_endpoint = actions
        turn.nlg = ApprovedTexts(processor.nlg, processor.domain)
        turn.on_circuit_break = _break_the_circuit
        turn.tracker_store = None
        turn.lock_store = None
        return turn

    async def play(self, message: UserMessage, tracker: DialogueStateTracker) -> None:
        """Hand the parsed message over and run actions until Rasa listens again."""
        await self._handle_message_with_tracker(message, tracker)
        tracker = await self.run_action_extract_slots(message.output_channel, tracker)
        before = len(tracker.events)
        await self._run_prediction_loop(message.output_channel, tracker)
        ran = [event for event in list(tracker.events)[before:] if isinstance(event, ActionExecuted)]
        if all(event.action_name == ACTION_LISTEN_NAME for event in ran):
            raise TurnFailed("no_rule", str(tracker.latest_message.intent.get("name")), status=500)

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        """As Rasa's, without its `except Exception`: what an action raises ends the turn. Reminders, which
        Rasa would keep in memory, are not carried out.
        """
        scratch = tracker.copy()
        scratch.update_with_events(prediction.events, self.domain)
        try:
            events = await action.run(output_channel, nlg, scratch, self.domain)
        except ActionExecutionRejection:
            tracker.update(ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence))
            return True
        self._log_action_on_tracker(tracker, action, events, prediction)
        await self._send_bot_messages(events, tracker, output_channel)
        return self.should_predict_another_action(action.name())


def rebuilt(domain: Domain, sender: Text, slots: Dict[Text, Any], in_checkin: bool) -> DialogueStateTracker:
    """A tracker as it stands while Rasa listens, made from the bot's state and from nothing else."""
    events: List[Event] = [SlotSet(name, value) for name, value in slots.items()]
    if in_checkin:
        events += [ActionExecuted(FORM), ActiveLoop(FORM), SlotSet(REQUESTED_SLOT, FORM_SLOT)]
    events.append(ActionExecuted(ACTION_LISTEN_NAME))
    return DialogueStateTracker.from_events(sender, events, slots=domain.slots, domain=domain)


def state_after(tracker: DialogueStateTracker) -> Dict[Text, Any]:
    """What the bot stores and sends back as the next `state_before`."""
    checkin = None
    if tracker.active_loop_name == FORM:
        names = {"name": "checkin", "occurrence": "occurrence", "item": "item"}
        checkin = {key: tracker.get_slot(slot) for key, slot in names.items()}
        if None in checkin.values():
            raise TurnFailed("checkin_without_item", FORM, status=500)
    return {"checkin": checkin, "dialogue": tracker.get_slot("dialogue") or {}}


def gave_way(tracker: DialogueStateTracker) -> bool:
    """Whether the check-in let the message pass as a digression."""
    return any(isinstance(event, ActionExecutionRejected) for event in tracker.events)


class Replies(OutputChannel):
    """Collects what is said, whole: the stock collector drops metadata and the name of the text."""

    def __init__(self) -> None:
        self.said: List[Dict[Text, Any]] = []

    @classmethod
    def name(cls) -> Text:
        return "alongside"

    def say_too(self, said: List[Dict[Text, Any]]) -> None:
        """What was asked or wished beside the rest: right after the answer that is there, else before all that is
        said, so that a question of ours stays the last thing read."""
        answered = bool(self.said) and str(self.said[0]["utter"] or "").startswith("utter_faq/")
        self.said = [*self.said[:answered], *said, *self.said[answered:]]

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        about = message.get("metadata") or {}
        wording = None
        if about.get("id"):
            wording = {key: about.get(key) for key in ("id", "version", "approved_by", "approved_on", "tone")}
            wording["approved_on"] = None if wording["approved_on"] is None else str(wording["approved_on"])
        self.said.append(
            {
                "text": message.get("text"),
                "utter": message.get("utter_action"),
                "wording": wording,
                "say": (message.get("custom") or {}).get("say"),
                "buttons": message.get("buttons") or [],
            }
        )


def _break_the_circuit(tracker: DialogueStateTracker, *_: Any) -> None:
    raise TurnFailed("endless_turn", str(tracker.latest_action_name), status=500)
