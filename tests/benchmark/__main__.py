"""`make benchmark`: how well sentences nobody trained on are understood, against the goals. With --keep the figures are
kept, and CI fails when one falls back (tests/nlu/test_benchmark_holds.py); with --wrong every mistake is listed."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

import httpx
import psutil

from alongside.printing import console, table
from alongside.understand import a_rasa, understood_by
from study.settings import Settings
from tests.benchmark.measuring import REACHED, Figure, every_sentence, measure


def main() -> int:
    begun = time.monotonic()
    found: dict[str, dict[str, object]] = {}
    times: list[float] = []
    with a_rasa(Settings()) as (url, secret), httpx.Client(trust_env=False) as client:
        boot = time.monotonic() - begun
        for sentence in every_sentence():
            asked = time.perf_counter()
            found[sentence] = understood_by(client, url, secret, sentence)
            times.append(1000 * (time.perf_counter() - asked))
        memory = _memory_of_rasa()
    figures, wrong = measure(lambda sentence: found[sentence])
    out = console()
    styles = [None if figure.is_reached else "yellow" for figure in figures]
    columns = ("", "Reached", "Goal", "Sentences", "")
    rows = [_row(figure) for figure in figures]
    out.print(table(columns, rows, styles=styles, right=("Reached", "Goal", "Sentences")))
    out.print(f"understand, warm: p95 {statistics.quantiles(times, n=20)[-1]:.0f} ms (goal 30)")
    out.print(f"Rasa: boots in {boot:.0f} s (goal 20), takes {memory / 2**20:.0f} MB (goal 900)")
    for line in wrong if "--wrong" in sys.argv else [f"{len(wrong)} were got wrong; ARGS=--wrong lists them."]:
        out.print(line)
    if "--keep" in sys.argv:
        kept = {figure.name: round(figure.value, 4) for figure in figures}
        REACHED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return 0


def _memory_of_rasa() -> int:
    """Bytes of the Rasa that was started for this."""
    children = psutil.Process(os.getpid()).children(recursive=True)
    return sum(child.memory_info().rss for child in children if "rasa" in child.cmdline())


def _row(figure: Figure) -> tuple[str, str, str, int, str]:
    sign = "<=" if figure.at_most else ">="
    verdict = "reached" if figure.is_reached else "NOT reached"
    return figure.name, f"{100 * figure.value:.1f}%", f"{sign} {100 * figure.goal:.0f}%", figure.rows, verdict


if __name__ == "__main__":
    sys.exit(main())
