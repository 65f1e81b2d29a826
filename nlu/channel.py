"""The door into Rasa: POST turn, POST understand, GET health, below /webhooks/alongside and behind a shared
secret.

Rasa keeps no conversation. Each turn brings the state the bot stored (`state_before`), is played on a tracker
made from it, and takes the new state back. Retrying a turn is therefore the same as playing it the first
time.
"""

import asyncio
import hmac
import logging
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, FrozenSet, List, NoReturn, Optional, Text, Tuple

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.training_data.message import Message
from sanic import Blueprint, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from nlu.calls import BadCall, TurnCall, plain, read_set_aside, read_turn
from nlu.components.symptom_hint import SymptomHint
from nlu.reading import parts, pieces, together
from nlu.routes import UNSURE, candidates, understood
from nlu.turn import (
    FORM_SLOT,
    Replies,
    TurnActions,
    TurnFailed,
    TurnProcessor,
    gave_way,
    rebuilt,
    state_after,
)

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Alongside-Secret"  # noqa: S105 -- the header's name, not a secret
RED_FLAG = "red_flag"  # the intent of a message in which the model heard a red flag; never predicted as one
ACTIONS_IN_A_TURN = 5  # a check-in that gives way runs four: validate, the digression's two, ask; one to spare

Answer = Tuple[int, Dict[Text, Any]]


