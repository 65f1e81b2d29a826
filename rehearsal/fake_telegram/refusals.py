"""Telegram's ways of saying no, with its own status codes and words (the bot under test may look at both)."""

from __future__ import annotations

from typing import Any

OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_SET = "terminated by setWebhook request"
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class Refusal(Exception):
    """A Bot API answer with "ok": false. `parameters` is Telegram's ResponseParameters."""

    def __init__(self, status: int, description: str, parameters: dict[str, int] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(reason: str, **parameters: int) -> Refusal:
    return Refusal(400, f"Bad Request: {reason}", parameters)


def unauthorized() -> Refusal:
    """A token that could be one, but is nobody's (or was revoked)."""
    return Refusal(401, "Unauthorized")


def forbidden(reason: str) -> Refusal:
    return Refusal(403, f"Forbidden: {reason}")


def not_found() -> Refusal:
    """An unknown method, or a token that does not even look like one."""
    return Refusal(404, "Not Found")


def conflict(reason: str) -> Refusal:
    return Refusal(409, f"Conflict: {reason}")


def too_many_requests(retry_after: int) -> Refusal:
    """`retry_after` in seconds. Telegram never answers 0, and python-telegram-bot would not see a 0."""
    seconds = max(1, retry_after)
    return Refusal(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
