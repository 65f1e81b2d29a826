"""What the rules alone make of words the model is not sure of. A question tells nothing: it is for people, and what
stands beside it is looked at without it."""

from __future__ import annotations

import re
from typing import Literal

from study.triage.doses import DoseStatus, dose_statement
from study.triage.symptoms import tells_one

_QUESTION = re.compile(r"[^.!?;\n]*\?")


def what_is_told(words: str) -> Literal["symptom", "dose"] | None:
    """A symptom before a dose: what hurts matters more."""
    words = _QUESTION.sub(" ", words)
    if tells_one(words):
        return "symptom"
    return "dose" if dose_statement(words).status is not DoseStatus.NONE else None
