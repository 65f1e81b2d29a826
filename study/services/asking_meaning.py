"""Words that may mean the study or how somebody feels ("I can't do this any more"): asked in one tap, and never left to
the tap alone."""

from __future__ import annotations

from typing import Any

from study.concerns import ConcernKind
from study.participants import Participant
from study.protocol import Severity
from study.replies import Say, button, say, who_reads
from study.services.choosing import choices_after_a_wish
from study.services.concerning import raise_concern
from study.work import Work

CANNOT_GO_ON = "cannot_go_on"
THE_STUDY, HOW_I_FEEL, SOMETHING_ELSE = "the_study", "how_i_feel", "something_else"


def ask_what_is_meant(work: Work, participant: Participant) -> dict[str, Any]:
    """Staff see it at once, whatever is tapped afterwards, or nothing: somebody in despair may not tap."""

    def do() -> dict[str, Any]:
        raise_concern(work, participant, ConcernKind.QUESTION, Severity.ROUTINE, details={"about": [CANNOT_GO_ON]})
        rows = [[button(f"button.{meant}", "meant", meant=meant)] for meant in (THE_STUDY, HOW_I_FEEL, SOMETHING_ELSE)]
        return {"says": [say("meaning.ask", buttons=rows)]}

    return work.once("ask_what_is_meant", do)


def meant(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """The study: what can be stopped, in neutral words. How they feel: people look at it within the hour, and the
    lifelines are named. Something else: in their own words, please."""
    if tap["meant"] == THE_STUDY:
        return choices_after_a_wish(work, participant)
    if tap["meant"] == HOW_I_FEEL:
        about = {"about": [CANNOT_GO_ON, HOW_I_FEEL]}
        raise_concern(work, participant, ConcernKind.QUESTION, Severity.URGENT, details=about)
        return [say("meaning.how_i_feel", who_reads=who_reads(work, participant.site, Severity.URGENT))]
    return [say("meaning.something_else", who_reads=who_reads(work, participant.site, Severity.ROUTINE))]
