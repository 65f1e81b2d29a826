"""`make benchmark`: how well sentences nobody trained on are understood, against the goals; with --keep the figures are
kept, and CI fails when one that was reached falls back (tests/nlu/test_benchmark_holds.py)."""

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
    with a_rasa(Settings()) as (url, secret), httpx.Client(trust_env=False) as client:
        boot = time.monotonic() - begun
        found: dict[str, dict[str, object]] = {}
        times: list[float] = []
        for sentence in every_sentence():
            asked = time.perf_counter()
            found[sentence] = understood_by(client, url, secret, sentence)
            times.append(1000 * (time.perf_counter() - asked))
        memory = sum(
            child.memory_info().rss
            for child in psutil.Process(os.getpid()).children(recursive=True)
            if "rasa" in " ".join(child.cmdline())
        )
        figures, wrong = measure(lambda sentence: found[sentence])
    rows = [_row(figure) for figure in figures]
    styles = [None if figure.is_reached else "yellow" for figure in figures]
    out = console()
    out.print(
        table(("", "Reached", "Goal", "Sentences", ""), rows, styles=styles, right=("Reached", "Goal", "Sentences"))
    )
    p95 = statistics.quantiles(times, n=20)[-1]
    out.print(
        f"understand, warm: p95 {p95:.0f} ms (goal 30); Rasa boots in {boot:.0f} s (goal 20), takes {memory / 2**20:.0f} MB (goal 900)"
    )
    if "--wrong" in sys.argv:
        for line in wrong:
            out.print(line)
    else:
        out.print(f"{len(wrong)} sentences were got wrong; `make benchmark ARGS=--wrong` lists them.")
    if "--keep" in sys.argv:
        REACHED.write_text(json.dumps({figure.name: round(figure.value, 4) for figure in figures}, indent=1) + "\n")
    return 0


def _row(figure: Figure) -> tuple[str, str, str, int, str]:
    sign = "<=" if figure.at_most else ">="
    verdict = "reached" if figure.is_reached else "NOT reached"
    return figure.name, f"{100 * figure.value:.1f}%", f"{sign} {100 * figure.goal:.0f}%", figure.rows, verdict


if __name__ == "__main__":
    sys.exit(main())
