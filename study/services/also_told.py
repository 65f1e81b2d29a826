"""Two things in one message: "forgot my pill and I feel awful, can I take two now?" is answered, and what it told
besides is noted as if it had come alone."""

from __future__ import annotations

from collections.abc import Sequence

from study.participants import Participant
from study.services.dosing import also_doses, also_symptoms
from study.services.occurrences import Outcome, active_occurrence, outcome
from study.triage.symptoms import Heard
from study.work import Work


def also_told(work: Work, participant: Participant, words: str, unwell: Sequence[Heard] | None = None) -> Outcome:
    """After an answer from the FAQ, a greeting or the like: doses and symptoms in the same words. A question tells none
    ("what if I miss one?"). `unwell` as for `also_symptoms`."""

    def do() -> Outcome:
        says = [*also_doses(work, participant, words), *also_symptoms(work, participant, words, unwell)]
        return outcome(says, active_occurrence(work, participant))

    return work.once("also_told", do)
