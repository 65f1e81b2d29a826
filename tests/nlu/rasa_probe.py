"""Loaded into Rasa by tests/nlu/credentials.yml: looks for a word in everything the running process still
holds.

Runs in Rasa's own environment (Python 3.10), hence the imports.
"""

import gc
import types
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

CODE = (types.FrameType, types.ModuleType, types.FunctionType, types.CodeType)


class ProbeInput(InputChannel):
    @classmethod
    def name(cls) -> str:
        return "probe"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("probe")
        kept: list[dict[str, str]] = []

        @routes.post("/plant")
        async def plant(request: Request) -> HTTPResponse:
            """Keep a word on purpose: shows that the search below can find one."""
            kept.append({"text": "".join(request.json["halves"])})
            return response.json({})

        @routes.post("/search")
        async def search(request: Request) -> HTTPResponse:
            """The word comes in two halves, so that the request itself is no hit."""
            gc.collect()
            word = "".join(request.json["halves"])
            hits = [hit for thing in gc.get_objects() if not isinstance(thing, CODE) for hit in _hits(thing, word)]
            stored = list(await request.app.ctx.agent.tracker_store.keys())
            return response.json({"hits": hits[:20], "trackers": stored})

        return routes


def _hits(thing: Any, word: str) -> list[dict[str, str]]:
    """Where the object holds the word, also inside containers the collector does not list (a dict of plain
    strings).
    """
    found, seen, waiting = [], set(), list(gc.get_referents(thing))
    while waiting:
        held = waiting.pop()
        if isinstance(held, bytes):
            held = held.decode("utf-8", "replace")
        if isinstance(held, str):
            if held is not word and word in held:
                found.append({"holder": type(thing).__name__, "text": held[:80]})
        elif not gc.is_tracked(held) and id(held) not in seen:
            seen.add(id(held))
            waiting.extend(gc.get_referents(held))
    return found
