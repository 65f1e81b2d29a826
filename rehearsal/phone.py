"""What one phone shows: bubbles with the time it is where its owner is, and which buttons still count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rehearsal.fake_telegram import SentMessage
from rehearsal.people import Someone

REFERENCE = re.compile(r"\bC-\d{4,}\b")  # of a concern, as staff read it
NO_TEXT = {"photo": "Photo", "voice": "Voice message", "sticker": "Sticker", "document": "Document"}


@dataclass(frozen=True)
class Choice:
    """A button: what it reads, and the opaque token a tap sends."""

    label: str
    token: str


@dataclass(frozen=True)
class Bubble:
    """One message as the phone draws it.

    `day` stands above the first message of a day. `pressed` is the button tapped on this phone. `spent`: its
    buttons were used, or a later message took their place; as in Telegram they can still be tapped, and the bot
    says what became of it. `waits`: an alert that asks to be acknowledged, and has not been.
    """

    message_id: int
    mine: bool
    text: str
    at: str
    day: str | None = None
    rows: tuple[tuple[Choice, ...], ...] = ()
    pressed: str | None = None
    spent: bool = False
    waits: bool = False


class Phone:
    """`acknowledge` is what the button reads that takes an alert."""

    def __init__(self, owner: Someone, role: str, acknowledge: str) -> None:
        self.owner = owner
        self.role = role
        self.zone = ZoneInfo(owner.timezone)
        self._acknowledge = acknowledge
        self._pressed: dict[int, str] = {}

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def received(self) -> int:
        """How many messages have come in."""
        return len(self.owner.bot.sent_to(self.owner.person))

    def local_time(self, now: datetime) -> str:
        """Such as `Mon 20:00`."""
        return f"{now.astimezone(self.zone):%a %H:%M}"

    def say(self, text: str) -> None:
        """Send a text. White space alone is not sent, as on a phone."""
        if text.strip():
            self.owner.bot.say(self.owner.person, text)

    def tap(self, message_id: int, choice: Choice) -> None:
        """Tap a button of a message."""
        self._pressed[message_id] = choice.label
        self.owner.bot.tap(self.owner.person, message_id, choice.token)

    def press(self, label: str) -> None:
        """Tap the button that reads `label` on the newest message that has it. Raises LookupError."""
        for bubble in reversed(self.bubbles()):
            for choice in (choice for row in bubble.rows for choice in row):
                if choice.label == label:
                    self.tap(bubble.message_id, choice)
                    return
        raise LookupError(f"no message to {self.name} shows a button {label!r}")

    def bubbles(self) -> list[Bubble]:
        """All messages, oldest first."""
        messages = [m for m in self.owner.bot.chat(self.owner.person) if m.kind != "service"]
        drawn = []
        day = None
        for place, message in enumerate(messages):
            local = message.at.astimezone(self.zone)
            today = f"{local:%A} {local.day} {local:%B}"
            drawn.append(self._bubble(message, messages[place + 1 :], local, today if today != day else None))
            day = today
        return drawn

    def _bubble(self, message: SentMessage, later: list[SentMessage], local: datetime, day: str | None) -> Bubble:
        rows = tuple(tuple(Choice(label, token) for label, token in row) for row in message.buttons)
        pressed = self._pressed.get(message.message_id)
        spent = bool(rows) and (pressed is not None or any(replaces(one, message) for one in later))
        asks_to_be_taken = any(choice.label == self._acknowledge for row in rows for choice in row)
        return Bubble(
            message_id=message.message_id,
            mine=not message.by_bot,
            text=read_as(message),
            at=f"{local:%H:%M}" + (" edited" if message.edited and not message.by_bot else ""),
            day=day,
            rows=rows,
            pressed=pressed,
            spent=spent,
            waits=asks_to_be_taken and not spent and not self.owner.is_participant,
        )


def replaces(later: SentMessage, message: SentMessage) -> bool:
    """Whether the buttons of `message` are out of date after `later`.

    An alert gives way to the next message about the same concern only: two concerns wait side by side. A
    question gives way to the next message with buttons.
    """
    about = REFERENCE.search(message.text)
    if not later.by_bot:
        return False
    if about is None:
        return bool(later.buttons)
    then = REFERENCE.search(later.text)
    return then is not None and then.group() == about.group()


def read_as(message: SentMessage) -> str:
    """The words of a message; the secret of a one-time link stays hidden, as Telegram hides it."""
    if message.kind != "text":
        name = NO_TEXT.get(message.kind, message.kind.capitalize())
        return f"[{name}] {message.text}".strip()
    return "/start" if not message.by_bot and message.text.startswith("/start ") else message.text
