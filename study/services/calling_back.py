"""How staff reach a participant: the number that is kept, and a message of approved words."""

from __future__ import annotations

from typing import Any

from study.concerns import Concern
from study.keys import unseal
from study.participants import Participant, Standing, chat_of
from study.replies import Say, button, clock_time, put_replies, role_title, say, standing_fields
from study.services.concerning import concern_fields
from study.services.taking_concerns import buttons_now, concern_of
from study.staff import StaffMember
from study.work import Work


def show_number(work: Work, member: StaffMember, tap: dict[str, Any]) -> list[Say]:
    """The telephone and the emergency contact the participant gave; that somebody looked is in the audit trail, the
    numbers are not."""
    concern = concern_of(work, member, int(tap["concern"]))
    participant = _about(work, concern)
    telephone = unseal(work.session, participant.telephone_sealed) if participant else None
    contact = unseal(work.session, participant.emergency_contact_sealed) if participant else None
    work.record(member.code, "number_shown", concern.reference, kept=bool(telephone or contact))
    if not telephone and not contact:
        return [say("staff.no_number", concern_fields(work, concern), buttons=buttons_now(work, concern))]
    none = work.study.wordings.render("staff.none_kept")
    fields = {"telephone": telephone or none, "contact": contact or none}
    return [say("staff.number", concern_fields(work, concern) | fields, buttons=buttons_now(work, concern))]


def which_message(work: Work, member: StaffMember, tap: dict[str, Any]) -> list[Say]:
    """The approved messages of the study as the participant would read them, and a button each."""
    concern = concern_of(work, member, int(tap["concern"]))
    participant = _about(work, concern)
    if participant is None or not _takes_messages(work, participant):
        return [say("staff.not_sent", concern_fields(work, concern), buttons=buttons_now(work, concern))]
    fields = _fields(work, participant, member)
    texts = [work.study.wordings.render(one.text, **fields) for one in work.study.staff_messages]
    listed = "\n\n".join(f"{number}. {text}" for number, text in enumerate(texts, start=1))
    rows = [[button(one.label, "send", concern=concern.id, text=one.text)] for one in work.study.staff_messages]
    return [say("staff.which_message", concern_fields(work, concern), buttons=rows, messages=listed)]


def send_message(work: Work, member: StaffMember, tap: dict[str, Any]) -> list[Say]:
    """Send one of them, in the name of the role that chose it. Only approved words reach a participant, also from
    people: see docs/adr/014."""
    concern = concern_of(work, member, int(tap["concern"]))
    participant = _about(work, concern)
    chat = chat_of(work.session, participant) if participant else None
    known = any(one.text == tap["text"] for one in work.study.staff_messages)
    if participant is None or chat is None or not known or not _takes_messages(work, participant):
        return [say("staff.not_sent", concern_fields(work, concern), buttons=buttons_now(work, concern))]
    fields = _fields(work, participant, member)
    letters = put_replies(
        work, chat, [say(tap["text"])], key=f"from_staff:{work.cause}", fields=fields, concern_id=concern.id
    )
    work.record(member.code, "message_sent", concern.reference, wording=letters[0].wordings[0]["id"])
    sent = {"message": work.study.wordings.render(tap["text"], **fields)}
    time = clock_time(work, work.study.sites[concern.site].zone)
    return [say("staff.sent", concern_fields(work, concern) | sent, buttons=buttons_now(work, concern), time=time)]


def _about(work: Work, concern: Concern) -> Participant | None:
    return work.session.get(Participant, concern.participant_id) if concern.participant_id else None


def _takes_messages(work: Work, participant: Participant) -> bool:
    """Whether a message would be read by the participant: not after a reported death, nor where Telegram does not
    reach them."""
    reached = participant.reachable and chat_of(work.session, participant) is not None
    return reached and participant.standing != Standing.DECEASED


def _fields(work: Work, participant: Participant, member: StaffMember) -> dict[str, str]:
    return standing_fields(work, participant) | {"role": role_title(work, member)}
