"""`python -m nlu.trying "sentence"`: what the files as they are would make of a sentence, as JSON on the last line.

Trains first where they have changed, so that what is tried is what is written.
"""

import argparse
import asyncio
import contextlib
import io
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from nlu.routes import candidates, understood
from nlu.train import ENVIRONMENT, ROOT, check_and_name, trained

SHOWN = 3  # labels beside the first


def tried(model: Path, sentence: str) -> Dict[str, Any]:
    """What would be answered, the labels that came nearest, and the examples most like the sentence."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    agent = Agent.load(str(model))
    parse = asyncio.run(agent.processor.parse_message(UserMessage(sentence)))
    read = understood(parse)
    answer = None
    if read["answer"] is not None:
        texts = agent.processor.domain.responses.get(f"utter_faq/{read['answer']}") or []
        answer = texts[0]["text"] if texts else None
    says = {"answer": f"Answered: {answer}", "unsure": "Passed on to the team: not sure enough."}
    return {
        "says": says.get(read["route"], f"Handled as {read['route']} ({read['intent']})."),
        "ranking": candidates(parse)[: SHOWN + 1],
        "examples": parse.get("nearest_examples") or [],
    }


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="nlu.trying", description="Tries a sentence on the files as they are.")
    parser.add_argument("sentence")
    parser.add_argument("--out", type=Path, default=ROOT / "nlu" / "models", help="folder of the models")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder with domain.yml and nlu/")
    chosen = parser.parse_args(arguments)

    os.environ.update(ENVIRONMENT)
    model = check_and_name(chosen.root, chosen.out)
    if model is None or not trained(chosen.root, model):
        return 2
    logging.disable(logging.WARNING)
    noise = io.StringIO()
    with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
        found = tried(model, chosen.sentence)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
