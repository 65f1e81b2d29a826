"""`make screenshots`: pictures of the main journeys, by playing the shipped scripts on the page up to a moment."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from rehearsal.demonstration import Demonstration
from rehearsal.page import show
from rehearsal.player import described
from rehearsal.ports import free_ports
from rehearsal.script import Script, read_script
from rehearsal.stack import Stack
from study.bootstrap import rasa_secret
from study.settings import Settings

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
BEGIN = "2026-03-02T08:30"
SIZE = {"width": 1280, "height": 720}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-lcd-text",  # grey edges of letters: much smaller pictures
]
LARGEST = 250_000  # bytes
DRAWN_MS = 20_000.0


@dataclass(frozen=True)
class Journey:
    """`after` are words of the last step that is played (the first that has them). `left` and `right`: whose phones are
    shown, where the script's own spotlight is not meant. `locked`: the phone on the right lies on the table."""

    picture: str
    script: str
    after: str
    left: str | None = None
    right: str | None = None
    locked: bool = False
    dark: bool = False


JOURNEYS = (
    Journey("enrolment", "First day", "Can I leave the study"),
    Journey("weekly", "Weekly checkin", "the mornings are the hardest", right="nora", locked=True),
    Journey("threshold", "Weekly checkin", 'nora tap "Acknowledge"', right="nora"),
    Journey("red_flag_rasa_stopped", "Rasa away", "I can't breathe", left="P-002", right="nora"),
    Journey("suicidal_thoughts", "Red flag", "I want to end my life", left="P-002", right="nora", dark=True),
    Journey("cannot_be_read", "Cannot be read", "my pill box", left="P-002"),
    Journey("leaving", "Leaving", "Use of my data", right="nora"),
    Journey("study_end", "Study end", "2026-08-26T09:00", left="P-001"),
)


def main() -> None:
    settings = Settings()
    folder = Path(tempfile.mkdtemp(prefix="alongside-screenshots-"))
    secret = rasa_secret(settings).get_secret_value() if settings.rasa_url else None
    begin = datetime.fromisoformat(BEGIN).astimezone()
    stack = Stack(settings.study.resolve(), folder, begin, runs=True, rasa_url=settings.rasa_url, rasa_secret=secret)
    (port,) = free_ports(1)
    wrong: list[BaseException] = []
    try:
        stack.start(wait=False)
        demonstration = Demonstration(stack)

        def work() -> None:
            try:
                demonstration.prepare(print)
                _take_all(demonstration, f"http://127.0.0.1:{port}")
            except BaseException as error:  # told below, once the page is closed
                wrong.append(error)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        show(demonstration, port, lambda: threading.Thread(target=work, daemon=True).start())
        demonstration.stop()
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if wrong:
        raise SystemExit(f"screenshots: {wrong[0]}")


def _take_all(demonstration: Demonstration, address: str) -> None:
    settings = demonstration.stack.settings
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        for journey in JOURNEYS:
            file = demonstration.scripts.get(journey.script)
            if file is None:
                print(f"{journey.picture}: there is no script {journey.script!r}")
                continue
            step = _step_after(read_script(file, settings.study, settings.faq), journey.after)
            demonstration.play(journey.script, "instant", until=step)
            playing = demonstration.playing
            if playing is None:
                raise LookupError(demonstration.trouble or journey.script)
            playing.wait()
            demonstration.look()
            page = browser.new_page(viewport=SIZE, color_scheme="dark" if journey.dark else "light")  # type: ignore[arg-type]  # a plain dict, as playwright documents it
            page.goto(address)
            _arrange(page, journey)
            target = PICTURES / f"{journey.picture}.png"
            page.screenshot(path=target)
            page.close()
            print(f"{target.relative_to(ROOT)} {target.stat().st_size // 1000} kB: {playing.said}")
            if target.stat().st_size > LARGEST:
                raise ValueError(f"{target} is larger than {LARGEST} bytes")
        browser.close()


def _step_after(script: Script, words: str) -> int:
    """The number of the step that is not played any more. Raises LookupError."""
    for step in script.steps:
        if words in described(step):
            return step.number + 1
    raise LookupError(f"{script.file}: no step has the words {words!r}")


def _arrange(page: Page, journey: Journey) -> None:
    """Choose the phones and wait until everything is drawn."""
    for side, who in (("left", journey.left), ("right", journey.right)):
        if who is not None:
            page.get_by_label(f"Whose phone is on the {side}").select_option(who)
            expect(page.get_by_role("log", name=f"Messages on the phone of {who}")).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator(".bubble").first).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator(".facts").first).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator(".typing:not(.hidden)")).to_have_count(0, timeout=DRAWN_MS)
    if journey.left is not None and journey.left.startswith("P-"):
        page.get_by_label("Participant the database is asked about").select_option(journey.left)
        expect(page.locator(".facts-title").first).to_have_text(journey.left, timeout=DRAWN_MS)
    if journey.locked and journey.right is not None:
        page.get_by_role("button", name=f"Lock the phone of {journey.right}").click()
        expect(page.get_by_role("button", name="Unlock the phone")).to_be_visible(timeout=DRAWN_MS)
    page.mouse.move(0, 0)


if __name__ == "__main__":
    main()
