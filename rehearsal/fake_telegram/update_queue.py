"""The updates of one bot that wait to be fetched, by the rules of Telegram's own queue.

Source of the rules: tdlib/td, TQueue.cpp, and tdlib/telegram-bot-api, Client.cpp (do_get_updates):

- an offset confirms, that is forgets, every update with a lower id; what is not confirmed comes again;
- without an offset, or with one that is not above what is confirmed, the earliest unconfirmed update is
  first;
- a negative offset counts from the end, and forgets what lies before;
- an offset more than 10 beyond the next id to be given is taken for a mistake: it confirms nothing, and
  reading starts at the earliest (so a bot that keeps a high offset over a renumbering still gets everything);
- ids begin at a random number, and begin again at a random one after a week without updates.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

FIRST_IDS = range(2_000_001, 1_000_000_000)
BELIEVABLE_LEAD = 10
BATCH = range(1, 101)


@dataclass(frozen=True)
class Waiting:
    """An update as it will be sent: `text` is the JSON of the whole update; `until` is when it is dropped
    unread.
    """

    update_id: int
    text: str
    until: datetime


class UpdateQueue:
    """Not thread-safe by itself: the account that owns it holds the lock."""

    def __init__(self, first_id: int | None = None) -> None:
        self.next_id = random.choice(FIRST_IDS) if first_id is None else first_id
        self._waiting: list[Waiting] = []
        self._repeats: list[str] = []

    def push(self, body: str, until: datetime, *, verbatim: bool = False) -> Waiting:
        """`body` is the members of the update without its id, or, if `verbatim`, what stands in for the
        update.
        """
        text = body if verbatim else f'{{"update_id":{self.next_id},{body}}}'
        update = Waiting(self.next_id, text, until)
        self._waiting.append(update)
        self.next_id += 1
        return update

    def repeat(self, text: str) -> None:
        """Puts an update given before at the head of the next batch, whatever was confirmed since."""
        self._repeats.append(text)

    def take(self, offset: int, limit: int, now: datetime) -> list[str]:
        """Confirms by `offset` and answers up to `limit` updates (cut to 1 to 100, as Telegram does)."""
        self._confirm_below(self._start(offset), now)
        size = min(max(limit, BATCH.start), BATCH.stop - 1)
        batch = [*self._repeats, *(update.text for update in self._waiting)][:size]
        del self._repeats[: len(batch)]
        return batch

    def count(self, now: datetime) -> int:
        """How many updates are neither confirmed nor too old. Repeats are not counted: they were confirmed
        once.
        """
        return sum(update.until >= now for update in self._waiting)

    def holds(self, update_id: int) -> bool:
        """Whether an update is still to be confirmed."""
        return any(update.update_id == update_id for update in self._waiting)

    def drop_all(self) -> None:
        self._waiting.clear()
        self._repeats.clear()

    def restart_ids(self, at: int, now: datetime) -> None:
        """Gives `at` to the next update.

        Raises ValueError while updates wait: Telegram renumbers only after a week of silence, when none can.
        """
        waiting = self.count(now)
        if waiting:
            raise ValueError(f"{waiting} updates still wait: ids start again only after a quiet week")
        self._waiting.clear()
        self.next_id = at

    def _start(self, offset: int) -> int:
        head = self._waiting[0].update_id if self._waiting else self.next_id
        if offset < 0:
            return max(offset + self.next_id, head)
        if offset > self.next_id + BELIEVABLE_LEAD:
            return head
        return max(offset, head)

    def _confirm_below(self, start: int, now: datetime) -> None:
        self._waiting = [update for update in self._waiting if update.update_id >= start and update.until >= now]
