"""Drawing a phone: each message is drawn once and changed in place, so that focus and scrolling stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nicegui import ui

from rehearsal.demonstration import Demonstration
from rehearsal.drawing import Chooser, box, mark, name, push_button, words
from rehearsal.phone import NO_TEXT, Bubble, Choice, Phone
from rehearsal.scenes import Scene

PICTURES = {file.stem: file.read_text() for file in Path(__file__).with_name("pictures").glob("*.svg")}
"""What people send from the page, drawn by us. The bot gets a photo, a voice message, ... and no file."""
SIDES = ("left", "right")
ATTACH = {
    "photo": "Photo",
    "voice": "Voice message",
    "sticker": "Sticker",
    "document": "Document",
    "location": "Place",
    "contact": "Contact card",
}
TICKS = {0: "", 1: "✓", 2: "✓✓"}
TICKS_SAID = {1: "sent", 2: "received by the bot"}
QUOTED = 60


class PhoneView:
    """One of the two phones on one open page; whose it is can be chosen."""

    def __init__(self, demonstration: Demonstration, number: int) -> None:
        self.demonstration = demonstration
        self.number = number
        self.scene: Scene | None = None
        self.phone: Phone | None = None
        self.followed = -1
        self.shown: dict[int, BubbleView] = {}
        self.drawn: list[Bubble] | None = None
        self.answering: Bubble | None = None
        self.changing: Bubble | None = None
        self.locked_at = 0
        self.locked = False
        with box("phone", "section") as self.frame:
            self._draw_head()
            self.alert = words("", "alert-banner")
            self.alert.props["role"] = "alert"
            with box("inside") as self.inside:
                self._draw_chat()
                self._draw_writing()
            self._draw_lock_screen()
        name(self.frame, f"The {SIDES[number]} phone")

    def _draw_head(self) -> None:
        with box("phone-head", "header"):
            self.badge = words("", "avatar")
            self.badge.props["aria-hidden"] = "true"
            with box("who"):
                self.owner = Chooser(f"Whose phone is on the {SIDES[self.number]}", "owner", self.choose)
                self.role = words("", "role")
            self.time = words("", "local")
            self.lock = push_button("", "Lock the phone", self._toggle_lock, "tool")
            with self.lock:
                self.lock_icon = ui.icon("lock_open", size="18px")

    def _draw_chat(self) -> None:
        with box("chat") as self.chat:
            self.chat.props["role"] = "log"
            self.chat.props["tabindex"] = "0"
            self.chat.props["aria-live"] = "polite"
            with box("thread"):
                self.messages = box("messages")
                with box("typing") as self.typing:
                    for _ in range(3):
                        box("dot", "span")
                    words("The bot is typing", "unseen", "span")
        self.typing.set_visibility(False)

    def _draw_writing(self) -> None:
        with box("about") as self.about:
            self.about_words = words("", "about-words")
            push_button("✕", "Leave it", self._leave_mode, "tool")
        self.about.set_visibility(False)
        with box("writing", "form") as form:
            form.on("submit.prevent", lambda: None)
            self.attach = push_button("", "Send something else", lambda: None, "tool")
            self.attach.props["aria-haspopup"] = "menu"
            with self.attach:
                ui.icon("attach_file", size="20px")
                with ui.menu().props('role=menu anchor="top left" self="bottom left"') as menu:
                    for kind, reads in ATTACH.items():
                        ui.menu_item(reads, on_click=lambda kind=kind: self._attach(kind)).props("role=menuitem")
                name(menu, "Send something else")
            self.field = ui.input(placeholder="Write a message").props("outlined dense rounded autocomplete=off")
            self.field.on("keydown.enter", self._send)
            self.field.on("keydown.up", self._change_last)
            self.field.on("keydown.esc", self._leave_mode)
            self.field.props["data-alt"] = str(self.number + 1)
            self.send = ui.button(on_click=self._send, color=None).props("unelevated round type=button")
            with self.send:
                ui.icon("send", size="18px")

    def _draw_lock_screen(self) -> None:
        with box("lock-screen") as self.lock_screen:
            self.lock_hour = words("", "lock-hour")
            self.lock_day = words("", "lock-day")
            with box("push") as self.push:
                self.push.props["role"] = "status"
                with box("push-head"):
                    words("Alongside", "push-app", "span")
                    self.push_at = words("", "push-at", "span")
                self.push_line = words("", "push-line")
            self.push_count = words("", "push-count")
            self.open = push_button("Unlock", "Unlock the phone", self._toggle_lock, "unlock")
        self.lock_screen.set_visibility(False)

    # What it shows

    def choose(self, who: str) -> None:
        """Show the phone of somebody else."""
        phones = self.demonstration.scene.phones
        if who in phones:
            self._dress(phones[who])
            self.refresh()

    def refresh(self) -> None:
        """Draw what has changed."""
        scene = self.demonstration.scene
        self._follow(scene)
        phone = self.phone
        for control in (self.field, self.send, self.attach, self.lock):
            control.set_enabled(phone is not None)
        if phone is None:
            return
        now = scene.now()
        self.owner.show([(one.name, _reads(one)) for one in scene.phones.values()], phone.name)
        self.time.set_text(phone.local_time(now))
        bubbles = phone.bubbles()
        if bubbles is not self.drawn:
            self._draw(phone, bubbles)
        self.typing.set_visibility(scene.is_typing(phone))
        if self.locked:
            self._preview(phone)

    def _follow(self, scene: Scene) -> None:
        """Another scene, or whom its script would have one look at."""
        number, *names = scene.spotlight
        if scene is self.scene and number == self.followed:
            return
        new = scene is not self.scene
        self.scene, self.followed = scene, number
        wanted = names[self.number]
        if wanted is not None and (new or self.phone is None or self.phone.name != wanted):
            self._dress(scene.phones[wanted])
        elif new:
            self.phone = None
            self._clear()

    def _dress(self, phone: Phone) -> None:
        self.phone = phone
        self._clear()
        self._leave_mode()
        if self.locked:
            self._toggle_lock()
        self.badge.set_text(phone.owner.person.first_name[:1])
        mark(self.badge, "staff", not phone.owner.is_participant)
        self.role.set_text(f"{phone.owner.site} · {phone.owner.timezone}")
        name(self.frame, f"Phone of {phone.name}, {phone.role}")
        name(self.chat, f"Messages on the phone of {phone.name}")
        name(self.field, f"Write as {phone.name}")
        name(self.send, f"Send as {phone.name}")
        name(self.attach, f"Send something else as {phone.name}")
        name(self.lock, f"Lock the phone of {phone.name}")

    def _clear(self) -> None:
        self.shown, self.drawn = {}, None
        self.messages.clear()

    def _draw(self, phone: Phone, bubbles: list[Bubble]) -> None:
        self.drawn = bubbles
        new = False
        for bubble in bubbles:
            view = self.shown.get(bubble.message_id)
            if view is None:
                with self.messages:
                    self.shown[bubble.message_id] = BubbleView(self, phone, bubble)
                new = True
            else:
                view.refresh(bubble)
        if new:
            ui.run_javascript(f"requestAnimationFrame(() => {{ getHtmlElement({self.chat.id}).scrollTop = 0 }})")
        waiting = sum(bubble.waits for bubble in bubbles)
        self.alert.set_text(_alerts(waiting))
        mark(self.frame, "alerting", waiting > 0)

    def _preview(self, phone: Phone) -> None:
        local = self.demonstration.scene.now().astimezone(phone.zone)
        self.lock_hour.set_text(f"{local:%H:%M}")
        self.lock_day.set_text(f"{local:%A} {local.day} {local:%B}")
        push = phone.preview()
        self.push.set_visibility(push is not None)
        if push is not None:
            self.push_line.set_text(push.line)
            self.push_at.set_text(push.at)
        new = sum(not one.mine and one.message_id > self.locked_at for one in phone.bubbles())
        self.push_count.set_text(f"{new} new" if new else "Nothing new since it was locked")

    # What one does

    def _send(self) -> None:
        phone, text = self.phone, str(self.field.value or "")
        if phone is None or not text.strip():
            return
        self.field.set_value("")
        if self.changing is not None:
            phone.edit(self.changing.message_id, text)
        else:
            phone.say(text, self.answering.message_id if self.answering else None)
        self._leave_mode()
        self.refresh()

    def _attach(self, kind: str) -> None:
        if self.phone is not None:
            caption = str(self.field.value or "") if kind in ("photo", "document") else ""
            if caption:
                self.field.set_value("")
            self.phone.send(kind, caption)
            self.refresh()

    def answer(self, bubble: Bubble) -> None:
        """What is written next replies to this message."""
        self.changing, self.answering = None, bubble
        self._say_mode(f"Reply to: {_short(bubble)}")

    def change(self, bubble: Bubble) -> None:
        """What is written next takes the place of this message."""
        self.answering, self.changing = None, bubble
        self.field.set_value(bubble.text)
        self._say_mode("Change your message")

    def _change_last(self) -> None:
        last = self.phone.newest_text_of_mine() if self.phone else None
        if last is not None and not self.field.value:
            self.change(last)

    def _say_mode(self, said: str) -> None:
        self.about_words.set_text(said)
        self.about.set_visibility(True)
        self.field.run_method("focus")

    def _leave_mode(self) -> None:
        if self.changing is not None:
            self.field.set_value("")
        self.answering = self.changing = None
        self.about.set_visibility(False)

    def _toggle_lock(self) -> None:
        self.locked = not self.locked
        bubbles = self.phone.bubbles() if self.phone else []
        self.locked_at = bubbles[-1].message_id if bubbles else 0
        self.inside.set_visibility(not self.locked)
        self.lock_screen.set_visibility(self.locked)
        mark(self.frame, "locked", self.locked)
        self.lock_icon.set_name("lock" if self.locked else "lock_open")
        self.lock.props["aria-pressed"] = "true" if self.locked else "false"
        self.lock.update()
        if self.locked and self.phone:
            self._preview(self.phone)


class BubbleView:
    """One message on one open page."""

    def __init__(self, view: PhoneView, phone: Phone, bubble: Bubble) -> None:
        self.view = view
        self.phone = phone
        self.bubble = bubble
        if bubble.day:
            words(bubble.day, "day")
        with box("line mine" if bubble.mine else "line"):
            with box("spoken"):
                with box(f"bubble {bubble.kind}") as self.balloon:
                    if bubble.quoted:
                        words(bubble.quoted, "quoted")
                    if bubble.kind in PICTURES:
                        with box("picture") as picture:
                            ui.html(PICTURES[bubble.kind], sanitize=False)
                        picture.props["role"] = "img"
                        name(picture, NO_TEXT[bubble.kind])
                    self.words = words(bubble.text, "words")
                    with box("foot"):
                        self.sign = ui.icon("thumb_up").classes("sign")
                        self.at = words(bubble.at, "at", "span")
                        self.ticks = words("", "ticks", "span")
                self._draw_tools()
            self.keys = box("keys")
        self._draw_keys()
        self._mark()

    def refresh(self, bubble: Bubble) -> None:
        """Draw what is different now."""
        if bubble == self.bubble:
            return
        former, self.bubble = self.bubble, bubble
        self.words.set_text(bubble.text)
        self.at.set_text(bubble.at)
        if (bubble.rows, bubble.pressed, bubble.gone) != (former.rows, former.pressed, former.gone):
            self._draw_keys()
        self._mark()

    def _draw_tools(self) -> None:
        """Seen when the message is pointed at or reached with the keyboard."""
        about = _short(self.bubble)
        with box("tools"):
            if not self.bubble.mine:
                _tool("reply", f"Reply to: {about}", lambda: self.view.answer(self.bubble))
                _tool("thumb_up", f"Thumbs up for: {about}", self._thumb)
            elif self.bubble.kind == "text" and self.bubble.text != "/start":
                _tool("edit", f"Change: {about}", lambda: self.view.change(self.bubble))

    def _thumb(self) -> None:
        self.phone.react(self.bubble.message_id)
        self.view.refresh()

    def _draw_keys(self) -> None:
        self.keys.clear()
        with self.keys:
            for row in self.bubble.rows:
                with box("key-row"):
                    for choice in row:
                        pressed = choice.label == self.bubble.pressed
                        key = ui.button(
                            f"✓ {choice.label}" if pressed else choice.label,
                            on_click=lambda choice=choice: self._tap(choice),
                            color=None,
                        ).props("no-caps flat dense")
                        key.classes("key pressed" if pressed else "key")
                        key.set_enabled(not self.bubble.gone)

    def _tap(self, choice: Choice) -> None:
        self.phone.tap(self.bubble.message_id, choice)
        self.view.refresh()

    def _mark(self) -> None:
        mark(self.keys, "spent", self.bubble.spent)
        self.sign.set_visibility(bool(self.bubble.sign))
        mark(self.balloon, "waits", self.bubble.waits)
        mark(self.ticks, "read", self.bubble.ticks == 2)
        self.ticks.set_text(TICKS[self.bubble.ticks])
        if self.bubble.ticks:
            self.ticks.props["role"] = "img"
            name(self.ticks, TICKS_SAID[self.bubble.ticks])
        if self.bubble.rows:
            self.keys.props["role"] = "group"
            name(self.keys, "Buttons of an earlier message" if self.bubble.spent else "Buttons")


def _tool(icon: str, said: str, does: Callable[[], None]) -> None:
    with push_button("", said, does, "tool small"):
        ui.icon(icon, size="15px")


def _reads(phone: Phone) -> str:
    return f"{phone.owner.person.first_name}, {phone.role.lower()}"


def _short(bubble: Bubble) -> str:
    text = bubble.text.replace("\n", " ") or NO_TEXT.get(bubble.kind, "message")
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def _alerts(waiting: int) -> str:
    if not waiting:
        return ""
    return "1 alert waits for you" if waiting == 1 else f"{waiting} alerts wait for you"
