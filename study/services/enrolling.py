"""Bringing people in: one-time links for participants and staff, consent to messaging, the plan of check-ins."""

from __future__ import annotations

import re
import secrets
from datetime import date, time

from sqlalchemy import ColumnElement, func, or_, select

from study.checkins import Occurrence, OccurrenceState, plan
from study.clock import local_date
from study.errors import EnrolmentError
from study.keys import seal, vault_of
from study.links import TOKEN_BYTES, TRIES, Link
from study.outbox import OutboxRow
from study.participants import Chat, Participant, Standing, by_code
from study.protocol.countries import check_timezone
from study.replies import Say, button, role_title, say
from study.services.farewell import plan_farewell
from study.services.sending import cancel_waiting
from study.staff import StaffMember, on_call
from study.work import Work

CODE = re.compile(r"[A-Z][A-Z0-9]*-[0-9]{1,6}")
COUNTRY = re.compile(r"[A-Z]{2}")


def invite(
    work: Work,
    code: str,
    site: str,
    timezone: str | None = None,
    is_test: bool = False,
    day1: date | None = None,
    preferred_hour: str | None = None,
    country: str | None = None,
) -> str:
    """A new participant and the token of their one-time link. Raises EnrolmentError."""
    if not CODE.fullmatch(code):
        raise EnrolmentError(f"{code}: a study code looks like P-001")
    _check_site(work, site)
    if by_code(work.session, code) is not None:
        raise EnrolmentError(f"{code} is enrolled already; `alongside participants` lists them")
    try:
        zone = check_timezone(timezone or work.study.sites[site].timezone)
    except ValueError as wrong:
        raise EnrolmentError(f"{timezone}: {wrong}") from None
    if country is not None and not COUNTRY.fullmatch(country):
        raise EnrolmentError(f"{country}: a country is two capital letters (ISO 3166), such as ES")
    hour = _hour(work, preferred_hour) if preferred_hour is not None else None
    key = vault_of(work.session).make_key(work.session, code, work.now)
    participant = Participant(
        code=code,
        site=site,
        timezone=zone,
        is_test=is_test,
        day1=day1,
        country=country,
        key_id=key.id,
        created_at=work.now,
        **({"preferred_hour": hour} if hour else {}),
    )
    work.session.add(participant)
    work.session.flush()
    work.record("operator", "participant_invited", code, site=site)
    return _new_link(work, participant_id=participant.id)


def rebind(work: Work, code: str) -> str:
    """A new link for a participant's new phone or account; links not yet opened work no more. The old chat is closed
    when the new link is opened, not before. Raises EnrolmentError."""
    participant = by_code(work.session, code)
    if participant is None:
        raise EnrolmentError(f"{code}: no such participant; `alongside participants --all` lists them")
    _revoke(work, Link.participant_id == participant.id)
    work.record("operator", "link_renewed", code)
    return _new_link(work, participant_id=participant.id)


def staff_phone(work: Work, name_or_code: str) -> str:
    """The same for somebody on the staff. Raises EnrolmentError."""
    member = _member(work, name_or_code)
    _revoke(work, Link.staff_id == member.id)
    work.record("operator", "link_renewed", member.code)
    return _new_link(work, staff_id=member.id)


def remove_staff(work: Work, name_or_code: str, even_if_last: bool = False) -> None:
    """Somebody leaves the team: no alert reaches them, their buttons and links do nothing. What they did stays
    recorded. Raises EnrolmentError where a step of a ladder would be left with nobody, unless told to."""
    member = _member(work, name_or_code)
    left = [
        f"{severity} step {number}"
        for severity, ladder in work.study.ladders.items()
        for number, step in enumerate(ladder.steps, start=1)
        if member.role in step.roles
        and all(other.id == member.id for other, _ in on_call(work.session, member.site, list(step.roles)))
    ]
    if left and not even_if_last:
        raise EnrolmentError(
            f"{member.code}: would leave nobody at {', '.join(left)} of {member.site}; add somebody first, or use "
            "--even-if-last"
        )
    member.active = False
    _revoke(work, Link.staff_id == member.id)
    for chat in work.session.scalars(select(Chat).where(Chat.staff_id == member.id, Chat.closed_at.is_(None))):
        chat.closed_at = work.now
        cancel_waiting(work.session, OutboxRow.chat_id == chat.id)
    work.record("operator", "staff_removed", member.code)


