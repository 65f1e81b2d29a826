"""Telegram through python-telegram-bot: two bots, one object to send with and one to poll with each.

Its updater is not used: it confirms updates to Telegram before anything is stored (ADR 003).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member"]
BATCH = 100
# Telegram's method names are case-insensitive; in this spelling the library hands the raw JSON on instead of its
# own types.
RAW_GET_UPDATES = "GetUpdates"


@dataclass(frozen=True)
class TelegramBot:
    """One bot account: `name` is "participants" or "staff"."""

    name: str
    sending: Bot
    polling: Bot
    poll_seconds: int

    async def get_updates(self, offset: int | None, wait: int | None = None) -> list[Any]:
        """Raw updates from `offset` on; asking for it tells Telegram that everything before is ours. Raises
        TelegramError."""
        seconds = self.poll_seconds if wait is None else wait
        asked: dict[str, Any] = {"timeout": seconds, "limit": BATCH, "allowed_updates": ALLOWED_UPDATES}
        if offset is not None:
            asked["offset"] = offset
        answer = await self.polling.do_api_request(RAW_GET_UPDATES, asked, read_timeout=seconds + 10.0)
        if not isinstance(answer, list):
            raise NetworkError("getUpdates did not answer a list")
        return answer

    async def close(self) -> None:
        for one in (self.sending, self.polling):
            for request in one._request:
                await request.shutdown()


def make_bot(name: str, token: str, api_url: str, poll_seconds: int) -> TelegramBot:
    """A bot account at a Bot API server; no call is made yet."""

    def one(pool: int) -> Bot:
        request = HTTPXRequest(
            connection_pool_size=pool,
            read_timeout=15.0,
            connect_timeout=10.0,
            pool_timeout=10.0,
            httpx_kwargs={"verify": certificates()},
        )
        return Bot(token, base_url=f"{api_url.rstrip('/')}/bot", request=request, get_updates_request=request)

    return TelegramBot(name, one(32), one(2), poll_seconds)


@cache
def certificates() -> ssl.SSLContext:
    """The machine's certificates, read once (0.1 s of CPU) and not again for each connection pool."""
    return httpx.create_ssl_context()


def keyboard_markup(keyboard: list[list[dict[str, str]]]) -> InlineKeyboardMarkup | None:
    """Buttons that carry an opaque token (22 of Telegram's 64 bytes)."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(one["text"], callback_data=one["token"]) for one in row] for row in keyboard]
    )


def surely_not_sent(error: TelegramError) -> bool:
    """Whether Telegram cannot have the message: the connection never stood, or the server itself refused with an
    error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            return True
        if isinstance(cause, httpx.HTTPError):
            return False
        cause = cause.__cause__
    return type(error) is NetworkError  # Telegram answered, with an error status (5xx)
