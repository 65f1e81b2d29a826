"""Drawing the rehearsal page: a phone, a message, the clock. Each draws again only what has changed.

Text of people is shown as text: labels only, never HTML.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from nicegui import ui

from rehearsal.demonstration import SERVICES, Demonstration
from rehearsal.phone import Bubble, Phone


class PhoneView:
    """One phone on one open page. Bubbles are added and changed one by one, so that focus and scrolling stay."""

    def __init__(self, demonstration: Demonstration, number: int) -> None:
        self.demonstration = demonstration
        self.number = number
        self.shown: dict[int, BubbleView] = {}
        with box("phone") as self.frame:
            with box("phone-head", "header"):
                self.badge = _text("", "avatar")
                with box("who"):
                    self.name = _text("", "name", "h2")
                    self.role = _text("", "role")
                self.time = _text("", "local")
            self.alert = _text("", "alert-banner")
            self.alert.props["role"] = "alert"
            with box("chat") as self.chat:
                self.chat.props["role"] = "log"
                self.chat.props["tabindex"] = "0"
                self.messages = box("messages")
            with box("writing", "form") as form:
                form.on("submit.prevent", lambda: None)
                self.field = ui.input(placeholder="Write a message").props("outlined dense rounded autocomplete=off")
                self.field.on("keydown.enter", self._send)
                self.send = ui.button("Send", on_click=self._send, color=None).props(
                    "no-caps unelevated rounded type=button"
                )
        self.dressed = False

    @property
    def phone(self) -> Phone | None:
        phones = self.demonstration.phones
        return phones[self.number] if self.number < len(phones) else None

    def refresh(self) -> None:
        """Draw what has changed."""
        phone = self.phone
        self.field.set_enabled(phone is not None)
        self.send.set_enabled(phone is not None)
        if phone is None:
            return
        self._dress(phone)
        self.time.set_text(phone.local_time(self.demonstration.stack.now()))
        bubbles = phone.bubbles()
        new = False
        for bubble in bubbles:
            view = self.shown.get(bubble.message_id)
            if view is None:
                with self.messages:
                    self.shown[bubble.message_id] = BubbleView(phone, bubble)
                new = True
            else:
                view.refresh(bubble)
        if new:
            ui.run_javascript(f"requestAnimationFrame(() => {{ getHtmlElement({self.chat.id}).scrollTop = 0 }})")
        waiting = sum(bubble.waits for bubble in bubbles)
        self.alert.set_text(_alerts(waiting))
        self.frame.classes(**({"add": "alerting"} if waiting else {"remove": "alerting"}))

    def _dress(self, phone: Phone) -> None:
        if self.dressed:
            return
        self.dressed = True
        self.badge.set_text(phone.name[0])
        self.name.set_text(phone.name)
        self.role.set_text(f"{phone.role} · {phone.owner.timezone}")
        _name(self.frame, f"Phone of {phone.name}, {phone.role}")
        _name(self.chat, f"Messages on the phone of {phone.name}")
        _name(self.field, f"Write as {phone.name}")
        _name(self.send, f"Send as {phone.name}")
        if phone.owner.is_participant:
            self.field.run_method("focus")

    def _send(self) -> None:
        phone, text = self.phone, str(self.field.value or "")
        if phone is not None and text.strip():
            self.field.set_value("")
            phone.say(text)
            self.refresh()


class BubbleView:
    """One message on one open page."""

    def __init__(self, phone: Phone, bubble: Bubble) -> None:
        self.phone = phone
        self.bubble = bubble
        if bubble.day:
            _text(bubble.day, "day")
        with box("line mine" if bubble.mine else "line"):
            with box("bubble") as self.balloon:
                self.words = _text(bubble.text, "words")
                self.at = _text(bubble.at, "at")
            self.keys = box("keys")
        self._draw_keys()

    def refresh(self, bubble: Bubble) -> None:
        """Draw what is different now."""
        if bubble == self.bubble:
            return
        former, self.bubble = self.bubble, bubble
        self.words.set_text(bubble.text)
        self.at.set_text(bubble.at)
        if (bubble.rows, bubble.pressed) == (former.rows, former.pressed):
            self._mark()
        else:
            self._draw_keys()

    def _draw_keys(self) -> None:
        self.keys.clear()
        with self.keys:
            for row in self.bubble.rows:
                with box("key-row"):
                    for choice in row:
                        pressed = choice.label == self.bubble.pressed
                        key = ui.button(
                            f"✓ {choice.label}" if pressed else choice.label,
                            on_click=lambda choice=choice: self.phone.tap(self.bubble.message_id, choice),
                            color=None,
                        ).props("no-caps flat dense")
                        key.classes("key pressed" if pressed else "key")
        self._mark()

    def _mark(self) -> None:
        self.keys.classes(**({"add": "spent"} if self.bubble.spent else {"remove": "spent"}))
        self.balloon.classes(**({"add": "waits"} if self.bubble.waits else {"remove": "waits"}))
        _name(self.keys, "Buttons of an earlier message" if self.bubble.spent else "Buttons")


class ClockView:
    """The clock, its three buttons, and what serves."""

    def __init__(self, demonstration: Demonstration) -> None:
        self.demonstration = demonstration
        study = demonstration.study
        with box("clock", "section") as section:
            _name(section, "Study clock")
            _text("Alongside", "brand", "h1")
            _text(f"Rehearsal of {study.code}", "study")
            with box("hour"):
                self.time = _text("", "time")
                self.seconds = _text("", "seconds")
            self.date = _text("", "date")
            _text(str(demonstration.zone), "zone")
            self.keys = [
                self._turns("+1 h", "Turn the clock one hour ahead", timedelta(hours=1)),
                self._turns("+1 day", "Turn the clock one day ahead", timedelta(days=1)),
                self._turns("Next event", "Turn the clock to the next event", None),
            ]
            self.next_due = _text("", "next")
            with box("news") as news:
                news.props["role"] = "status"
                self.busy = ui.spinner(size="1.2em", color=None)
                self.news = _text("", "news-text")
            with box("services") as services:
                _name(services, "What serves")
                self.services = {name: _text("", "service") for name in SERVICES}

    def refresh(self) -> None:
        """Draw what has changed."""
        now = self.demonstration.stack.now().astimezone(self.demonstration.zone)
        self.time.set_text(f"{now:%H:%M}")
        self.seconds.set_text(f"{now:%S}")
        self.date.set_text(f"{now:%A} {now.day} {now:%B %Y}")
        busy = self.demonstration.turning or self.demonstration.stage is not None
        self.busy.set_visibility(busy and not self.demonstration.trouble)
        self.news.set_text(news(self.demonstration))
        self.news.classes(**({"add": "bad"} if self.demonstration.trouble else {"remove": "bad"}))
        for key in self.keys:
            key.classes(**({"add": "resting"} if busy else {"remove": "resting"}))
        self.next_due.set_text(self._when(self.demonstration.next_due, now))
        for name, label in self.services.items():
            reason = self.demonstration.away.get(name)
            said = "is loading" if self.demonstration.stage else spoken(reason or "")
            label.set_text(f"{SERVICES[name]} {said if reason else 'serves'}")
            label.classes(**({"add": "away"} if reason else {"remove": "away"}))

    def _when(self, moment: datetime | None, now: datetime) -> str:
        if moment is None:
            return ""
        local = moment.astimezone(self.demonstration.zone)
        days = (local.date() - now.date()).days
        return f"Next: {'today' if days == 0 else f'{local:%a} {local.day} {local:%b}'} {local:%H:%M}"

    def _turns(self, label: str, name: str, ahead: timedelta | None) -> ui.button:
        async def turn() -> None:
            await asyncio.to_thread(self.demonstration.turn, ahead)

        key = (
            ui.button(label, on_click=turn, color=None)
            .props("no-caps unelevated")
            .classes("turn" if ahead else "turn main")
        )
        _name(key, name)
        return key


def news(demonstration: Demonstration) -> str:
    """The one line below the clock: trouble before work before results."""
    if demonstration.trouble:
        return demonstration.trouble
    if demonstration.turning:
        return "Turning the clock …"
    if demonstration.stage:
        return f"{demonstration.stage} …"
    return demonstration.told or ""


def spoken(reason: str) -> str:
    """Why a service cannot serve, in words: the codes of /health are for logs."""
    return "does not answer" if "Connect" in reason or "Timeout" in reason else f"waits ({reason})"


def box(classes: str, tag: str = "div") -> ui.element:
    """A plain element; what is made inside `with box(...)` is drawn in it."""
    return ui.element(tag).classes(classes)


def _text(text: str, classes: str, tag: str = "div") -> ui.label:
    label = ui.label(text).classes(classes)
    label.tag = tag
    return label


def _name(element: ui.element, name: str) -> None:
    """What a screen reader calls it."""
    if element.props.get("aria-label") != name:
        element.props["aria-label"] = name


def _alerts(waiting: int) -> str:
    if not waiting:
        return ""
    return "1 alert waits for you" if waiting == 1 else f"{waiting} alerts wait for you"
