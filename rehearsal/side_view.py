"""Drawing the right-hand side: the script that plays, and what the database says of a participant."""

from __future__ import annotations

import asyncio

from nicegui import ui
from sqlalchemy.exc import SQLAlchemyError

from rehearsal.demonstration import Demonstration
from rehearsal.drawing import Chooser, box, mark, name, push_button, words
from rehearsal.noting import transcript_of
from rehearsal.panel import Fact, Section
from rehearsal.phone_view import PhoneView
from rehearsal.playing import SPEEDS, Playing, State, as_json_lines
from rehearsal.scenes import Scene

SPEED_READS = {"slow": "Slow", "4x": "4×", "instant": "Instant"}
GOOD = (State.HELD,)


class ScriptView:
    """Choose a script and a speed, play it, pause it, leave it; take the transcript home."""

    def __init__(self, demonstration: Demonstration) -> None:
        self.demonstration = demonstration
        self.script = next(iter(demonstration.scripts), "")
        self.speed = "4x"
        self.noticed: Playing | None = None
        with box("card scripts", "section") as card:
            name(card, "Script")
            with box("script-row"):
                self.which = Chooser("Script to play", "chooser", self._choose)
                self.pace = Chooser("Speed", "chooser pace", self._set_speed)
                self.play = push_button("Play", "Play the script", self._play, "turn main")
            with box("script-row") as self.controls:
                self.pause = push_button("Pause", "Pause the script", self._pause, "turn", "p")
                self.stop = push_button("Stop", "Stop the script", self._stop, "turn")
                self.back = push_button("Back", "Back to the demonstration", self._back, "turn")
            with box("meter") as meter:
                meter.props["aria-hidden"] = "true"
                self.meter = box("meter-bar")
            self.line = words("", "script-line")
            self.line.props["role"] = "status"
            name(self.line, "The script")
            push_button("⤓ Transcript", "Download the transcript", self._download, "link-button")
        self.which.show([(one, one) for one in demonstration.scripts], self.script)
        self.pace.show(SPEED_READS.items(), self.speed)

    def refresh(self) -> None:
        """Draw what has changed."""
        playing = self.demonstration.playing
        self.controls.set_visibility(playing is not None)
        self.play.set_enabled(bool(self.demonstration.scripts) and self.demonstration.stage is None)
        text = playing.said if playing else ""
        if playing is not None and playing is not self.noticed:
            self._choose(playing.name)
        self.noticed = playing
        self.line.set_text(text or "Plays on phones and a clock of its own; yours wait.")
        mark(self.line, "held", playing is not None and playing.state in GOOD)
        mark(self.line, "bad", playing is not None and playing.state is State.FAILED)
        share = f"width: {round((playing.share if playing else 0) * 100)}%"
        if self.meter.props.get("style") != share:
            self.meter.props["style"] = share
            self.meter.update()
        if playing is not None:
            self._show_controls(playing)

    def _show_controls(self, playing: Playing) -> None:
        paused = playing.state is State.PAUSED
        self.pause.set_text("Continue" if paused else "Pause")
        name(self.pause, "Continue the script" if paused else "Pause the script")
        self.pause.set_enabled(playing.state in (State.PLAYING, State.PAUSED))
        self.stop.set_enabled(not playing.is_over)

    def _choose(self, script: str) -> None:
        self.script = script
        self.which.show([(one, one) for one in self.demonstration.scripts], script)

    def _set_speed(self, speed: str) -> None:
        if speed in SPEEDS:
            self.speed = speed
            self.pace.show(SPEED_READS.items(), speed)
            if self.demonstration.playing:
                self.demonstration.playing.speed = speed

    async def _play(self) -> None:
        await asyncio.to_thread(self.demonstration.play, self.script, self.speed)

    def _pause(self) -> None:
        playing = self.demonstration.playing
        if playing is not None:
            if playing.state is State.PAUSED:
                playing.go_on()
            else:
                playing.pause()

    def _stop(self) -> None:
        if self.demonstration.playing is not None:
            self.demonstration.playing.stop()

    async def _back(self) -> None:
        await asyncio.to_thread(self.demonstration.leave)

    async def _download(self) -> None:
        playing, scene = self.demonstration.playing, self.demonstration.scene
        if playing is not None and scene is playing.scene:
            lines, called = playing.transcript(), playing.script.file.removesuffix(".yml").rpartition("/")[2]
        else:
            lines, called = await asyncio.to_thread(transcript_of, scene), "demonstration"
        ui.download.content(as_json_lines(lines), f"{called}.jsonl", "application/x-ndjson")


class PanelView:
    """The operator's view: codes only. It follows the participant on the phones until another is chosen."""

    def __init__(self, demonstration: Demonstration, phones: list[PhoneView]) -> None:
        self.demonstration = demonstration
        self.phones = phones
        self.scene: Scene | None = None
        self.code: str | None = None
        self.followed: str | None = None
        self.drawn: list[Section] = []
        with box("card panel", "section") as card:
            name(card, "What the database says")
            with box("panel-head"):
                words("The database says", "panel-title", "h2")
                self.which = Chooser("Participant the database is asked about", "chooser", self._choose)
            self.body = box("panel-body")
            self.body.props["tabindex"] = "0"
            self.body.props["role"] = "region"
            name(self.body, "Facts from the database")

    async def refresh(self) -> None:
        """Ask the database and draw what has changed."""
        scene = self.demonstration.scene
        codes = scene.participants()
        shown = [view.phone.name for view in self.phones if view.phone and view.phone.name in codes]
        on_phone = shown[0] if shown else None
        if scene is not self.scene or (on_phone and on_phone != self.followed):
            self.scene, self.followed, self.code = scene, on_phone, on_phone or next(iter(codes), None)
        self.which.show([(code, code) for code in codes], self.code)
        if self.code is None:
            return
        try:
            sections = await asyncio.to_thread(scene.sections, self.code)
        except SQLAlchemyError:
            return  # a scene that is being closed; the next look is at another
        if sections != self.drawn:
            self.drawn = sections
            self._draw(sections)

    def _choose(self, code: str) -> None:
        self.code = code

    def _draw(self, sections: list[Section]) -> None:
        self.body.clear()
        with self.body:
            for section in sections:
                with box(f"facts {section.tone}".strip(), "dl"):
                    words(section.title, "facts-title", "div")
                    for fact in section.facts:
                        _draw_fact(fact)


def _draw_fact(fact: Fact) -> None:
    with box("fact"):
        words(fact.name, "fact-name", "dt")
        words(fact.value, f"fact-value {fact.tone}".strip(), "dd")
