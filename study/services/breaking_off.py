"""What somebody means who says "stop" or "not now": the check-in they are in; one they were asked to begin; or, where
no question waits, something else that they wish to stop. That is asked in one tap, and never left to the tap alone."""

from __future__ import annotations

from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.replies import say, who_reads
from study.services.checking_in import later, stop
from study.services.choosing import what_can_be_stopped
from study.services.concerning import raise_concern
from study.services.occurrences import Outcome, active_occurrence, open_occurrence, outcome
from study.triage.stopping import speaks_of_stopping
from study.work import Work


def break_off(work: Work, participant: Participant, words: str) -> Outcome:
    """Leave the check-in that is open; put off one that waits; else ask what they wish to stop, and staff see it."""

    def do() -> Outcome:
        active, waiting = active_occurrence(work, participant), open_occurrence(work, participant)
        if active is not None:
            return stop(work, participant, active)
        if speaks_of_stopping(words):
            return _ask(work, participant)
        return later(work, participant, waiting.id) if waiting is not None else outcome([say("checkin.none_open")])

    return work.once("break_off", do)


def _ask(work: Work, participant: Participant) -> Outcome:
    raise_concern(work, participant, ConcernKind.QUESTION, Severity.ROUTINE, details={"about": ["stop"]})
    reads = who_reads(work, participant.site, Severity.ROUTINE)
    return outcome([say("choices.which", who_reads=reads, buttons=what_can_be_stopped())])
