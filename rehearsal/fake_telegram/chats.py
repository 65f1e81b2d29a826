"""Chats and the messages in them, as both sides see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rehearsal.fake_telegram.people import Json, Person

Keyboard = tuple[tuple[Json, ...], ...]

READABLE = ("text", "caption")
MEDIA = ("photo", "voice", "sticker", "document", "location", "contact")


@dataclass(frozen=True)
class SentMessage:
    """One message as it stands now; a snapshot, so an edit makes a new one under the same `message_id`.

    `content` holds the Bot API fields that make the message what it is (text, entities, photo, ...). `at` is
    the server's clock to the full microsecond, `date` what Telegram tells (whole seconds); `arrived` is
    machine time in seconds, for measuring rates. `former_keyboard` is the one it was sent with, once an edit
    has changed it.
    """

    message_id: int
    chat_id: int
    by_bot: bool
    sender: Json
    content: Mapping[str, Any]
    at: datetime
    arrived: float
    keyboard: Keyboard = ()
    former_keyboard: Keyboard = ()
    edit_date: int | None = None
    reply_to: int | None = None
    parse_mode: str | None = None
    silent: bool = False
    deleted: bool = False

    @property
    def date(self) -> int:
        return int(self.at.timestamp())

    @property
    def text(self) -> str:
        """What can be read: the text, or the caption of a photo; "" where there is neither."""
        return next((str(self.content[key]) for key in READABLE if key in self.content), "")

    @property
    def kind(self) -> str:
        """`text`, one of MEDIA, or `service` (somebody joined, the group moved)."""
        if "text" in self.content:
            return "text"
        return next((kind for kind in MEDIA if kind in self.content), "service")

    @property
    def edited(self) -> bool:
        return self.edit_date is not None

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """The keyboard as it is now: rows of (text on the button, callback data). A link has its address as
        data.
        """
        return [
            [(button["text"], str(button.get("callback_data", button.get("url", "")))) for button in row]
            for row in self.keyboard
        ]


@dataclass
class Chat:
    """A private chat with `person`, or a group. Ids of messages count up in each chat from 1.

    (Telegram counts once over all private chats of a bot. Counting in each makes equal ids in two chats the
    rule, so that a key that forgets the chat is found out.)
    """

    id: int
    about: Json
    person: Person | None = None
    messages: dict[int, SentMessage] = field(default_factory=dict)
    blocked: bool = False
    migrated_to: int | None = None

    @classmethod
    def private(cls, person: Person) -> Chat:
        return cls(person.id, person.as_chat(), person)

    @classmethod
    def group(cls, group_id: int, title: str, kind: str = "group") -> Chat:
        if group_id >= 0:
            raise ValueError(f"the id of a group is negative, not {group_id}")
        return cls(group_id, {"id": group_id, "title": title, "type": kind})

    def add(self, sender: Json, content: Mapping[str, Any], at: datetime, arrived: float, **rest: Any) -> SentMessage:
        message = SentMessage(
            message_id=len(self.messages) + 1,
            chat_id=self.id,
            by_bot=bool(sender["is_bot"]),
            sender=sender,
            content=content,
            at=at,
            arrived=arrived,
            **rest,
        )
        self.messages[message.message_id] = message
        return message

    def change(self, message: SentMessage, now: datetime | None = None, **changes: Any) -> SentMessage:
        """Replaces a message. With `now`, it counts as edited: the edit date is that second, or the one after
        the last edit, so that two edits under a clock that stands still can be told apart.
        """
        if now is not None:
            second = int(now.timestamp())
            changes["edit_date"] = second if message.edit_date is None else max(second, message.edit_date + 1)
        if changes.get("keyboard", message.keyboard) != message.keyboard:
            changes["former_keyboard"] = message.former_keyboard or message.keyboard
        changed = replace(message, **changes)
        self.messages[message.message_id] = changed
        return changed

    def find(self, message_id: int | None) -> SentMessage | None:
        """The message, unless it never was or has been deleted."""
        message = self.messages.get(message_id) if message_id is not None else None
        return None if message is None or message.deleted else message
