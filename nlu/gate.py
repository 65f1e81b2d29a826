"""Trains the model of the files as they are and looks at it before anybody may publish it:
`python -m nlu.gate --out nlu/models [--against REPORT.json]`.

The gate: every golden question of every topic (nlu/golden.tsv) is answered with its own topic or passed on to people,
never with another; and nothing that the model served now gets right becomes wrong or is passed on. What it found is
kept beside the model as alongside-<fingerprint>.json, whether it passed or not. Exit status 0 passed, 1 did not, 2 a
file is wrong.
"""

import argparse
import asyncio
import contextlib
import hashlib
import io
import json
import logging
import os
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import yaml

from nlu.routes import understood
from nlu.train import ENVIRONMENT, ROOT, check_and_name, trained
from nlu.training_files import examples_by_intent

GOLDEN = Path("nlu") / "golden.tsv"
PASSED_ON = "passed on"
LEAST_GOLDEN = 1  # questions a topic must have, or nothing holds it

Answers = Dict[str, str]


def read_golden(root: Path) -> List[Tuple[str, str]]:
    """Label and question of every line; `#` begins a comment."""
    lines = (root / GOLDEN).read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t", 1) for line in lines if line.strip() and not line.startswith("#"))
    return [(label.strip(), question.strip()) for label, question in rows]


def answers_of(model: Path, questions: List[str]) -> Answers:
    """What the model makes of each question: `faq/withdrawal`, an intent, or "passed on"."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    agent = Agent.load(str(model))

    async def ask() -> Answers:
        found = {}
        for question in questions:
            parse = await agent.processor.parse_message(UserMessage(question))
            read = understood(parse)
            found[question] = PASSED_ON if read["route"] in ("unsure", "staff") else read["intent"]
        return found

    return asyncio.run(ask())


def report_of(root: Path, model: Path, seconds: float, before: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """Everything the gate found, as publishing keeps it. `against` holds the reasons not to publish, one line each."""
    golden = read_golden(root)
    answers = answers_of(model, [question for _, question in golden])
    examples = {label: len(found) for label, found in examples_by_intent(root).items()}
    topics = sorted(label for label in examples if label.startswith("faq/"))
    scores = Counter(_verdict(label, answers[question]) for label, question in golden)
    report = {
        "model": model.name,
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "made_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "topics": len(topics),
        "examples": sum(examples.values()),
        "golden": {
            "asked": len(golden),
            "right": scores["right"],
            "passed_on": scores["passed_on"],
            "wrong": scores["wrong"],
        },
        "examples_of": examples,
        "texts": texts_of(root),
        "answers": answers,
    }
    report["against"] = _against(golden, answers, topics, before or {})
    report["changes"] = _changes(report, before or {})
    return report


def texts_of(root: Path) -> Dict[str, Dict[str, Any]]:
    """Every answer by its id: version, approval, and the hash of its words."""
    found = {}
    for path in sorted((root / "nlu" / "faq").glob("*.yml")):
        for answers in (yaml.safe_load(path.read_text(encoding="utf-8")).get("responses") or {}).values():
            for answer in answers:
                about = answer.get("metadata") or {}
                found[str(about.get("id"))] = {
                    "version": about.get("version"),
                    "approved_by": about.get("approved_by"),
                    "approved_on": None if about.get("approved_on") is None else str(about["approved_on"]),
                    "sha256": hashlib.sha256(answer["text"].encode()).hexdigest(),
                }
    return found


def _verdict(label: str, answer: str) -> str:
    if answer == label:
        return "right"
    return "passed_on" if answer == PASSED_ON else "wrong"


def _against(golden: List[Tuple[str, str]], answers: Answers, topics: List[str], before: Dict[str, Any]) -> List[str]:
    held = Counter(label for label, _ in golden)
    reasons = [
        f"{topic} has no golden question: add one to {GOLDEN.as_posix()}, a tab between the two"
        for topic in topics
        if held[topic] < LEAST_GOLDEN
    ]
    for label, question in golden:
        if label.startswith("faq/") and _verdict(label, answers[question]) == "wrong":
            reasons.append(f"{question!r} belongs to {label} and would be answered as {answers[question]}")
    served = before.get("answers") or {}
    for label, question in golden:
        if served.get(question) == label and answers[question] == PASSED_ON:
            reasons.append(f"{question!r} ({label}) is answered by the model served now and would be passed on")
    return reasons


def _changes(report: Dict[str, Any], before: Dict[str, Any]) -> Dict[str, Any]:
    """What differs from the model served now: topics, examples, answers, and what golden questions get."""
    examples, served = report["examples_of"], before.get("examples_of") or {}
    texts, served_texts = report["texts"], before.get("texts") or {}
    answers, served_answers = report["answers"], before.get("answers") or {}
    return {
        "topics_added": sorted(set(examples) - set(served)) if served else [],
        "topics_removed": sorted(set(served) - set(examples)),
        "examples": {
            label: f"{served[label]} -> {count}"
            for label, count in sorted(examples.items())
            if label in served and served[label] != count
        },
        "answers": sorted(one for one in texts if served_texts and served_texts.get(one) != texts[one]),
        "golden": {
            question: f"{served_answers[question]} -> {answer}"
            for question, answer in sorted(answers.items())
            if question in served_answers and served_answers[question] != answer
        },
    }


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="nlu.gate", description="Trains the model if stale, and looks at it.")
    parser.add_argument("--out", type=Path, default=ROOT / "nlu" / "models", help="folder of the models")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder with domain.yml and nlu/")
    parser.add_argument("--against", type=Path, help="report of the model that is served now")
    chosen = parser.parse_args(arguments)

    os.environ.update(ENVIRONMENT)
    model = check_and_name(chosen.root, chosen.out)
    if model is None:
        return 2
    begun = time.monotonic()
    if not trained(chosen.root, model):
        return 2
    seconds = time.monotonic() - begun
    before = json.loads(chosen.against.read_text(encoding="utf-8")) if chosen.against else None
    print("asking the golden questions ...", end="", flush=True)
    logging.disable(logging.WARNING)
    noise = io.StringIO()
    with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
        report = report_of(chosen.root, model, seconds, before)
    print(f" {report['golden']['right']} of {report['golden']['asked']} right", flush=True)
    draft = model.with_suffix("").with_suffix(".new")
    draft.write_text(json.dumps(report, indent=1, sort_keys=True), encoding="utf-8")
    draft.replace(report_file(model))
    return 1 if report["against"] else 0


def report_file(model: Path) -> Path:
    """Where the report of a model is: beside it, with its name."""
    return model.with_suffix("").with_suffix(".json")


if __name__ == "__main__":
    sys.exit(main())
