"""What the rules alone make of words the model is not sure of. A question tells nothing: it is for people."""

from __future__ import annotations

from typing import Literal

from study.triage.doses import DoseStatus, dose_statement
from study.triage.symptoms import symptoms


def what_is_told(words: str) -> Literal["symptom", "dose"] | None:
    """A symptom before a dose: what hurts matters more."""
    if "?" in words:
        return None
    if any(not one.negated for one in symptoms(words)):
        return "symptom"
    return "dose" if dose_statement(words).status is not DoseStatus.NONE else None
