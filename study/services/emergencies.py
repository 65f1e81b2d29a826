"""A red flag is answered: emergency wording to the person, concern and page to staff, in one transaction."""

from __future__ import annotations

from study.concerns import Concern, ConcernKind
from study.outbox import Lane
from study.participants import Chat, Participant
from study.replies import put_replies, say, standing_fields, who_reads
from study.services.bereavement import DEATH, OFFERED_IN, still_here_button, stop_after_a_death
from study.services.concerning import raise_concern
from study.triage.writers import Writer, writer
from study.work import Work


def answer_red_flags(work: Work, chat: Chat, flags: list[str], words: str = "") -> Concern:
    """Emergency wording to the person, concern and page to staff, all in the open transaction.

    A relative's words count as the participant's; a doctor who treats them gets the number for doctors as well."""
    participant = work.session.get(Participant, chat.participant_id) if chat.participant_id else None
    severity = max((work.study.gravity(flag) for flag in flags), key=lambda one: one.rank)
    writes = writer(words)
    about = [] if writes is Writer.PARTICIPANT else [writes.value]
    concern = raise_concern(
        work, participant, ConcernKind.RED_FLAG, severity, flags=flags, details={"about": about} if about else None
    )
    if participant is None:
        wording = "emergency.unknown_person"
        lifelines = work.study.lifelines(None, None)
        fields = {"emergency_number": lifelines.emergency_number, "crisis_line": lifelines.crisis_line}
    else:
        wording = emergency_wording(flags)
        fields = standing_fields(work, participant) | {"who_reads": who_reads(work, participant.site, severity)}
    says = [say(wording, buttons=still_here_button() if wording in OFFERED_IN else [])]
    if participant is not None and DEATH in flags:
        stop_after_a_death(work, participant)
    if participant is not None and writes is Writer.TREATING_DOCTOR:
        says.append(say("unblinding.doctor"))
    put_replies(
        work,
        chat,
        says,
        key=f"emergency:{work.cause}",
        lane=Lane.ALERT,
        fields=fields,
        concern_id=concern.id,
    )
    return concern


def emergency_wording(flags: list[str]) -> str:
    """One kind has its own words; those for several name the crisis line where thoughts of suicide are among them."""
    if len(flags) == 1:
        return f"emergency.{flags[0]}"
    return "emergency.several_and_suicidal_thoughts" if "suicidal_thoughts" in flags else "emergency.several"
