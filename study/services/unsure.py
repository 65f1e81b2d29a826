"""What the model did not understand. The rules may still know it: a symptom or a dose told in their words is noted as
one; everything else goes to people, and nothing is guessed at."""

from __future__ import annotations

from typing import Any

from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.services.dosing import report_dose, show_dose_heard
from study.services.occurrences import active_occurrence, outcome
from study.services.passing_on import pass_on
from study.services.telling_symptoms import report_symptom
from study.triage.language import is_other_language
from study.triage.told import what_is_told
from study.work import Work


def take_unsure(
    work: Work, participant: Participant, words: str, heard: str = "none", answered: bool = False
) -> dict[str, Any]:
    """The outcome of whichever use case the words belong to; `checkin` as they have it. `heard`: the dose the model
    believes to have heard, which is shown back; people read the words all the same. `answered`: a question in them has
    its answer already."""
    rest = "question.rest_passed_on" if answered else None
    told = what_is_told(words)
    if told is not None:
        report = report_symptom if told == "symptom" else report_dose
        noted = report(work, participant, words)
        if "?" not in words:
            return noted
        asked = pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE, rest)
        return {**noted, "says": [*noted["says"], *asked["says"]]}
    elsewhere = is_other_language(words)
    wording = "question.other_language" if elsewhere else rest
    passed_on = pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE, wording)
    shown = show_dose_heard(work, participant, words, heard) if not elsewhere and "?" not in words else []
    return outcome([*passed_on["says"], *shown], active_occurrence(work, participant))