def add_staff(work: Work, name: str, role: str, site: str) -> str:
    """A new member of staff and the token of their one-time link. Raises EnrolmentError."""
    _check_site(work, site)
    if role not in work.study.roles:
        raise EnrolmentError(f"{role}: no such role; study.yml knows {', '.join(work.study.roles)}")
    vault = vault_of(work.session)
    hashed = vault.fingerprint(f"staff:{name.casefold()}")
    if work.session.scalar(select(StaffMember).where(StaffMember.name_hash == hashed)) is not None:
        raise EnrolmentError(f"{name} is on the staff list already; `alongside staff list --all` shows who")
    number = (work.session.scalar(select(func.count()).select_from(StaffMember)) or 0) + 1
    code = f"STAFF-{number:02d}"
    key = vault.make_key(work.session, code, work.now)
    member = StaffMember(
        code=code,
        name_sealed=seal(work.session, key.id, name),
        name_hash=hashed,
        role=role,
        site=site,
        key_id=key.id,
        created_at=work.now,
    )
    work.session.add(member)
    work.session.flush()
    work.record("operator", "staff_added", code, role=role, site=site)
    return _new_link(work, staff_id=member.id)


def is_staff_link(work: Work, token: str) -> bool:
    """Whether a link was made for a member of staff (where one bot serves both, it opens there)."""
    hashed = vault_of(work.session).fingerprint(f"link:{token}")
    link = work.session.scalar(select(Link).where(Link.token_hash == hashed))
    return link is not None and link.staff_id is not None


def open_participant_link(work: Work, chat: Chat, token: str) -> list[Say]:
    """/start with a link in the participants' bot. Wrong, used and expired links are said plainly and recorded."""
    link = _try_link(work, chat, token)
    if isinstance(link, str):
        return [say(link)]
    if link.participant_id is None:
        work.record("system", "link_refused", f"chat {chat.id}", why="staff_link")
        return [say("enrol.bad_link")]
    participant = work.session.get_one(Participant, link.participant_id)
    link.used_at = work.now
    _bind(work, chat, participant_id=participant.id)
    participant.reachable = True
    work.record(participant.code, "link_used", participant.code)
    return [say("consent.done") if participant.has_consented else welcome()]


def open_staff_link(work: Work, chat: Chat, token: str) -> list[Say]:
    """/start with a link in the staff's bot."""
    link = _try_link(work, chat, token)
    if isinstance(link, str) or link.staff_id is None:
        return [say("enrol.locked" if link == "enrol.locked" else "staff.bad_link")]
    member = work.session.get_one(StaffMember, link.staff_id)
    link.used_at = work.now
    _bind(work, chat, staff_id=member.id)
    member.reachable = True
    work.record(member.code, "link_used", member.code)
    return [
        say("staff.welcome", role=role_title(work, member), site=work.study.sites[member.site].name),
        say("staff.levels"),
    ]


def welcome() -> Say:
    """What the bot is and is not, and the question of consent."""
    agree, decline = button("button.agree", "agree"), button("button.decline", "decline")
    return say("welcome.intro", buttons=[[agree], [decline]])


def consent(work: Work, participant: Participant, day1: date | None = None) -> list[Say]:
    """Consent to messaging, with the version of the words agreed to. Day 1 is today where the participant is,
    unless known."""
    if participant.has_consented:
        return [say("consent.done")]
    participant.consented_at = work.now
    participant.consent_wording = work.study.wordings.get("welcome.intro").ref
    participant.standing = Standing.ENROLLED
    participant.day1 = day1 or participant.day1 or local_date(work.now, participant.timezone)
    plan_checkins(work, participant)
    work.record(participant.code, "consented", participant.code, wording=participant.consent_wording)
    return [say("consent.done")]


def decline(work: Work, participant: Participant) -> list[Say]:
    """Refusing is respected: nothing is sent, nothing more is asked; the team is not told more than that."""
    if not participant.has_consented:
        work.record(participant.code, "consent_declined", participant.code)
    return [say("consent.declined")]


