"""The rehearsal page in a real headless Chromium, with the whole stack behind it: what `make demo` shows."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from rehearsal.ports import free_ports
from study.protocol import Study

ROOT = Path(__file__).parent.parent.parent
READY_SECONDS = 60.0
STOP_SECONDS = 30.0
ANSWER_MS = 20_000.0  # two busy cores
SIZE = {"width": 1280, "height": 720}
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
QUESTION = "Can I leave the study if I change my mind?"
PASSED_ON = re.compile("I have passed your message to your study team")
ANSWER = "You can leave the study at any time"


@dataclass
class Demo:
    """A running `alongside demo`."""

    process: subprocess.Popen[bytes]
    output: Path
    address: str
    requested: list[str] = field(default_factory=list)

    def said(self) -> str:
        return self.output.read_text()


def environment(port: int, **more: str) -> dict[str, str]:
    return dict(os.environ) | {
        "ALONGSIDE_DEMO_PORT": str(port),
        "ALONGSIDE_NO_BROWSER": "1",
        "PYTHONPATH": str(ROOT),
        **more,
    }


@pytest.fixture(scope="module")
def demo(rasa: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demonstration for all tests in here; its clock only goes forward."""
    url, secret = rasa
    (port,) = free_ports(1)
    output = tmp_path_factory.mktemp("demo") / "output.txt"
    with output.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "alongside", "demo"],
            cwd=ROOT,
            env=environment(port, ALONGSIDE_RASA_URL=url, ALONGSIDE_RASA_SECRET=secret),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    running = Demo(process, output, f"http://127.0.0.1:{port}")
    until = time.monotonic() + READY_SECONDS
    while "Ready" not in running.said():
        if process.poll() is not None or time.monotonic() > until:
            process.terminate()
            pytest.fail(f"the demonstration does not start: {running.said()}")
        time.sleep(0.1)
    yield running
    if process.poll() is None:
        process.terminate()
        process.wait(STOP_SECONDS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Its absence fails in CI; elsewhere these tests are skipped with the reason."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        reason = "chromium is not installed (Debian: apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    opened = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]  # a plain dict, as playwright documents it
    opened.set_default_timeout(ANSWER_MS)
    opened.on("request", lambda request: demo.requested.append(request.url))
    opened.goto(demo.address)
    expect(field_of(opened, "P-001")).to_be_enabled(timeout=ANSWER_MS)
    yield opened
    opened.close()


def field_of(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=f"Write as {name}")


def messages_of(page: Page, name: str) -> Locator:
    return page.get_by_role("log", name=f"Messages on the phone of {name}")


def see(page: Page, name: str, text: str | re.Pattern[str]) -> None:
    """The phone of `name` shows `text`, and not below or above what one sees."""
    found = messages_of(page, name).get_by_text(text).last
    expect(found).to_be_visible(timeout=ANSWER_MS)
    expect(found).to_be_in_viewport(timeout=ANSWER_MS)


def say(page: Page, text: str) -> None:
    field_of(page, "P-001").fill(text)
    field_of(page, "P-001").press("Enter")


def to_next_event(page: Page) -> None:
    news = page.get_by_role("status", name="What the clock brought")
    page.get_by_role("button", name="Turn the clock to the next event").click()
    expect(news).to_contain_text(re.compile(r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d:\d\d: "), timeout=60_000)


def test_a_question_typed_on_the_phone_gets_the_approved_answer(page: Page) -> None:
    say(page, QUESTION)
    see(page, "P-001", QUESTION)
    see(page, "P-001", re.compile(ANSWER))
    expect(field_of(page, "P-001")).to_have_value("")


def test_the_send_button_sends_too(page: Page) -> None:
    field_of(page, "P-001").fill("hello there")
    page.get_by_role("button", name="Send as P-001").click()
    see(page, "P-001", "hello there")


def test_words_of_people_are_shown_as_text_and_never_as_html(page: Page) -> None:
    written = "<b>bold</b> <img src=x onerror=\"document.title='hacked'\">"
    say(page, written)
    see(page, "P-001", written)
    assert messages_of(page, "P-001").locator("b, img[src=x]").count() == 0
    assert page.title() == "Alongside rehearsal"
    see(page, "P-001", PASSED_ON)  # a message still being read is the clock's next event


def test_the_next_event_brings_the_daily_question_at_eight_in_the_evening_and_a_tap_answers_it(
    page: Page, study: Study
) -> None:
    to_next_event(page)
    expect(page.locator(".time")).to_have_text(re.compile("20:0[01]"))
    see(page, "P-001", re.compile("Have you taken your study tablet today"))
    expect(page.get_by_role("region", name="Phone of P-001").locator(".local")).to_have_text(re.compile("Mon 20:0[01]"))
    messages_of(page, "P-001").get_by_role("button", name="Taken", exact=True).click()
    see(page, "P-001", study.wordings.render("checkin.daily.done_taken"))
    tapped = messages_of(page, "P-001").get_by_role("button", name="✓ Taken")
    expect(tapped.locator("xpath=ancestor::*[contains(@class, 'spent')]")).to_have_count(1)


def test_a_red_flag_alerts_the_nurse_and_the_participant_is_told_when_she_takes_it(page: Page) -> None:
    banner = page.get_by_role("region", name="Phone of Nora").get_by_role("alert")
    waiting = messages_of(page, "Nora").locator(".waits")
    before = waiting.count()
    say(page, "my chest feels tight and I can't breathe")
    see(page, "P-001", re.compile("^Call 112 now"))
    see(page, "Nora", re.compile("^EMERGENCY C-"))
    expect(waiting).to_have_count(before + 1)
    expect(banner).to_have_text(re.compile("alerts? waits? for you"))
    messages_of(page, "Nora").get_by_role("button", name="Acknowledge").last.click()
    see(page, "P-001", re.compile("Your study nurse has seen your message at"))
    expect(waiting).to_have_count(before)


def test_a_day_goes_through_every_event_on_the_way_and_time_runs_on(page: Page) -> None:
    page.get_by_role("button", name="Turn the clock one day ahead").click()
    news = page.get_by_role("status", name="What the clock brought")
    expect(news).to_contain_text(re.compile(r"^Tue .*message to .*P-001"), timeout=60_000)
    see(page, "P-001", re.compile("Have you taken your study tablet today"))
    seconds = page.locator(".seconds")
    expect(seconds).not_to_have_text(seconds.inner_text())


def test_a_second_page_shows_the_same_chats(page: Page, browser: Browser, demo: Demo) -> None:
    other = browser.new_page()
    other.goto(demo.address)
    say(page, "what are the risks")
    see(other, "P-001", "what are the risks")
    other.close()


def test_it_works_with_the_keyboard_alone(page: Page) -> None:
    field_of(page, "P-001").focus()
    page.keyboard.type("thank you")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send as P-001")).to_be_focused()
    page.keyboard.press("Enter")
    see(page, "P-001", "thank you")


def test_it_fits_a_small_screen_without_scrolling(page: Page) -> None:
    whole = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert whole[0] <= SIZE["width"]
    assert whole[1] <= SIZE["height"]
    for name in ("Send as P-001", "Send as Nora", "Turn the clock to the next event"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


def test_with_rasa_stopped_a_red_flag_still_calls_the_nurse_and_a_banner_says_so(page: Page) -> None:
    waiting = messages_of(page, "Nora").locator(".waits")
    before = waiting.count()
    page.get_by_role("button", name="Stop Rasa").click()
    banner = page.get_by_role("alert").filter(has_text="Rasa is stopped")
    expect(banner).to_be_visible(timeout=ANSWER_MS)
    expect(page.get_by_label("What serves")).to_contain_text("Rasa stopped")
    say(page, "I fainted on the stairs")
    see(page, "P-001", re.compile("112"))
    expect(waiting).to_have_count(before + 1)
    panel = page.get_by_role("region", name="Facts from the database")
    expect(panel).to_contain_text(re.compile("emergency: seizure_or_fainting"), timeout=ANSWER_MS)
    expect(panel).to_contain_text(re.compile(r"told STAFF-\d+"), timeout=ANSWER_MS)
    page.get_by_role("button", name="Start Rasa").click()
    expect(banner).to_have_count(0, timeout=60_000)
    expect(page.get_by_label("What serves")).to_contain_text("Rasa serves", timeout=60_000)


def test_a_locked_phone_shows_the_first_line_of_a_push_and_nothing_else(page: Page) -> None:
    page.get_by_role("button", name="Lock the phone of Nora").click()
    expect(messages_of(page, "Nora")).to_be_hidden()
    expect(page.locator(".push-line").last).to_have_text(re.compile(r"^EMERGENCY C-\d+$"))
    page.get_by_role("button", name="Unlock the phone").last.click()
    expect(messages_of(page, "Nora")).to_be_visible()


def test_the_phone_of_anybody_can_be_taken_in_hand(page: Page) -> None:
    page.get_by_label("Whose phone is on the right").select_option("P-002")
    expect(messages_of(page, "P-002")).to_be_visible()
    expect(page.get_by_role("region", name="Phone of P-002")).to_contain_text("America/New_York")
    page.get_by_label("Whose phone is on the right").select_option("Omar")
    see(page, "Omar", re.compile("You are connected as"))


def test_pictures_replies_thumbs_and_changes_go_out_from_the_page(page: Page) -> None:
    page.get_by_role("button", name="Send something else as P-001").click()
    page.get_by_role("menuitem", name="Voice message").click()
    expect(messages_of(page, "P-001").get_by_role("img", name="Voice message").last).to_be_visible()
    say(page, "helo")
    see(page, "P-001", "helo")
    field_of(page, "P-001").press("ArrowUp")
    expect(field_of(page, "P-001")).to_have_value("helo")
    say(page, "hello again")
    see(page, "P-001", "hello again")
    thumb = messages_of(page, "P-001").get_by_role("button", name=re.compile("^Thumbs up for")).last
    thumb.focus()
    page.keyboard.press("Enter")
    expect(messages_of(page, "P-001").locator(".sign:visible").last).to_be_visible()
    messages_of(page, "P-001").get_by_role("button", name=re.compile("^Reply to")).last.press("Enter")
    expect(field_of(page, "P-001")).to_be_focused()
    say(page, "yes please")
    expect(messages_of(page, "P-001").locator(".quoted").last).to_be_visible()


def test_what_was_written_has_two_ticks_once_the_bot_has_it(page: Page) -> None:
    say(page, "good evening")
    last = messages_of(page, "P-001").locator(".mine").last
    expect(last.get_by_role("img", name="received by the bot")).to_be_visible(timeout=ANSWER_MS)


def test_every_control_has_a_name_a_screen_reader_can_say(page: Page) -> None:
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, textarea, a[href], [tabindex="0"], [role=log]')]
        .filter((one) => one.checkVisibility() && !one.closest('[aria-hidden=true]'))
        .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || (one.labels || []).length))
        .map((one) => one.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


def test_the_shortcuts_reach_the_phones_and_the_clock(page: Page) -> None:
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("textbox", name="Write as Nora")).to_be_focused()
    page.keyboard.press("Alt+1")
    expect(field_of(page, "P-001")).to_be_focused()
    page.keyboard.press("Alt+k")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Alt+N")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    news = page.get_by_role("status", name="What the clock brought")
    before = page.locator(".date").inner_text() + page.locator(".time").inner_text()
    page.keyboard.press("Alt+h")
    expect(news).to_contain_text(re.compile(r"\d\d:\d\d: "), timeout=60_000)
    assert page.locator(".date").inner_text() + page.locator(".time").inner_text() != before


def test_a_script_plays_its_result_is_shown_and_its_transcript_comes_home(page: Page) -> None:
    page.get_by_label("Script to play").select_option("First day")
    page.get_by_label("Speed", exact=True).select_option("instant")
    page.get_by_role("button", name="Play the script").click()
    said = page.get_by_role("status", name="The script")
    expect(said).to_contain_text(re.compile("every expectation held"), timeout=90_000)
    see(page, "P-002", re.compile("Have you taken your study tablet today"))
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download the transcript").click()
    assert coming.value.suggested_filename == "first_day.jsonl"
    lines = [json.loads(line) for line in coming.value.path().read_text().splitlines()]
    assert lines[0] | {"direction": "in", "kind": "text", "text": "/start", "step": 1} == lines[0]
    assert any(line["answer"] == "withdrawal" for line in lines)
    page.get_by_role("button", name="Back to the demonstration").click()
    see(page, "P-001", "yes please")


def test_what_was_done_by_hand_comes_home_in_the_same_shape(page: Page) -> None:
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download the transcript").click()
    lines = [json.loads(line) for line in coming.value.path().read_text().splitlines()]
    assert any(one["text"] == "I fainted on the stairs" and one["route"] == "emergency" for one in lines)
    assert any(one["direction"] == "out" and one["wording"] for one in lines)
    assert any(one["kind"] == "tap" for one in lines)
    assert not any("/start " in one["text"] for one in lines)


def test_a_script_can_be_paused_and_stopped(page: Page) -> None:
    page.get_by_label("Script to play").select_option("Missed pill")
    page.get_by_label("Speed", exact=True).select_option("slow")
    page.get_by_role("button", name="Play the script").click()
    page.get_by_role("button", name="Pause the script").click(timeout=60_000)
    expect(page.get_by_role("button", name="Continue the script")).to_be_visible()
    page.get_by_role("button", name="Stop the script").click()
    expect(page.get_by_role("status", name="The script")).to_contain_text("Stopped after", timeout=60_000)
    page.get_by_role("button", name="Back to the demonstration").click()
    expect(field_of(page, "P-001")).to_be_enabled()


def test_the_page_says_what_serves(page: Page) -> None:
    expect(page.get_by_label("What serves")).to_have_text(
        re.compile("Rasa serves.*Actions serves.*Bot serves", re.DOTALL)
    )


def test_nothing_is_loaded_from_outside_this_computer(page: Page, demo: Demo) -> None:
    elsewhere = [url for url in demo.requested if not url.startswith((demo.address, "data:"))]
    assert len(demo.requested) > 5
    assert elsewhere == []


def test_a_port_in_use_is_one_line_with_the_mend() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "alongside", "demo"],
            cwd=ROOT,
            env=environment(port),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"127.0.0.1:{port}: the port is in use")
    assert "ALONGSIDE_DEMO_PORT" in line


def test_ctrl_c_stops_everything_it_started(demo: Demo) -> None:
    """The last test of the demonstration."""
    children = psutil.Process(demo.process.pid).children(recursive=True)
    assert len(children) >= 3
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(STOP_SECONDS) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert "Traceback" not in demo.said()
