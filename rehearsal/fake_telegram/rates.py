"""Telegram's limits on sending, as a switch: a bot that sends too fast is told to wait.

Figures from Telegram's bot FAQ ("My bot is hitting limits"): about 30 messages a second over all chats, one a
second in a chat with short bursts allowed, 20 a minute in a group. The size of the burst is not published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RateLimits:
    """Rates are messages a second, except `group_per_minute`; bursts are messages."""

    overall: float = 30
    chat: float = 1
    chat_burst: int = 3
    group_per_minute: float = 20


@dataclass
class _Bucket:
    rate: float
    size: float
    tokens: float
    at: float

    def refill(self, now: float) -> None:
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate)
        self.at = now

    @property
    def wait(self) -> float:
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / self.rate


@dataclass
class RateMeter:
    """What one bot has sent lately, as token buckets: one for all chats, one for each chat."""

    _buckets: dict[int | None, _Bucket] = field(default_factory=dict)

    def seconds_to_wait(self, chat_id: int, limits: RateLimits, now: float) -> int:
        """0 and the message is counted, or whole seconds and it is not. `now` is machine time in seconds."""
        if chat_id < 0:
            rate, size = limits.group_per_minute / 60, limits.group_per_minute
        else:
            rate, size = limits.chat, float(limits.chat_burst)
        buckets = [
            self._bucket(None, limits.overall, max(1, limits.overall), now),
            self._bucket(chat_id, rate, size, now),
        ]
        wait = max(bucket.wait for bucket in buckets)
        if wait > 0:
            return math.ceil(wait)
        for bucket in buckets:
            bucket.tokens -= 1
        return 0

    def _bucket(self, key: int | None, rate: float, size: float, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(rate, size, tokens=size, at=now))
        bucket.refill(now)
        return bucket
