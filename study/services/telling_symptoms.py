"""A symptom told out of the blue, with the dose that may have been told along with it."""

from __future__ import annotations

from collections.abc import Sequence

from study.participants import Participant
from study.services.dosing import also_doses
from study.services.noting_symptoms import note_symptoms
from study.services.occurrences import Outcome, active_occurrence, outcome
from study.triage.symptoms import Heard, symptoms, told_terms
from study.work import Work


def report_symptom(work: Work, participant: Participant, words: str, heard: Sequence[Heard] = ()) -> Outcome:
    """Staff hear of it at once, and the study's own items about it are asked. `heard`: what the model heard besides."""

    def do() -> Outcome:
        doses = also_doses(work, participant, words)
        terms = told_terms(words, heard)
        denied = not terms and bool(symptoms(words))  # "no pain today": people read it, and nobody is pitied for it
        told = note_symptoms(work, participant, terms, "symptom.none_now" if denied else "symptom.passed_on")
        return outcome([*doses, *told], active_occurrence(work, participant))

    return work.once("report_symptom", do)
