"""What the page is drawn with: plain elements, and the names a screen reader gives them.

Text of people is shown as text: labels only, never HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nicegui import ui


def box(classes: str, tag: str = "div") -> ui.element:
    """A plain element; what is made inside `with box(...)` is drawn in it."""
    return ui.element(tag).classes(classes)


def words(text: str, classes: str, tag: str = "div") -> ui.label:
    label = ui.label(text).classes(classes)
    label.tag = tag
    return label


def name(element: ui.element, said: str) -> None:
    """What a screen reader calls it."""
    if element.props.get("aria-label") != said:
        element.props["aria-label"] = said


def mark(element: ui.element, kind: str, on: bool) -> None:
    """Give a class, or take it away."""
    if on != (kind in element.classes):
        element.classes(**({"add": kind} if on else {"remove": kind}))


def push_button(label: str, said: str, does: Callable[..., Any], classes: str, shortcut: str = "") -> ui.button:
    """A real button. `shortcut`: the letter that, with Alt, presses it."""
    button = ui.button(label, on_click=does, color=None).props("no-caps unelevated dense").classes(classes)
    name(button, said)
    if shortcut:
        button.props["data-alt"] = shortcut
        button.props["aria-keyshortcuts"] = f"Alt+{shortcut.upper()}"
    return button


class Chooser:
    """A list to choose from, the browser's own: every keyboard and every screen reader knows it."""

    def __init__(self, said: str, classes: str, on_choice: Callable[[str], Any]) -> None:
        self._element = box(classes, "select")
        name(self._element, said)
        self._element.on("change", lambda event: on_choice(str(event.args)), js_handler="(e) => emit(e.target.value)")
        self._drawn: tuple[tuple[str, str], ...] = ()
        self._options: dict[str, ui.element] = {}

    def show(self, options: Iterable[tuple[str, str]], chosen: str | None) -> None:
        """`options` are what is chosen and how it reads."""
        wanted = tuple(options)
        if wanted != self._drawn:
            self._drawn = wanted
            self._element.clear()
            with self._element:
                self._options = {value: words(reads, "", "option") for value, reads in wanted}
            for value, option in self._options.items():
                option.props["value"] = value
        for value, option in self._options.items():
            if bool(option.props.get("selected")) != (value == chosen):
                option.props["selected"] = value == chosen
                option.update()

    def call(self, said: str) -> None:
        name(self._element, said)
