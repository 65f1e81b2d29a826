"""What participants say about their doses. Silence is not a missed dose, and a report is never judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from study.concerns import ConcernKind
from study.participants import Participant, Standing
from study.protocol import Severity
from study.replies import Say, say, who_reads
from study.services.checking_in import waits_in_silence
from study.services.confirming_doses import outside, read_back
from study.services.dose_days import UNKNOWN, day_meant, is_of_the_study
from study.services.noting_symptoms import note_symptoms
from study.services.occurrences import Outcome, active_occurrence, outcome
from study.services.passing_on import pass_on
from study.services.recording_doses import TO_STAFF, give_to_staff, record_dose, tell_staff
from study.services.unreadable import open_question
from study.triage.doses import Dose, DoseStatus, is_more, is_not_yet, is_set_aside
from study.triage.doses_by_day import dose_statements, is_plain, speaks_generally
from study.triage.symptoms import Heard, tells_one, told_terms
from study.work import Work

SAID_IN_PASSING = (DoseStatus.NONE, DoseStatus.TAKEN)
""" "A headache since I took the tablet" is no report that today's was taken."""


def report_dose(
    work: Work,
    participant: Participant,
    words: str,
    status: str | None = None,
    unwell: Sequence[Heard] | None = None,
) -> Outcome:
    """A statement about a dose goes to the day it speaks of. `status` is what the model understood; the rules decide
    where they found something themselves (but of a bare "took" the model may hear more), and what the model alone heard
    is shown back. `unwell` as for `also_symptoms`."""
    return work.once("report_dose", lambda: _report(work, participant, words, status, unwell))


def _report(
    work: Work, participant: Participant, words: str, status: str | None, unwell: Sequence[Heard] | None
) -> dict[str, Any]:
    told = dose_statements(words)
    spoken_of = status is not None and "?" not in words and not is_set_aside(words)
    heard = DoseStatus(status) if status is not None and spoken_of else DoseStatus.NONE
    if not told and is_not_yet(words):
        return outcome([say("dose.not_yet")], active_occurrence(work, participant))
    unsure = not told and status in ("taken", "missed")
    if not told and heard is not DoseStatus.NONE:
        told = [Dose(heard)]
    elif len(told) == 1 and is_more(told[0].status, heard):
        told, unsure = [replace(told[0], status=heard)], True
    if not told:  # the model heard of a dose, the rules found none: people read it
        passed_on = pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE)
        return outcome(passed_on["says"], active_occurrence(work, participant))
    says = take_statements(work, participant, told, words, shown_back=unsure or speaks_generally(words))
    says = [*says, *also_symptoms(work, participant, words, unwell)]
    return outcome(says, active_occurrence(work, participant))


def also_doses(work: Work, participant: Participant, words: str) -> list[Say]:
    """The doses told along with something else."""
    if participant.standing != Standing.ENROLLED:
        return []
    told = [
        one
        for one in dose_statements(words)
        if one.status in TO_STAFF
        or (one.status not in SAID_IN_PASSING and is_of_the_study(work, participant, day_meant(work, participant, one)))
    ]
    return take_statements(work, participant, told, words) if told else []


def also_symptoms(work: Work, participant: Participant, words: str, unwell: Sequence[Heard] | None = None) -> list[Say]:
    """The symptoms told along with something else: those the rules find, and where the model heard that they tell how
    they feel, whatever it heard. `unwell`: the terms it heard then, perhaps none; None where it heard nothing of it."""
    terms = told_terms(words, unwell or ())
    return note_symptoms(work, participant, terms) if terms or unwell is not None else []


def show_dose_heard(work: Work, participant: Participant, words: str, heard: str) -> list[Say]:
    """What the model believes to have heard of a dose, and is not sure of, in words the rules know nothing of: shown
    back, and it counts when it is said to be right. None where there was no such dose to take. That somebody stopped or
    takes it in another way calls people at once, which words so faint do not: people read them all the same."""

    def do() -> dict[str, Any]:
        status = DoseStatus(heard)
        told = Dose(status)
        is_shown = status in (DoseStatus.TAKEN, DoseStatus.MISSED)
        if not is_shown or participant.standing != Standing.ENROLLED or is_set_aside(words):
            return {"says": []}
        if not is_of_the_study(work, participant, _day(work, participant, told, None)):
            return {"says": []}
        return {"says": take_statements(work, participant, [told], words, shown_back=True)}

    says: list[Say] = work.once("show_dose_heard", do)["says"]
    return says


def plain_doses(work: Work, participant: Participant, words: str) -> list[Say] | None:
    """What the rules find to be about doses for certain needs no model: several days, one that is not sure, one plain
    statement. None for all else, and for what answers the dose question that is open."""
    told = dose_statements(words)
    several = len(told) > 1 or any(one.status is DoseStatus.UNSURE for one in told)
    if not told or (not several and not _is_told_plainly(work, participant, told[0], words)):
        return None
    says = take_statements(work, participant, told, words)
    if "?" in words:
        says = [*says, *pass_on(work, participant, ConcernKind.QUESTION, Severity.ROUTINE)["says"]]
    says = [*says, *also_symptoms(work, participant, words)]
    return says if waits_in_silence(work, participant) else [*says, *open_question(work, participant)]


def _is_told_plainly(work: Work, participant: Participant, told: Dose, words: str) -> bool:
    if not is_plain(words) or tells_one(words):
        return False
    answers = told.status in (DoseStatus.TAKEN, DoseStatus.MISSED) and set(told.days) <= {"0"}
    return not (answers and told.reason != "ran_out" and waits_in_silence(work, participant))


def take_statements(
    work: Work,
    participant: Participant,
    told: list[Dose],
    words: str,
    *,
    day: date | None = None,
    shown_back: bool = False,
) -> list[Say]:
    """One clear statement is noted at once; several, or an unsure one, are shown back first. `day`: the day a statement
    without one speaks of, where that is known."""
    resolved = [(_day(work, participant, one, day), one) for one in told]
    if len(resolved) > 1 or shown_back or any(one.status is DoseStatus.UNSURE for one in told):
        return read_back(work, participant, [(on, _kept_as(one), one.reason) for on, one in resolved], words)
    on, one = resolved[0]
    if not is_of_the_study(work, participant, on):
        if one.status in TO_STAFF:
            return give_to_staff(work, participant, on, str(one.status))
        return [outside(work, participant)]
    if one.status is DoseStatus.MISSED and one.reason == "ran_out" and not one.days:
        tell_staff(work, participant, "ran_out")  # which says of no day that its tablet was missed
        return [say("dose.ran_out", who_reads=who_reads(work, participant.site, Severity.ROUTINE))]
    return record_dose(work, participant, on, _kept_as(one), one.reason, words)


def _day(work: Work, participant: Participant, told: Dose, known: date | None) -> date:
    if known is not None and not told.days:
        return known
    if told.status in (DoseStatus.STOPPED, DoseStatus.CHANGED) and not told.days:
        told = replace(told, day_offset=0)  # it speaks of the time from now on
    return day_meant(work, participant, told)


def _kept_as(told: Dose) -> str:
    return UNKNOWN if told.status is DoseStatus.UNSURE else str(told.status)
