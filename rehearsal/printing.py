"""The conversation as it is printed: who, their own time, the words, the buttons, and which approved text it was."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from rehearsal.script import Step
from rehearsal.transcript import Line

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta")
INDENT = 4


class Printed:
    """Every person has a colour. Words of people are printed as they are: no markup in them counts."""

    def __init__(self, console: Console, names: list[str], zone: ZoneInfo) -> None:
        self.console = console
        self.zone = zone
        self.widest = max((len(name) for name in names), default=5)
        self.colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}

    def noted(self, at: datetime, what: str) -> None:
        """What the script itself does: the clock, a process."""
        self._print(Text(f"── {at.astimezone(self.zone):%a %d %b %Y, %H:%M} ── {what}", "bold"))

    def line(self, line: Line) -> None:
        """One message."""
        inwards = line.direction == "in"
        name = line.who if inwards else line.to
        head = Text(f"{line.at.astimezone(ZoneInfo(line.zone)):%a %d %b %H:%M}  ", "dim")
        head.append(f"{name:<{self.widest}} {'›' if inwards else '‹'} ", self.colours.get(name, ""))
        indent = Text(" " * len(head.plain))
        shown = line.text.encode("utf-8", "backslashreplace").decode()
        words = shown if line.kind == "text" else f"[{line.kind}] {shown}".rstrip()
        first, *rest = Text(words, "bold" if inwards else "").split("\n", allow_blank=True)
        self._print(head + first)
        for row in rest:
            self._print(indent + row)
        if line.buttons:
            self._print(indent + Text("  ".join(f"[{label}]" for row in line.buttons for label in row), "cyan"))
        about = ", ".join(known_of(line))
        if about:
            self._print(indent + Text(f"· {about}", "dim italic"))

    def held(self, step: Step) -> None:
        """A step whose expectations all held."""
        if step.expect is not None:
            keys = ", ".join(key for key, _ in step.expect.order)
            self._print(Text(f"{' ' * INDENT}✓ step {step.number}: {keys}", "green"))

    def failed(self, words: str) -> None:
        self._print(Text(words, "bold red"))

    def done(self, words: str) -> None:
        self._print(Text(words, "bold green"))

    def _print(self, text: Text) -> None:
        """In a pipe a line stays a line."""
        self.console.print(text, soft_wrap=not self.console.is_terminal, highlight=False)


def known_of(line: Line) -> list[str]:
    """What is known of a message beside its words."""
    about = [*line.wording_names]
    if line.concern is not None:
        about.append(" ".join(str(line.concern[key]) for key in ("id", "kind", "severity", "state")))
    if line.route is not None:
        about.append(f"route {line.route}")
    return about
