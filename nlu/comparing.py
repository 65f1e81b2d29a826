"""Compares pipelines on the held-out questions: `make benchmark ARGS=--pipelines`.

Each pipeline of nlu/pipelines/ and the one in use is trained from clean on the same examples and asked the same
questions. Of each: the share of questions whose topic comes first; the share answered when the threshold is set so
that 95% of what is answered is right (the goal), and how many questions out of scope are then answered; the share of
other intents that come first; seconds to train; milliseconds a sentence (p95, the model alone). The threshold is chosen
on the very questions it is measured on, for every pipeline alike: a comparison, not a promise.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

from nlu.routes import candidates
from nlu.train import ENVIRONMENT, ROOT, train

RIGHT = 0.95
Row = Dict[str, Any]
Guess = Tuple[str, float]
NO_GUESS: Guess = ("", 0.0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="nlu.comparing", description="Compares pipelines on held-out questions.")
    parser.add_argument(
        "--questions", type=Path, nargs="+", required=True, help="JSON lines: text, kind, topic or intent"
    )
    parser.add_argument("--out", type=Path, required=True, help="where the figures are kept, as JSON")
    parser.add_argument("--only", nargs="*", help="names of nlu/pipelines/, without .yml; in_use is ours")
    chosen = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    rows = [json.loads(line) for file in chosen.questions for line in file.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["kind"] in ("faq", "out_of_scope", "intent")]
    kept = json.loads(chosen.out.read_text(encoding="utf-8")) if chosen.out.exists() else {}
    configs = {path.stem: path for path in sorted((ROOT / "nlu" / "pipelines").glob("*.yml"))}
    configs["in_use"] = ROOT / "nlu" / "config.yml"
    for name, config in configs.items():
        if chosen.only is None or name in chosen.only:
            print(f"{name} ...", file=sys.stderr, flush=True)
            kept[name] = measured(config, rows)
            print(f"{name}: {kept[name]}", file=sys.stderr, flush=True)
            chosen.out.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


def measured(config: Path, rows: List[Row]) -> Dict[str, float]:
    """One pipeline's figures. Raises what Rasa raises where it does not train."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(ROOT / "domain.yml", root)
        (root / "nlu").mkdir()
        for part in ("faq", "data"):
            shutil.copytree(ROOT / "nlu" / part, root / "nlu" / part)
        shutil.copy(config, root / "nlu" / "config.yml")
        begun = time.monotonic()
        train(root, root / "model.tar.gz")
        took = time.monotonic() - begun
        guesses, times = asyncio.run(asked(root / "model.tar.gz", [row["text"] for row in rows]))
    return {**figures(rows, guesses), "train_s": round(took), "p95_ms": round(times, 1)}


async def asked(model: Path, texts: List[str]) -> Tuple[List[Guess], float]:
    """The best guess for each text with its confidence, and the p95 of the milliseconds it took."""
    import logging

    import structlog
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage
    from rasa.engine.exceptions import GraphComponentException

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    processor = Agent.load(str(model)).processor
    guesses, times = [], []
    for text in texts:
        begun = time.perf_counter()
        try:
            guess = _guess(await processor.parse_message(UserMessage(text)))
        except GraphComponentException:  # DIET breaks on a message without a word for the dense features
            guess = NO_GUESS
        times.append(1000 * (time.perf_counter() - begun))
        guesses.append(guess)
    return guesses, statistics.quantiles(times, n=20)[-1]


def _guess(parse: Dict[str, Any]) -> Guess:
    """A topic is as sure as the intent and, where another component chose it, the choice."""
    best = candidates(parse)[0]
    name, confidence = best["name"], float(best["confidence"])
    if name == "faq":
        response = parse["response_selector"]["faq"]["response"]
        return response["intent_response_key"], confidence * float(response["confidence"])
    return name, confidence


def figures(rows: List[Row], guesses: List[Guess]) -> Dict[str, float]:
    """Shares of one, rounded to a tenth of a percent."""
    faq = [(name == f"faq/{row['topic']}", sure, name) for row, (name, sure) in _of("faq", rows, guesses)]
    strange = [(name, sure) for _, (name, sure) in _of("out_of_scope", rows, guesses)]
    told = [name == row["intent"] for row, (name, _) in _of("intent", rows, guesses)]
    threshold = _threshold(faq)
    answered = [one for one in faq if one[2].startswith("faq/") and one[1] >= threshold]
    known = [name for name, sure in strange if name.startswith("faq/") and sure >= threshold]
    return {
        "topic_first": round(sum(right for right, _, _ in faq) / len(faq), 3),
        "answered": round(len(answered) / len(faq), 3),
        "strange_answered": round(len(known) / len(strange), 3),
        "intent_first": round(sum(told) / len(told), 3),
    }


def _of(kind: str, rows: List[Row], guesses: List[Guess]) -> List[Tuple[Row, Guess]]:
    return [(row, guess) for row, guess in zip(rows, guesses, strict=True) if row["kind"] == kind]


def _threshold(faq: List[Tuple[bool, float, str]]) -> float:
    """The lowest at which RIGHT of the answers are; above every confidence where there is none."""
    for threshold in sorted({sure for _, sure, _ in faq}):
        answers = [right for right, sure, name in faq if sure >= threshold and name.startswith("faq/")]
        if answers and sum(answers) / len(answers) >= RIGHT:
            return threshold
    return 2.0


if __name__ == "__main__":
    sys.exit(main())