def plan_checkins(work: Work, participant: Participant) -> None:
    """A row for each check-in of the study that has not closed yet. Called again after their zone or hour changed: what
    was asked already stays as it is, what is still to come moves to the new hour, and no day has two."""
    if participant.day1 is None:
        return
    plan_farewell(work, participant)
    hour = time.fromisoformat(participant.preferred_hour)
    rows = work.session.scalars(select(Occurrence).where(Occurrence.participant_id == participant.id))
    known = {(row.checkin, row.day): row for row in rows}
    for checkin in work.study.checkins.values():
        for moments in plan(checkin, participant.day1, work.study.days, participant.timezone, hour):
            row = known.get((checkin.code, moments.day))
            if row is None and moments.closes_at > work.now:
                row = Occurrence(participant_id=participant.id, checkin=checkin.code, day=moments.day)
                work.session.add(row)
            elif row is None or row.state != OccurrenceState.PLANNED or row.later_until is not None:
                continue
            row.opens_at, row.nudge_at, row.closes_at = moments.opens_at, moments.nudge_at, moments.closes_at
            row.next_at = moments.opens_at


def _check_site(work: Work, site: str) -> None:
    if site not in work.study.sites:
        raise EnrolmentError(f"{site}: no such site; study.yml knows {', '.join(work.study.sites)}")


def _hour(work: Work, written: str) -> str:
    """HH:MM, outside quiet hours: a check-in that fell into them would wait for their end."""
    try:
        hour = time.fromisoformat(written)
    except ValueError:
        raise EnrolmentError(f"{written}: an hour is written like 18:30") from None
    quiet = work.study.quiet_hours
    if quiet.cover(hour):
        raise EnrolmentError(f"{written}: lies in the quiet hours, {quiet.starts:%H:%M} to {quiet.ends:%H:%M}")
    return f"{hour:%H:%M}"


def _member(work: Work, name_or_code: str) -> StaffMember:
    hashed = vault_of(work.session).fingerprint(f"staff:{name_or_code.casefold()}")
    named = or_(StaffMember.code == name_or_code, StaffMember.name_hash == hashed)
    member = work.session.scalar(select(StaffMember).where(named))
    if member is None:
        raise EnrolmentError(f"{name_or_code}: nobody on the staff list; `alongside staff list` shows them")
    if not member.active:
        raise EnrolmentError(f"{member.code}: was removed from the staff; `alongside staff list --all` shows who")
    return member


def _revoke(work: Work, whose: ColumnElement[bool]) -> None:
    """A link given out before and not opened works no more."""
    for link in work.session.scalars(select(Link).where(whose, Link.used_at.is_(None), Link.revoked_at.is_(None))):
        link.revoked_at = work.now


def _new_link(work: Work, *, participant_id: int | None = None, staff_id: int | None = None) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    work.session.add(
        Link(
            token_hash=vault_of(work.session).fingerprint(f"link:{token}"),
            participant_id=participant_id,
            staff_id=staff_id,
            created_at=work.now,
            expires_at=work.now + work.study.timings.enrol_link_valid,
        )
    )
    work.session.flush()
    return token


def _try_link(work: Work, chat: Chat, token: str) -> Link | str:
    """The link, or the id of the wording that refuses it."""
    if chat.link_tries >= TRIES:
        work.record("system", "link_refused", f"chat {chat.id}", why="locked")
        return "enrol.locked"
    hashed = vault_of(work.session).fingerprint(f"link:{token}")
    link = work.session.scalar(select(Link).where(Link.token_hash == hashed))
    if link is not None and link.is_open(work.now):
        chat.link_tries = 0
        return link
    chat.link_tries += 1
    why = "used" if link is not None and link.used_at is not None else "wrong_or_expired"
    work.record("system", "link_refused", f"chat {chat.id}", why=why)
    return "enrol.used_link" if why == "used" else "enrol.bad_link"


def _bind(work: Work, chat: Chat, *, participant_id: int | None = None, staff_id: int | None = None) -> None:
    """This chat is theirs from now on; an earlier chat of the same person is closed."""
    earlier = select(Chat).where(
        Chat.id != chat.id,
        Chat.closed_at.is_(None),
        Chat.participant_id == participant_id if participant_id is not None else Chat.staff_id == staff_id,
    )
    for other in work.session.scalars(earlier):
        other.closed_at = work.now
    chat.participant_id, chat.staff_id, chat.closed_at = participant_id, staff_id, None
