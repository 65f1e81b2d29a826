"""`make benchmark`: how well sentences nobody trained on are understood, against the goals; what is taken for what; how
other pipelines did.

With --keep the figures are kept, and CI fails when one falls back (tests/nlu/test_benchmark_holds.py); with --wrong
every mistake is listed; with --pipelines the pipelines are trained and compared anew first (half an hour)."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

import httpx
import psutil
from rich.table import Table

from alongside.printing import console, table
from alongside.processes import RASA_PYTHON, ROOT
from alongside.understand import a_rasa, understood_by
from study.settings import Settings
from tests.benchmark.measuring import REACHED, Figure, confusions, every_sentence, measure

PIPELINES = REACHED.with_name("pipelines.json")
CONFUSIONS = 12  # the most frequent ones are printed
SHORT = 25  # words: longer messages are read by their parts
COLUMNS = {
    "topic_first": "Topic first",
    "answered": "Answered, 95% right",
    "strange_answered": "Strange answered",
    "intent_first": "Intent first",
    "train_s": "Train",
    "p95_ms": "p95",
}


def main() -> int:
    if "--pipelines" in sys.argv:
        questions = [str(REACHED.with_name(f"{name}.jsonl")) for name in ("questions", "independent/questions")]
        command = [str(RASA_PYTHON), "-m", "nlu.comparing", "--questions", *questions, "--out", str(PIPELINES)]
        subprocess.run(command, check=True, cwd=ROOT)
    begun = time.monotonic()
    found: dict[str, dict[str, object]] = {}
    times: dict[str, float] = {}
    with a_rasa(Settings()) as (url, secret), httpx.Client(trust_env=False) as client:
        boot = time.monotonic() - begun
        for sentence in every_sentence():
            asked = time.perf_counter()
            found[sentence] = understood_by(client, url, secret, sentence)
            times[sentence] = 1000 * (time.perf_counter() - asked)
        memory = _memory_of_rasa()
    figures, wrong = measure(lambda sentence: found[sentence])
    out = console()
    styles = [None if figure.is_reached else "yellow" for figure in figures]
    columns = ("", "Reached", "Goal", "Sentences", "")
    rows = [_row(figure) for figure in figures]
    out.print(table(columns, rows, styles=styles, right=("Reached", "Goal", "Sentences")))
    short = [took for sentence, took in times.items() if len(sentence.split()) <= SHORT]
    out.print(
        f"understand, warm: p95 {_p95(short):.0f} ms of the {len(short)} messages of {SHORT} words or fewer, "
        f"{_p95([*times.values()]):.0f} ms of all {len(times)} (goal 30)"
    )
    out.print(f"Rasa: boots in {boot:.0f} s (goal 20), takes {memory / 2**20:.0f} MB (goal 900)")
    out.print(table(("Meant", "Taken for", "Times"), confusions(wrong)[:CONFUSIONS], right=("Times",)))
    for line in wrong if "--wrong" in sys.argv else [f"{len(wrong)} were got wrong; ARGS=--wrong lists them."]:
        out.print(str(line))
    out.print(_compared())
    if "--keep" in sys.argv:
        kept = {figure.name: round(figure.value, 4) for figure in figures}
        REACHED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _memory_of_rasa() -> int:
    """Bytes of the Rasa that was started for this."""
    children = psutil.Process(os.getpid()).children(recursive=True)
    return sum(child.memory_info().rss for child in children if "rasa" in child.cmdline())


def _compared() -> Table:
    """The pipelines as they were last compared, the best first."""
    kept: dict[str, dict[str, float]] = json.loads(PIPELINES.read_text(encoding="utf-8"))
    best = sorted(kept.items(), key=lambda item: (-item[1]["answered"], item[1]["train_s"]))
    rows = [(name, *(_figure(key, found[key]) for key in COLUMNS)) for name, found in best]
    return table(("Pipeline", *COLUMNS.values()), rows, right=tuple(COLUMNS.values()))


def _figure(key: str, value: float) -> str:
    units = {"train_s": " s", "p95_ms": " ms"}
    return f"{value:.0f}{units[key]}" if key in units else f"{100 * value:.1f}%"


def _row(figure: Figure) -> tuple[str, str, str, int, str]:
    sign = "<=" if figure.at_most else ">="
    verdict = "reached" if figure.is_reached else "NOT reached"
    return figure.name, f"{100 * figure.value:.1f}%", f"{sign} {100 * figure.goal:.0f}%", figure.rows, verdict


if __name__ == "__main__":
    sys.exit(main())
