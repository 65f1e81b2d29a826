"""`make bench`: how long things take, as ratios measured in one run; writes docs/performance.md.

Nothing here is a test: a figure of one machine says little on another, a ratio within one run says more.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
from rich.console import Console

from rehearsal.stack import Stack
from tests.nlu.real_rasa import PYTHON, Door, copied_project, running_rasa
from tests.nlu.stub_actions import StubActions

ROOT = Path(__file__).parent.parent
QUESTION = "can i leave the study whenever i like"
RED_FLAG = "my chest feels tight and I can't breathe"
TURNS = 200
CLIENTS = 8
MESSAGES = 30
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

OLD_WORDS, NEW_WORDS = "Please drink little or no alcohol", "Please drink no alcohol, or very little,"

say = Console(stderr=True).print


def timed(calls: int, clients: int, call: Callable[[int], None]) -> tuple[float, float, float]:
    """Calls a second, median and 95th percentile of one call in milliseconds."""

    def one(number: int) -> float:
        began = time.perf_counter()
        call(number)
        return (time.perf_counter() - began) * 1000

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        took = sorted(pool.map(one, range(calls)))
    return calls / (time.perf_counter() - began), statistics.median(took), took[int(len(took) * 0.95) - 1]


def channels(door: Door) -> list[str]:
    """One turn through our channel beside the stock REST channel of the same Rasa."""

    def ours(number: int) -> None:
        door.turn(QUESTION, inbox_id=number, code=f"P-{number % CLIENTS:03d}")

    def stock(number: int) -> None:
        body = {"sender": f"stock-{number % CLIENTS}", "message": QUESTION}
        httpx.post(f"{door.url}/webhooks/rest/webhook", json=body, timeout=30, trust_env=False).raise_for_status()

    rows = []
    for clients in (1, CLIENTS):
        for warm in (ours, stock):
            timed(10, 1, warm)
        fast, slow = timed(TURNS, clients, ours), timed(TURNS, clients, stock)
        cells = [f"{value:.0f} ({value / other:.1f}x)" for value, other in zip(fast, slow, strict=True)]
        rows.append(f"| {clients} | {' | '.join(cells)} | {slow[0]:.0f} | {slow[1]:.0f} | {slow[2]:.0f} |")
    return rows


def whole_way(stack: Stack) -> list[str]:
    """From a message on the phone to the answer on the phone, through every process."""
    phone = stack.people["P-001"]
    nurse = stack.people["nora"]

    def answered(text: str) -> None:
        before = len(phone.bot.sent_to(phone.person))
        phone.bot.say(phone.person, text)
        phone.bot.wait_for(lambda: len(phone.bot.sent_to(phone.person)) > before, 30)

    def alarmed(_number: int) -> None:
        before = len(nurse.bot.sent_to(nurse.person))
        phone.bot.say(phone.person, RED_FLAG)
        nurse.bot.wait_for(lambda: len(nurse.bot.sent_to(nurse.person)) > before, 30)

    timed(3, 1, lambda _number: answered(QUESTION))
    _, median, worst = timed(MESSAGES, 1, lambda _number: answered(QUESTION))
    began = time.perf_counter()
    alarmed(0)
    alarm = (time.perf_counter() - began) * 1000
    stack.settle()
    return [
        f"| question to answer | {median:.0f} | {worst:.0f} |",
        f"| red flag to the nurse's phone (once) | {alarm:.0f} | |",
    ]


def from_file_to_phone(folder: Path) -> list[str]:
    """A coordinator changes an answer; seconds until it is on the phone of somebody who asks, step by step."""
    project = copied_project(folder)
    os.environ["ALONGSIDE_FAQ"] = str(project / "nlu" / "faq")
    stack = Stack(ROOT / "protocols" / "harbor", folder / "cycle", BEGIN, runs=True)
    steps: list[tuple[str, float]] = []

    def step(name: str, do: Callable[[], object]) -> None:
        say(f"{name} ...")
        began = time.perf_counter()
        do()
        steps.append((name, time.perf_counter() - began))

    def alongside(*words: str) -> None:
        command = [sys.executable, "-m", "alongside", *words]
        subprocess.run(command, check=True, cwd=ROOT, env=stack.environment(), stdout=subprocess.DEVNULL)

    with stack:
        ana = stack.add_participant("P-001", "S1", None, enrolled=True)
        stack.settle()
        file = project / "nlu" / "faq" / "medicine.yml"
        file.write_text(file.read_text().replace(OLD_WORDS, NEW_WORDS))

        def answered() -> None:
            ana.bot.say(ana.person, "can i drink wine with it?")
            ana.bot.wait_for(lambda: any(NEW_WORDS in one.text for one in ana.bot.sent_to(ana.person)), 30)

        step("`alongside faq train`: the model and its gate", lambda: alongside("faq", "train"))
        step("`alongside faq publish`, until Rasa serves it", lambda: alongside("faq", "publish", "--by", "C. Ruiz"))
        step("a question and its new answer", answered)
    del os.environ["ALONGSIDE_FAQ"]
    steps.append(("together (goal 60)", sum(seconds for _, seconds in steps)))
    clean = [str(PYTHON), "-m", "nlu.train", "--root", str(project), "--out", str(folder / "clean")]
    step(
        "the training alone, from clean", lambda: subprocess.run(clean, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    )
    return [f"| {name} | {seconds:.1f} |" for name, seconds in steps]


def memory(pids: dict[str, int]) -> list[str]:
    """Resident memory of each process, MB."""
    return [f"| {name} | {psutil.Process(pid).memory_info().rss / 2**20:.0f} |" for name, pid in sorted(pids.items())]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        say("Rasa is loading ...")
        began = time.perf_counter()
        stub = StubActions()
        with stub.listening(), running_rasa(Path(folder), actions_port=stub.port) as door:
            boot = time.perf_counter() - began
            say("One turn, ours and stock ...")
            turns = channels(door)
            say("The whole way ...")
            began = time.perf_counter()
            stack = Stack(
                ROOT / "protocols" / "harbor",
                Path(folder) / "stack",
                BEGIN,
                runs=True,
                rasa_url=door.url,
                rasa_secret=door.secret,
            )
            with stack:
                start = time.perf_counter() - began
                stack.add_staff("nora", "nurse", "S1")
                stack.add_participant("P-001", "S1", None, enrolled=True)
                stack.settle()
                way = whole_way(stack)
                used = memory(stack.pids() | ({"rasa": door.pid} if door.pid else {}))
        cycle = from_file_to_phone(Path(folder))
    page = PAGE.format(
        day=datetime.now(UTC).date().isoformat(),
        cores=psutil.cpu_count(),
        python=platform.python_version(),
        turns="\n".join(turns),
        way="\n".join(way),
        memory="\n".join(used),
        cycle="\n".join(cycle),
        boot=boot,
        start=start,
        count=TURNS,
        clients=CLIENTS,
        messages=MESSAGES,
    )
    (ROOT / "docs" / "performance.md").write_text(page)
    print(page)


PAGE = """# Performance

Written by `make bench` on {day}: {cores} cores, Python {python}. Figures are of one run on one machine: compare the
ratios. This machine's disk does not really flush, so figures with a commit in them are kinder than yours will be.

## One turn: our channel, and (in brackets) how many times the stock REST channel of the same Rasa in the same run
{count} turns of one FAQ question over {clients} chats, after a warm-up. For turns a second more is better, for
milliseconds less. The stock channel keeps each conversation in Rasa and replays it, so it slows down as they grow;
ours keeps none.

| clients | turns/s | median ms | p95 ms | stock turns/s | stock median ms | stock p95 ms |
|---|---|---|---|---|---|---|
{turns}

## The whole way: phone -> Telegram's stand-in -> bot -> Rasa -> database -> phone
{messages} questions one after another.

| | median ms | p95 ms |
|---|---|---|
{way}

## Start
Rasa serves after {boot:.0f} s (with the check that the model is up to date), actions and bot after {start:.1f} s.

## From an edited file to the phone
An answer is changed, trained (in a folder that was trained before, ADR 024), let through the gate, published to the
running installation and asked for.

| step | s |
|---|---|
{cycle}

## Resident memory, MB
| process | MB |
|---|---|
{memory}
"""


if __name__ == "__main__":
    main()
