"""What Telegram keeps about one bot: its chats, its waiting updates, and the record of what it called."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rehearsal.fake_telegram.chats import Chat, SentMessage
from rehearsal.fake_telegram.faults import Faults
from rehearsal.fake_telegram.people import Json, Person, chat_id_of
from rehearsal.fake_telegram.rates import RateLimits, RateMeter
from rehearsal.fake_telegram.update_queue import UpdateQueue, Waiting

UPDATES_KEPT = timedelta(hours=24)
CALLS_KEPT = 20_000
NOT_UNLESS_ASKED = {"chat_member", "message_reaction", "message_reaction_count"}
UPDATE_KINDS = NOT_UNLESS_ASKED | {
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
}


@dataclass
class Surroundings:
    """What all bots of one server share. `changed` is the lock on all state, told of every change.

    `conflict_pause`, seconds: Telegram answers 409 at once only if it has not for so long, and late
    otherwise. `taps_kept`: how long a button press waits to be fetched, and may be answered.
    """

    clock: Callable[[], datetime]
    conflict_pause: float
    taps_kept: timedelta
    rate_limits: RateLimits | None
    changed: threading.Condition = field(default_factory=threading.Condition)


@dataclass
class Call:
    """A Bot API call as it came in. `arrived` is machine time in seconds; `status` None: no answer (yet)."""

    method: str
    params: Mapping[str, Any]
    chat_id: int | None
    arrived: float
    status: int | None = None


@dataclass(frozen=True)
class CallbackAnswer:
    """An answerCallbackQuery: what shows over the chat (`text`), as a box to be closed if `alert`."""

    query_id: str
    text: str
    alert: bool
    at: datetime


@dataclass
class LongPoll:
    """A getUpdates that waits. `ended_by` is the reason of the conflict that ended it."""

    loop: asyncio.AbstractEventLoop
    woken: asyncio.Event
    ended_by: str | None = None

    def wake(self) -> None:
        """Thread-safe. A poll whose server has stopped meanwhile has nobody left to wake."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.woken.set)


class Account:
    """The state of one bot. Everything that changes it holds `around.changed`; methods with a leading
    underscore and the plain attributes are for those who hold it already.
    """

    def __init__(self, token: str, name: str, username: str | None, around: Surroundings) -> None:
        number = token.partition(":")[0]
        if not re.fullmatch(r"[1-9]\d*:[\w-]+", token):
            raise ValueError("a bot's token is a number, a colon, then letters, digits, _ and -")
        self.id = int(number)
        self.name = name
        self.username = username or re.sub(r"\W+", "_", name.lower()).strip("_") + "_bot"
        self.around = around
        self.faults = Faults()
        self.queue = UpdateQueue()
        self.chats: dict[int, Chat] = {}
        self.seen_in_groups: set[int] = set()
        self.queries: dict[str, datetime] = {}
        self.reactions: dict[tuple[int, int], str] = {}
        self.tapped: dict[tuple[int, int], str] = {}
        self.brought_by: dict[tuple[int, int], int] = {}
        self.commands: list[Json] = []
        self.webhook_url = ""
        self.allowed_updates: list[str] = []
        self.poll: LongPoll | None = None
        self.next_conflict_at = 0.0
        self.meter = RateMeter()
        self._given: dict[int, Waiting] = {}
        self._answers: list[CallbackAnswer] = []
        self._calls: deque[Call] = deque(maxlen=CALLS_KEPT)

    def __repr__(self) -> str:
        return f"<Bot @{self.username}>"

    @property
    def answers(self) -> list[CallbackAnswer]:
        """The answered button presses, oldest first."""
        with self.around.changed:
            return list(self._answers)

    @property
    def calls(self) -> list[Call]:
        """The calls of any method, oldest first (the last 20,000)."""
        with self.around.changed:
            return list(self._calls)

    @property
    def pending(self) -> int:
        """How many updates the bot has not confirmed yet."""
        with self.around.changed:
            return self.queue.count(self.around.clock())

    def chat(self, who: Person | int) -> list[SentMessage]:
        """What shows in the chat, both directions, oldest first."""
        return [message for message in self._all_messages(who) if not message.deleted]

    def sent_to(self, who: Person | int) -> list[SentMessage]:
        """What the bot sent into the chat, oldest first; what it deleted again is still told."""
        return [message for message in self._all_messages(who) if message.by_bot]

    def has_fetched(self, who: Person | int, message_id: int) -> bool:
        """Whether the bot has confirmed the update of what a person wrote: two ticks instead of one."""
        with self.around.changed:
            update = self.brought_by.get((chat_id_of(who), message_id))
            return update is None or not self.queue.holds(update)

    def has_blocked(self, user: Person) -> bool:
        with self.around.changed:
            chat = self.chats.get(user.id)
            return chat is not None and chat.blocked

    def wait_for(self, predicate: Callable[[], Any], timeout: float = 5.0) -> Any:
        """Waits until `predicate` holds, looking at every change; answers what it answered. Blocks the
        thread.

        `timeout` in seconds of machine time; raises TimeoutError after it.
        """
        until = time.monotonic() + timeout
        with self.around.changed:
            while not (held := predicate()):
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"@{self.username}: what was waited for did not come within {timeout} s")
                self.around.changed.wait(left)
            return held

    async def until(self, predicate: Callable[[], Any], timeout: float = 5.0) -> Any:
        """`wait_for` for a test that runs in the same event loop as the bot."""
        return await asyncio.to_thread(self.wait_for, predicate, timeout)

    def as_user(self) -> Json:
        """Bot API type User."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def record_call(self, call: Call) -> None:
        with self.around.changed:
            self._calls.append(call)
            self.around.changed.notify_all()

    def record_answer(self, answer: CallbackAnswer) -> None:
        with self.around.changed:
            self._answers.append(answer)
            self.around.changed.notify_all()

    def end_poll(self, reason: str) -> None:
        """Ends a waiting getUpdates with a conflict."""
        with self.around.changed:
            if self.poll is not None:
                self.poll.ended_by = reason
                self.poll.wake()
                self.poll = None

    def _post(self, kind: str, body: str) -> int | None:
        """Puts an update in the queue, unless the bot asked for other kinds; answers its id."""
        wanted = kind in self.allowed_updates if self.allowed_updates else kind not in NOT_UNLESS_ASKED
        return self._put(kind, body) if wanted else None

    def _put(self, kind: str, body: str, *, verbatim: bool = False) -> int:
        kept = self.around.taps_kept if kind == "callback_query" else UPDATES_KEPT
        update = self.queue.push(body, self.around.clock() + kept, verbatim=verbatim)
        self._given[update.update_id] = update
        self._tell()
        return update.update_id

    def _tell(self) -> None:
        """Wakes who waits for this bot: a long poll, and those in `wait_for`."""
        if self.poll is not None:
            self.poll.wake()
        self.around.changed.notify_all()

    def _all_messages(self, who: Person | int) -> list[SentMessage]:
        with self.around.changed:
            chat = self.chats.get(chat_id_of(who))
            return list(chat.messages.values()) if chat else []
