"""The people who hold the phones, and how Telegram writes them down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """Somebody with a Telegram account. In a private chat the chat id is the person's id.

    Ids of newer accounts do not fit in 32 bits; rehearsals should have some above 2**31 for that reason.
    """

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"

    def __post_init__(self) -> None:
        if not 0 < self.id < 2**52:
            raise ValueError(f"a person's Telegram id lies between 1 and 2**52, not {self.id}")

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def as_user(self) -> Json:
        """Bot API type User."""
        return {"id": self.id, "is_bot": False, **self._names(), "language_code": self.language_code}

    def as_chat(self) -> Json:
        """Bot API type Chat, of the private chat with this person."""
        return {"id": self.id, **self._names(), "type": "private"}

    def _names(self) -> Json:
        """Telegram leaves out what a person has not set; it never sends null or an empty name."""
        names = {"first_name": self.first_name, "last_name": self.last_name, "username": self.username}
        return {key: value for key, value in names.items() if value or key == "first_name"}


def chat_id_of(who: Person | int) -> int:
    """Where the messages to `who` are: a person's private chat, or the chat of that id (groups)."""
    return who.id if isinstance(who, Person) else who
