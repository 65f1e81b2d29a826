"""A message that says more than one thing is read as a whole and part by part.

The whole decides what is done. A part may add what the whole hides: a question inside a report ("my hands are bad, can
I take paracetamol?"), a red flag in the middle of a long friendly message, the one question of a message that as a
whole is like nothing. A part takes nothing away.
"""

import re
from typing import Any, Dict, List, Optional

from nlu.routes import FAQ, UNSURE, candidates, topic_of

ASK_WORDS = (
    "am are can could did do does dont how is may might must shall should what whats when whens where which who whos "
    "why will would"
)
ASKS = frozenset(ASK_WORDS.split())
# A new sentence; or, after a comma or a joining word, a word that begins a question.
BORDER = re.compile(
    rf"[.!?;\n]+\s*|(?:\s*,\s*(?:and|but|so|also|then)?|\s+(?:and|but|so|also))\s+(?=(?:{'|'.join(sorted(ASKS))})\b)",
    re.IGNORECASE,
)
WORDS = 3  # a shorter part ("thanks", "ok then") is read with the whole only
PARTS = 6  # of a longer message the first few: each costs as much as a message
LONG = 25  # words; in a shorter message what is told is not hidden by the rest
SURE = 0.5  # a part is out of its context, so it must be surer than a whole message (config.yml)
POLITE = frozenset({"greet", "thanks", "goodbye"})


def parts(text: str, whole: Dict[str, Any]) -> List[str]:
    """The parts worth reading alone: the questions, and of a long message everything. None where the message is one, or
    where the whole is taken for a question and there is but one in it."""
    every = [part.strip(" ,") for part in BORDER.split(text) if part.strip(" ,")]
    if len(every) < 2:
        return []
    enough = [part for part in every if len(part.split()) >= WORDS]
    asked = [part for part in enough if _asks(part)]
    if len(text.split()) >= LONG:
        return enough[:PARTS]
    return [] if whole["intent"]["name"] == FAQ and len(asked) < 2 else asked[:PARTS]


def together(whole: Dict[str, Any], read: List[Dict[str, Any]]) -> Dict[str, Any]:
    """The parse of the whole with what its parts add: `flag_hints`, and `also`, a further topic to answer.

    A whole that is like nothing goes to people all the same: a worry may stand beside the question. Only where all the
    rest is politeness it becomes its question.
    """
    asked = [(topic, parse) for parse in read if (topic := _surely_asked(parse)) is not None]
    rest = [parse for parse in read if parse["intent"]["name"] not in POLITE]
    if whole["intent"]["name"] == UNSURE and len(asked) == len(rest) == 1 and len(read) > 1:
        whole = {**asked[0][1], "flag_hints": whole.get("flag_hints") or []}
    own = topic_of(whole) if whole["intent"]["name"] == FAQ else None
    hints = {hint["kind"]: hint for parse in [*reversed(read), whole] for hint in parse.get("flag_hints") or []}
    also = next((topic for topic, _ in asked if topic != own), None)
    return {**whole, "flag_hints": list(hints.values()), "also": also}


def _surely_asked(parse: Dict[str, Any]) -> Optional[str]:
    sure = parse["intent"]["name"] == FAQ and candidates(parse)[0]["confidence"] >= SURE
    return topic_of(parse) if sure and _asks(parse["text"]) else None


def _asks(part: str) -> bool:
    return part.split()[0].lower().replace("'", "") in ASKS
