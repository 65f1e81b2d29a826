"""Two things in one message: "forgot my pill and I feel awful, can I take two now?" is answered, and what it told
besides is noted as if it had come alone."""

from __future__ import annotations

from typing import Any

from study.concerns import ConcernKind
from study.participants import Participant, Standing
from study.protocol import Severity
from study.replies import Say, say, who_reads
from study.services.concerning import raise_concern
from study.services.dose_days import day_meant, is_of_the_study
from study.services.dosing import take_statements
from study.triage.doses import DoseStatus
from study.triage.doses_by_day import dose_statements
from study.triage.symptoms import symptoms
from study.work import Work

SAID_IN_PASSING = (DoseStatus.NONE, DoseStatus.TAKEN)
""" "A headache since I took the tablet" is no report that today's was taken."""


def also_told(work: Work, participant: Participant, words: str) -> dict[str, Any]:
    """After an answer from the FAQ: doses and symptoms that the rules find in the same words. A question tells none
    ("what if I miss one?")."""

    def do() -> dict[str, Any]:
        return {"says": [*also_doses(work, participant, words), *_symptoms(work, participant, words)]}

    return work.once("also_told", do)


def also_doses(work: Work, participant: Participant, words: str) -> list[Say]:
    """The doses told along with something else."""
    if participant.standing != Standing.ENROLLED:
        return []
    told = [one for one in dose_statements(words) if one.status not in SAID_IN_PASSING]
    days = [day_meant(work, participant, one) for one in told]
    if not told or not all(is_of_the_study(work, participant, day) for day in days):
        return []
    return take_statements(work, participant, told, words)


def _symptoms(work: Work, participant: Participant, words: str) -> list[Say]:
    terms = [one.term for one in symptoms(words) if not one.negated]
    if not terms:
        return []
    raise_concern(work, participant, ConcernKind.SYMPTOM, Severity.ROUTINE, details={"term": terms})
    return [say("symptom.passed_on", who_reads=who_reads(work, participant.site, Severity.ROUTINE))]
