"""What one phone shows: bubbles with the time it is where its owner is, and which buttons still count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rehearsal.fake_telegram import SentMessage
from rehearsal.people import Someone

REFERENCE = re.compile(r"\bC-\d{4,}\b")  # of a concern, as staff read it
NO_TEXT = {
    "photo": "Photo",
    "voice": "Voice message",
    "sticker": "Sticker",
    "document": "Document",
    "location": "Place on a map",
    "contact": "Contact",
}
CHOSEN = "\N{CHECK MARK} "  # how the bot marks the one button it leaves
THUMB = "\N{THUMBS UP SIGN}"


@dataclass(frozen=True)
class Choice:
    """A button: what it reads, and the opaque token a tap sends."""

    label: str
    token: str


@dataclass(frozen=True)
class Bubble:
    """One message as the phone draws it.

    `day` stands above the first message of a day. `pressed` is the button tapped on this phone, or the one the bot has
    left marked. `spent`: its buttons were used, or a later message took their place; as in Telegram they can still be
    tapped, and the bot says what became of it. `gone`: the bot has taken them off the message, nothing can be tapped.
    `waits`: an alert that asks to be acknowledged, and has not been. `ticks`: one when Telegram has what was written,
    two when the bot has it. `kind` is text or a kind of media, `quoted` what a reply answers.
    """

    message_id: int
    mine: bool
    text: str
    at: str
    kind: str = "text"
    day: str | None = None
    rows: tuple[tuple[Choice, ...], ...] = ()
    pressed: str | None = None
    spent: bool = False
    gone: bool = False
    waits: bool = False
    ticks: int = 0
    quoted: str | None = None
    sign: str = ""


@dataclass(frozen=True)
class Preview:
    """What a locked phone shows of the last push: its first line, and how many have come since it was locked."""

    line: str
    at: str
    message_id: int


class Phone:
    """`acknowledge` is what the button reads that takes an alert."""

    def __init__(self, owner: Someone, role: str, acknowledge: str) -> None:
        self.owner = owner
        self.role = role
        self.zone = ZoneInfo(owner.timezone)
        self._acknowledge = acknowledge
        self._drawn_from: tuple[object, ...] = ()
        self._drawn: list[Bubble] = []

    @property
    def name(self) -> str:
        return self.owner.name

    def local_time(self, now: datetime) -> str:
        """Such as `Mon 20:00`."""
        return f"{now.astimezone(self.zone):%a %H:%M}"

    def say(self, text: str, reply_to: int | None = None) -> None:
        """Send a text. White space alone is not sent, as on a phone."""
        if text.strip():
            self.owner.bot.say(self.owner.person, text, reply_to)

    def send(self, kind: str, caption: str = "") -> None:
        """Send a photo, voice message, sticker, document, place or contact."""
        bot, person = self.owner.bot, self.owner.person
        if kind in ("photo", "voice", "document"):
            getattr(bot, kind)(person, caption)
        elif kind in NO_TEXT:
            getattr(bot, kind)(person)

    def edit(self, message_id: int, text: str) -> None:
        """Change what one has written. Nothing, or nothing new, changes nothing."""
        if text.strip():
            self.owner.bot.edit(self.owner.person, message_id, text)

    def react(self, message_id: int) -> None:
        """Put a thumbs-up below a message, or take it away again."""
        before = self.owner.bot.reactions.get((self.owner.person.id, message_id), "")
        self.owner.bot.react(self.owner.person, message_id, "" if before == THUMB else THUMB)

    def tap(self, message_id: int, choice: Choice) -> None:
        """Tap a button of a message."""
        self.owner.bot.tap(self.owner.person, message_id, choice.token)

    def press(self, label: str) -> None:
        """Tap the button that reads `label` on the newest message that has it. Raises LookupError."""
        for bubble in reversed(self.bubbles()):
            for choice in (choice for row in bubble.rows for choice in row):
                if choice.label == label and not bubble.gone:
                    self.tap(bubble.message_id, choice)
                    return
        raise LookupError(f"no message to {self.name} shows a button {label!r}")

    def newest_text_of_mine(self) -> Bubble | None:
        """What can be changed: the last text its owner wrote."""
        own = (one for one in reversed(self.bubbles()) if one.mine and one.kind == "text" and one.text != "/start")
        return next(own, None)

    def preview(self) -> Preview | None:
        """The last push as the lock screen shows it."""
        last = next((one for one in reversed(self.bubbles()) if not one.mine), None)
        return Preview(last.text.partition("\n")[0], last.at, last.message_id) if last else None

    def bubbles(self) -> list[Bubble]:
        """All messages, oldest first; the same list as before while nothing has changed."""
        bot, person = self.owner.bot, self.owner.person
        messages = [m for m in bot.chat(person) if m.kind != "service"]
        fetched = [bot.has_fetched(person, m.message_id) for m in messages if not m.by_bot]
        state = (*messages, *fetched, len(bot.tapped), tuple(bot.reactions.values()))
        if state == self._drawn_from:
            return self._drawn
        drawn = []
        day = None
        for place, message in enumerate(messages):
            local = message.at.astimezone(self.zone)
            today = f"{local:%A} {local.day} {local:%B}"
            drawn.append(self._bubble(message, messages, place, local, today if today != day else None))
            day = today
        self._drawn_from, self._drawn = state, drawn
        return drawn

    def _bubble(
        self, message: SentMessage, messages: list[SentMessage], place: int, local: datetime, day: str | None
    ) -> Bubble:
        bot, person = self.owner.bot, self.owner.person
        here = (person.id, message.message_id)
        rows, pressed, gone = _keys(message, bot.tapped.get(here))
        replaced = any(replaces(one, message) for one in messages[place + 1 :])
        spent = bool(rows) and (gone or pressed is not None or replaced)
        asks_to_be_taken = any(choice.label == self._acknowledge for row in rows for choice in row)
        answered = next((m for m in messages if m.message_id == message.reply_to), None)
        mine = not message.by_bot
        return Bubble(
            message_id=message.message_id,
            mine=mine,
            text=read_as(message),
            at=f"{local:%H:%M}" + (" edited" if message.edited and mine else ""),
            kind=message.kind,
            day=day,
            rows=rows,
            pressed=pressed,
            spent=spent,
            gone=gone,
            waits=asks_to_be_taken and not spent and not self.owner.is_participant,
            ticks=(2 if bot.has_fetched(person, message.message_id) else 1) if mine else 0,
            quoted=(read_as(answered) or NO_TEXT.get(answered.kind)) if answered else None,
            sign=bot.reactions.get(here, ""),
        )


def _keys(message: SentMessage, tapped: str | None) -> tuple[tuple[tuple[Choice, ...], ...], str | None, bool]:
    """The buttons to draw, the chosen one, and whether the bot has taken them off. What it took off is drawn as it was:
    a rehearsal shows what could be tapped."""
    left = [label for row in message.buttons for label, _ in row]
    put_away = bool(message.former_keyboard) and (not left or (len(left) == 1 and left[0].startswith(CHOSEN)))
    if not put_away:
        return tuple(tuple(Choice(label, token) for label, token in row) for row in message.buttons), tapped, False
    rows = tuple(tuple(Choice(button["text"], "") for button in row) for row in message.former_keyboard)
    labels = {choice.label for row in rows for choice in row}
    chosen = left[0].removeprefix(CHOSEN) if left else tapped
    return rows, chosen if chosen in labels else tapped, True


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
    """The words of a message or its caption; the secret of a one-time link stays hidden, as Telegram hides it."""
    return "/start" if not message.by_bot and message.text.startswith("/start ") else message.text