class AlongsideInput(InputChannel):
    """Settings: `secret` (needed), `action_timeout` in seconds."""

    def __init__(self, secret: Text, action_timeout: float) -> None:
        self._secret = secret.encode()
        self._action_timeout = action_timeout
        self._running: Dict[Tuple[Text, int], "asyncio.Task[Answer]"] = {}

    @classmethod
    def name(cls) -> Text:
        return "alongside"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "AlongsideInput":
        settings = credentials or {}
        secret = str(settings.get("secret") or "")
        if not secret or "${" in secret:
            cls.raise_missing_credentials_exception()
        _keep_words_out_of_the_log()
        return cls(secret, float(settings.get("action_timeout", 75)))

    @classmethod
    def raise_missing_credentials_exception(cls) -> NoReturn:
        raise RasaException("nlu/credentials.yml: secret: set ALONGSIDE_RASA_SECRET")

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("alongside")

        @routes.listener("before_server_start")
        async def allow_slow_actions(app: Any, _loop: Any) -> None:
            # Without --enable-api Rasa leaves Sanic's own limit of 60 s, shorter than one slow action.
            app.config.RESPONSE_TIMEOUT = self._action_timeout * ACTIONS_IN_A_TURN

        @routes.middleware("request")
        async def refuse_strangers(request: Request) -> Optional[HTTPResponse]:
            given = request.headers.get(SECRET_HEADER, "").encode()
            if hmac.compare_digest(given, self._secret):
                return None
            return response.json({"error": "wrong_secret"}, status=403)

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            processor = _processor(request)
            ready = processor is not None
            told = {"ready": ready, "model": _model(processor), "hash": _hash(request)}
            return response.json(told, status=200 if ready else 503)

        @routes.post("/understand")
        async def understand(request: Request) -> HTTPResponse:
            processor = _processor(request)
            if processor is None:
                return response.json({"error": "no_model"}, status=503)
            body = _body(request)
            if not isinstance(body, dict) or not isinstance(body.get("text"), str):
                return _refused(BadCall("text", "must be text"))
            try:
                parse = _parsed(processor, body["text"], read_set_aside(body))
            except BadCall as bad:
                return _refused(bad)
            found = understood(parse)
            found.pop("digression")
            return response.json({**found, "ranking": candidates(parse)[:5], "model": _model(processor)})

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            processor = _processor(request)
            if processor is None:
                return response.json({"error": "no_model"}, status=503)
            try:
                call = read_turn(_body(request), _slot_names(processor))
            except BadCall as bad:
                return _refused(bad)
            status, answer = await self._joined(call, request.app.ctx.agent)
            return response.json(answer, status=status)

        return routes

    async def _joined(self, call: TurnCall, agent: Agent) -> Answer:
        """Play the turn, or wait for the one of the same message that is still being played. It is played to
        its end even when every caller has gone: its action may already have stored something.
        """
        key = (call.run, call.inbox_id)
        playing = self._running.get(key)
        if playing is None:
            playing = asyncio.create_task(self._played(call, agent))
            self._running[key] = playing
            playing.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(playing)

    async def _played(self, call: TurnCall, agent: Agent) -> Answer:
        """The turn's answer, or its failure as a code. Neither the log nor the answer holds what was said."""
        try:
            return 200, await self._play(call, agent)
        except TurnFailed as failed:
            logger.error(f"turn {call.sender} inbox {call.inbox_id} failed: {failed}")
            return failed.status, {"error": failed.code, "at": failed.at}
        except Exception as unforeseen:
            kind, place = type(unforeseen).__name__, _where(unforeseen)
            logger.error(f"turn {call.sender} inbox {call.inbox_id} failed: {kind} at {place}")
            return 500, {"error": "turn_failed", "at": f"{kind} at {place}"}

    async def _play(self, call: TurnCall, agent: Agent) -> Dict[Text, Any]:
        processor = agent.processor
        url = call.actions_url or (agent.action_endpoint.url if agent.action_endpoint else None)
        if not url:
            raise TurnFailed("no_action_server", "nlu/endpoints.yml", status=500)
        parse = _tapped(processor, call.tap) if call.tap else _parsed(processor, call.text or "", call.set_aside)
        found = understood(parse, in_checkin=call.checkin is not None)
        replies = Replies()
        message = UserMessage(
            call.text or "",
            replies,
            call.sender,
            parse_data=parse,
            input_channel=self.name(),
            message_id=str(call.inbox_id),
        )
        tracker = rebuilt(processor.domain, call.sender, _slots(call, found), call.checkin is not None)
        actions = TurnActions(url, self._action_timeout, _slot_names(processor))
        playing = TurnProcessor.over(processor, actions)
        try:
            await playing.play(message, tracker)
            if found["route"] != "emergency":
                await self._play_besides(call, found, parse, playing, replies)
        finally:
            await actions.close()
        if call.checkin is not None and not gave_way(tracker):
            found["route"] = "checkin"
        found.pop("digression")
        return {
            "complete": True,
            "replies": replies.said,
            "state_after": state_after(tracker),
            "understood": found,
            "model": _model(processor),
        }

    async def _play_besides(
        self, call: TurnCall, found: Dict[Text, Any], parse: Dict[Text, Any], playing: TurnProcessor, replies: Replies
    ) -> None:
        """What else was asked is answered, what else was wished is seen to: each as if it had come alone, in its own
        words and outside the check-in, whose question stays open and the last thing said."""
        for beside in parse.get("besides") or []:
            aside = Replies()
            message = UserMessage(beside["text"], aside, call.sender, parse_data=beside, input_channel=self.name())
            slots = _slots(call, {**found, "intent": beside["intent"]["name"], "beside": True})
            await playing.play(message, rebuilt(playing.domain, call.sender, slots, in_checkin=False))
            replies.say_too(aside.said)
        if found["also"] is not None:
            aside = Replies()
            tracker = rebuilt(playing.domain, call.sender, _slots(call, found), in_checkin=False)
            also = await playing.nlg.generate(f"utter_faq/{found['also']}", tracker, self.name())
            await aside.send_response(call.sender, {**also, "utter_action": f"utter_faq/{found['also']}"})
            replies.say_too(aside.said)


def _refused(bad: BadCall) -> HTTPResponse:
    return response.json({"error": "bad_call", "place": bad.place, "mend": bad.mend}, status=422)


def _parsed(processor: MessageProcessor, text: Text, set_aside: FrozenSet[Text] = frozenset()) -> Dict[Text, Any]:
    """Understand typed text. What comes back is handed over ready-made, so that nothing later reads the text
    again. A hint at a red flag that is set aside is none: "is chest pain a side effect?" is the question it is.
    """
    words = plain(text)
    if not words:
        return {"text": text, "intent": {"name": UNSURE, "confidence": 0.0}, "entities": []}
    own = parts(words)
    whole, *read = _parses(processor, [words, *own])
    parse = together(whole, read, _symptoms(processor, pieces(words, whole)))
    for level in ("flag_hints", "faint_flags"):
        parse[level] = [hint for hint in parse[level] if hint["kind"] not in set_aside]
    if parse["flag_hints"]:
        flag = {"name": RED_FLAG, "confidence": parse["flag_hints"][0]["confidence"]}
        parse = {**parse, "intent": flag, "beneath": parse["intent"]}
    return {**parse, "text": text}


