"""Asking Rasa for the next step of one turn. The same inbox id joins a turn that still runs, so asking again is
safe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from study.errors import AlongsideError
from study.triage.red_flags import set_aside

# What our channel calls its failures (nlu/README.md). Whatever else stands there is not ours and is not written down.
CODES = {
    "wrong_secret",
    "bad_call",
    "action_failed",
    "action_unproven",
    "action_unreachable",
    "unknown_slot",
    "action_timeout",
    "no_model",
    "no_such_text",
    "unfilled_field",
    "no_rule",
    "endless_turn",
    "checkin_without_item",
    "no_action_server",
    "turn_failed",
}


class RasaAway(AlongsideError):
    """Rasa, or an action behind it, gave no complete answer. `code` says how, `refused` that nobody listens there."""

    def __init__(self, code: str, refused: bool = False) -> None:
        self.reason = code
        self.refused = refused
        super().__init__(code)


@dataclass(frozen=True)
class Answered:
    """A complete turn. Without replies only where an action has answered by itself (`is_answered`)."""

    replies: list[dict[str, Any]]
    dialogue: dict[str, Any]
    understood: dict[str, Any]


class RasaClient:
    """Our channel in Rasa, on loopback. Calls go out as ASCII JSON: what people send may hold a lone surrogate."""

    def __init__(self, url: str, secret: str, run: str, actions_url: str, timeout: float) -> None:
        self.run = run
        self.actions_url = actions_url
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/webhooks/alongside",
            headers={"X-Alongside-Secret": secret, "Content-Type": "application/json"},
            timeout=httpx.Timeout(timeout, connect=2.0),
            trust_env=False,
        )

    async def turn(
        self,
        inbox_id: int,
        code: str,
        now: str,
        text: str | None,
        tap: dict[str, Any] | None,
        state_before: dict[str, Any],
    ) -> Answered:
        """One turn. Raises RasaAway for anything but a complete answer."""
        call = {
            "inbox_id": inbox_id,
            "run": self.run,
            "code": code,
            "now": now,
            "text": text,
            "tap": tap,
            "set_aside": set_aside(text or ""),
            "actions_url": self.actions_url,
            "state_before": state_before,
        }
        try:
            response = await self._http.post("/turn", content=json.dumps(call))
        except httpx.ConnectError:
            raise RasaAway("connection_refused", refused=True) from None
        except httpx.HTTPError as error:
            raise RasaAway(type(error).__name__) from None
        body = _json(response)
        if response.status_code != 200:
            code = body["error"] if body.get("error") in CODES else f"status_{response.status_code}"
            raise RasaAway(code, refused=code == "action_unreachable")
        if body.get("complete") is not True:
            raise RasaAway("incomplete")
        state = body.get("state_after") or {}
        return Answered(body.get("replies") or [], state.get("dialogue") or {}, body.get("understood") or {})

    async def understand(self, text: str, seconds: float) -> dict[str, Any]:
        """What Rasa makes of a text, without a turn, within so many seconds. Raises RasaAway."""
        call = {"text": text, "set_aside": set_aside(text)}
        try:
            response = await self._http.post("/understand", content=json.dumps(call), timeout=seconds)
        except httpx.HTTPError as error:
            raise RasaAway(type(error).__name__) from None
        if response.status_code != 200:
            raise RasaAway(f"status_{response.status_code}")
        return _json(response)

    async def close(self) -> None:
        await self._http.aclose()


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
