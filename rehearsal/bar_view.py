"""Drawing the bar at the top: the clock and its buttons, what serves, and the banner when something was stopped."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from nicegui import ui

from rehearsal.demonstration import SERVICES, Demonstration
from rehearsal.drawing import box, mark, name, push_button, words
from rehearsal.panel import Due

DEFAULT_HOUR = "20:00"
STOPPED = {
    "rasa": "Rasa is stopped. Red flags still call the team at once; all else is kept and answered later.",
    "actions": "Actions are stopped. Red flags still call the team at once; all else is kept and answered later.",
    "bot": "The bot is stopped. Messages wait with Telegram and are taken as soon as it runs again.",
}


class ClockView:
    """The clock, the buttons that turn it, and the line that says what came of it."""

    def __init__(self, demonstration: Demonstration) -> None:
        self.demonstration = demonstration
        with box("clock", "section") as section:
            name(section, "Study clock")
            with box("brand-block"):
                words("Alongside", "brand", "h1")
                self.study = words("", "study")
            with box("clock-block"):
                with box("hour"):
                    self.time = words("", "time", "span")
                    self.seconds = words("", "seconds", "span")
                self.date = words("", "date")
            with box("turns"):
                with box("turn-row"):
                    self.keys = [
                        self._turns("+10 min", "Turn the clock ten minutes ahead", timedelta(minutes=10), ""),
                        self._turns("+1 h", "Turn the clock one hour ahead", timedelta(hours=1), "h"),
                        self._turns("+1 day", "Turn the clock one day ahead", timedelta(days=1), "d"),
                    ]
                    with box("to-hour", "form") as form:
                        form.on("submit.prevent", self._turn_to)
                        self.wanted = ui.input(value=DEFAULT_HOUR)
                        self.wanted.props("outlined dense inputmode=numeric autocomplete=off")
                        name(self.wanted, "Hour to turn the clock to")
                        to = push_button("Go", "Turn the clock to this hour", self._turn_to, "turn")
                        to.props["type"] = "button"
                    self.keys += [to, self._turns("Next event", "Turn the clock to the next event", None, "n")]
                with box("outcome"):
                    self.next_due = words("", "next")
                    with box("news") as news_box:
                        news_box.props["role"] = "status"
                        name(news_box, "What the clock brought")
                        self.busy = ui.spinner(size="1.1em", color=None)
                        self.news = words("", "news-text")

    def refresh(self) -> None:
        """Draw what has changed."""
        scene = self.demonstration.scene
        now = scene.now().astimezone(scene.zone)
        self.study.set_text(f"Rehearsal of {scene.study.code}")
        self.time.set_text(f"{now:%H:%M}")
        self.seconds.set_text(f"{now:%S}")
        self.date.set_text(f"{now:%a} {now.day} {now:%B %Y} · {scene.zone}")
        busy = self.demonstration.busy
        working = self.demonstration.turning or bool(self.demonstration.switching or self.demonstration.stage)
        self.busy.set_visibility(working and not self.demonstration.trouble)
        self.news.set_text(news(self.demonstration))
        mark(self.news, "bad", bool(self.demonstration.trouble))
        for key in self.keys:
            mark(key, "resting", busy)
        self.next_due.set_text(_when(self.demonstration.next_due, now))

    def _turns(self, label: str, said: str, ahead: timedelta | None, shortcut: str) -> ui.button:
        async def turn() -> None:
            await asyncio.to_thread(self.demonstration.turn, ahead)

        return push_button(label, said, turn, "turn" if ahead else "turn main", shortcut)

    async def _turn_to(self) -> None:
        await asyncio.to_thread(self.demonstration.turn_to, str(self.wanted.value or ""))


class ServicesView:
    """What serves, with a button to stop and start each."""

    def __init__(self, demonstration: Demonstration) -> None:
        self.demonstration = demonstration
        with box("services", "section") as services:
            name(services, "What serves")
            self.rows = {process: self._row(process, reads) for process, reads in SERVICES.items()}

    def _row(self, process: str, reads: str) -> tuple[ui.label, ui.button]:
        async def switch() -> None:
            await asyncio.to_thread(self.demonstration.switch, process)

        with box("service-row"):
            label = words(f"{reads} …", "service")
            return label, push_button("Stop", f"Stop {reads}", switch, "switch")

    def refresh(self) -> None:
        """Draw what has changed."""
        held = self.demonstration.held
        for process, (label, button) in self.rows.items():
            reason = self.demonstration.away.get(process)
            stopped = process in held
            if self.demonstration.switching == process:
                said = "stops …" if stopped else "starts …"
            elif stopped:
                said = "stopped"
            elif reason:
                said = "is loading" if self.demonstration.stage else spoken(reason)
            else:
                said = "serves"
            label.set_text(f"{SERVICES[process]} {said}")
            mark(label, "away", bool(reason) or stopped)
            button.set_text("Start" if stopped else "Stop")
            name(button, f"{'Start' if stopped else 'Stop'} {SERVICES[process]}")
            mark(button, "resting", self.demonstration.busy)


class BannerView:
    """Seen from across the room: something was stopped, and what holds all the same."""

    def __init__(self, demonstration: Demonstration) -> None:
        self.demonstration = demonstration
        self.text = words("", "stopped-banner")
        self.text.props["role"] = "alert"

    def refresh(self) -> None:
        """Draw what has changed."""
        held = self.demonstration.held
        first = next((process for process in ("bot", "rasa", "actions") if process in held), None)
        self.text.set_text(STOPPED[first] if first else "")


def news(demonstration: Demonstration) -> str:
    """The one line below the clock: trouble before work before results."""
    if demonstration.trouble:
        return demonstration.trouble
    if demonstration.switching:
        return f"{SERVICES[demonstration.switching]}: one moment …"
    if demonstration.turning:
        return "Turning the clock …"
    if demonstration.stage:
        return f"{demonstration.stage} …"
    return demonstration.told or ""


def spoken(reason: str) -> str:
    """Why a service cannot serve, in words: the codes of /health are for logs."""
    return "does not answer" if "Connect" in reason or "Timeout" in reason else f"waits ({reason})"


def _when(due: Due | None, now: datetime) -> str:
    if due is None:
        return ""
    local = due.moment.astimezone(now.tzinfo)
    days = (local.date() - now.date()).days
    day = "" if days == 0 else f"{local:%a} {local.day} {local:%b} "
    return f"Next: {day}{local:%H:%M} {due.what}"