def _parses(processor: MessageProcessor, texts: List[Text]) -> List[Dict[Text, Any]]:
    """Several texts in one run of the model: a message and its parts take little longer than the message. Rasa's own
    parses one."""
    parses = []
    for text, message in zip(texts, _read(processor, texts, processor.model_metadata.nlu_target), strict=True):
        intent = {"name": None, "confidence": 0.0}
        parse = {"text": text, "intent": intent, "entities": [], **message.as_dict(only_output_properties=True)}
        processor._update_full_retrieval_intent(parse)
        parses.append(parse)
    return parses


def _symptoms(processor: MessageProcessor, texts: List[Text]) -> List[Dict[Text, Any]]:
    """The symptoms heard in each, and nothing else of it: half the way through the pipeline."""
    if not texts:
        return []
    hint = next(name for name in processor.model_metadata.predict_schema.nodes if SymptomHint.__name__ in name)
    read = _read(processor, texts, hint)
    return [
        {"text": text, SymptomHint.gives: message.get(SymptomHint.gives)}
        for text, message in zip(texts, read, strict=True)
    ]


def _read(processor: MessageProcessor, texts: List[Text], target: Text) -> List[Message]:
    """The texts as they come out of one step of the pipeline."""
    nobody = DialogueStateTracker.from_events("", [])
    inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts], PLACEHOLDER_TRACKER: nobody}
    messages: List[Message] = processor.graph_runner.run(inputs=inputs, targets=[target])[target]
    return messages


def _tapped(processor: MessageProcessor, tap: Dict[Text, Any]) -> Dict[Text, Any]:
    """A tap as an intent: `tap_start`; `tap_other` for one the dialogue has no rule for."""
    name = f"tap_{tap['do']}"
    intent = {"name": name if name in processor.domain.intents else "tap_other", "confidence": 1.0}
    return {"text": "", "intent": intent, "entities": [], "intent_ranking": [intent]}


def _slots(call: TurnCall, found: Dict[Text, Any]) -> Dict[Text, Any]:
    """Everything an action of this turn may look up, as slots."""
    checkin = call.checkin or {}
    return {
        **call.slots,
        "checkin": checkin.get("name"),
        "occurrence": checkin.get("occurrence"),
        "item": checkin.get("item"),
        "inbox_id": call.inbox_id,
        "now": call.now,
        "tap": call.tap,
        "understood": found,
        "dialogue": call.dialogue,
        FORM_SLOT: None,
    }


def _processor(request: Request) -> Optional[MessageProcessor]:
    agent = getattr(request.app.ctx, "agent", None)
    return agent.processor if agent is not None else None


def _model(processor: Optional[MessageProcessor]) -> Optional[Text]:
    """The name of the model's file, which holds the fingerprint of what it was trained on."""
    return processor.model_filename.split(".")[0] if processor is not None else None


def _hash(request: Request) -> Optional[Text]:
    """The ETag the model came with from the model server: the SHA-256 of its file."""
    agent = getattr(request.app.ctx, "agent", None)
    return agent.fingerprint if agent is not None and agent.processor is not None else None


def _slot_names(processor: MessageProcessor) -> FrozenSet[Text]:
    return frozenset(slot.name for slot in processor.domain.slots)


def _body(request: Request) -> Any:
    try:
        return request.json
    except InvalidUsage:
        return None


def _where(error: BaseException) -> Text:
    """File and line of the deepest frame: enough to find a bug, and no local variable is looked at."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def _keep_words_out_of_the_log() -> None:
    """Rasa's DEBUG lines hold what people write: it is not to be had, whatever --debug or LOG_LEVEL say."""
    for name in ("rasa", "aiohttp", "sanic.root"):
        log = logging.getLogger(name)
        log.setLevel(max(logging.INFO, log.getEffectiveLevel()))
