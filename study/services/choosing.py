"""What somebody may stop: messages, tablets, visits, the use of their data. Said in neutral words; nobody is persuaded,
and nothing is asked twice (ICH-GCP E6 2.8.10 and 4.3.4: at any time, without giving reasons)."""

from __future__ import annotations

from typing import Any

from study.participants import Participant
from study.protocol import Severity
from study.replies import Say, button, say
from study.services.leaving import stop_messages
from study.services.wishing import wish
from study.triage.doses import DoseStatus, dose_statement
from study.triage.stopping import wished_to_stop
from study.wishes import Scope
from study.work import Work

NOTHING = "nothing"
LABELS = {
    Scope.MESSAGES: "button.stop_messages",
    Scope.TABLETS: "button.stop_tablets",
    Scope.VISITS: "button.stop_visits",
    Scope.DATA_USE: "button.stop_data_use",
    Scope.NOT_SAID: "button.not_sure",
}


def choices(work: Work, participant: Participant) -> list[Say]:
    """/choices: what can be stopped. Asking for it is no wish yet."""
    return [say("choices.offer", buttons=what_can_be_stopped())]


def privacy(work: Work, participant: Participant) -> list[Say]:
    """/privacy: who reads what, what is kept and for how long, what they may ask for."""
    return [say("privacy")]


def record_wish(work: Work, participant: Participant, words: str) -> dict[str, Any]:
    """A typed wish reaches staff at once, whatever is tapped afterwards. What it names plainly is taken as said; a wish
    that names nothing ("I want to leave") is shown what can be stopped."""
    return work.once("record_wish", lambda: {"says": _record(work, participant, words)})


def plain_wish(work: Work, participant: Participant, words: str) -> list[Say] | None:
    """The answer to a wish whose scope is said plainly, which needs no model; None where there is none."""
    return _record(work, participant, words) if wished_to_stop(words) else None


def choices_after_a_wish(work: Work, participant: Participant) -> list[Say]:
    """A wish that names nothing yet: recorded, and shown what can be stopped."""
    wish(work, participant, [Scope.NOT_SAID])
    return [say("wish.leave_recorded", buttons=what_can_be_stopped())]


def choose(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A tap under "what would you like to stop?". More than one may be tapped."""
    if tap["scope"] == NOTHING:
        return [say("choices.nothing")]
    scope = Scope(tap["scope"])
    if scope is not Scope.MESSAGES:
        wish(work, participant, [scope])
    return _confirmed(work, participant, scope)


def _record(work: Work, participant: Participant, words: str) -> list[Say]:
    scopes = [Scope(scope) for scope in wished_to_stop(words)]
    stopped = dose_statement(words).status is DoseStatus.STOPPED
    severity = Severity.URGENT if stopped else Severity.ROUTINE  # they may be without their medicine already
    wish(work, participant, scopes or [Scope.NOT_SAID], severity, ["dose_stopped"] if stopped else [])
    if not scopes:
        return [say("wish.leave_recorded", buttons=what_can_be_stopped())]
    return [said for scope in scopes for said in _confirmed(work, participant, scope)]


def _confirmed(work: Work, participant: Participant, scope: Scope) -> list[Say]:
    """What the bot does itself is done and said; the rest is for people."""
    if scope is Scope.MESSAGES:
        return stop_messages(work, participant)
    return [say(f"choices.{scope}")]


def what_can_be_stopped() -> list[list[dict[str, Any]]]:
    """The buttons below "what would you like to stop?"."""
    rows = [[button(label, "choose", scope=scope.value)] for scope, label in LABELS.items()]
    return [*rows, [button("button.nothing", "choose", scope=NOTHING)]]
