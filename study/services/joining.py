"""The first talk after the yes: country, time zone, hour, and a number for the staff. Nothing waits for it: what is not
answered stays as the study team set it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from study.inbox import Kind, Received
from study.joining import Joining, holds_a_telephone, read_hour
from study.keys import seal
from study.outbox import OutboxRow
from study.participants import Chat, Participant
from study.protocol.countries import (
    country_name,
    country_named,
    country_of,
    place_of,
    zone_named,
    zones_of,
)
from study.replies import Say, button, clock_time, say
from study.services.enrolling import consent, plan_checkins
from study.services.occurrences import active_occurrence
from study.services.tidying import put_away
from study.triage.answers import says_no
from study.work import Work

PATIENCE = timedelta(hours=24)  # a question of this talk is asked again after something else for so long, then dropped
AT_IT = timedelta(minutes=15)
HOURS = ("09:00", "12:00", "18:00", "20:00")
MOST_CLOCKS = 8
SKIP, OTHER = "skip", "other"
SKIPPED = ("skip", "later", "none", "nobody", "no one", "rather not", "i'd rather not", "prefer not to", "not now")


def join(work: Work, participant: Participant) -> list[Say]:
    """The yes, and the first question. Whoever agreed before is asked nothing again."""
    known = participant.has_consented
    thanks = consent(work, participant)
    if known:
        return thanks
    participant.joining = Joining.COUNTRY
    return [*thanks, *question(work, participant)]


def question(work: Work, participant: Participant) -> list[Say]:
    """The question that is open, nothing where none is. Somebody who left the talk a day ago is not asked any more."""
    since = participant.consented_at
    if participant.joining is None or since is None:
        return []
    if work.now - since > PATIENCE:
        participant.joining = None
        return []
    asked = Joining(participant.joining)
    return [say(f"joining.{asked}", buttons=_buttons(work, participant, asked), asks=f"joining.{asked}")]


def busy_joining_until(work: Work, participant: Participant) -> datetime | None:
    """Until when they are likely to be at these questions, so that no check-in comes between; None where they are
    not."""
    if participant.joining is None or participant.consented_at is None:
        return None
    until = participant.consented_at + AT_IT
    return until if until > work.now else None


def answered(work: Work, participant: Participant, received: Received) -> list[Say] | None:
    """What to say next where the words, or a contact that was shared, answer the open question; None where they are
    about something else, and the conversation goes on with them."""
    if not question(work, participant):
        return None
    asked = Joining(str(participant.joining))
    words = (received.text or "").strip()
    if received.kind is Kind.MEDIA:
        shared = received.details.get("telephone") if received.media == "contact" else None
        return _took(work, participant, asked, shared) if shared and asked in _NUMBERS else None
    if received.kind is not Kind.TEXT or received.details.get("forwarded") or "?" in words:
        return None
    if asked in _NUMBERS and (says_no(words) or words.casefold().strip(" .!") in SKIPPED):
        in_a_checkin = active_occurrence(work, participant) is not None  # then it answers that
        return None if in_a_checkin else _took(work, participant, asked, SKIP)
    return _took(work, participant, asked, words)


def tapped(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """A button of one of the questions. That of an earlier question changes its answer, and what was asked stays
    asked."""
    asked = Joining(tap["question"])
    if tap["value"] == OTHER:
        return [say(f"joining.{asked}_typed")]
    said = _took(work, participant, asked, tap["value"], chosen=tap["shown"])
    return said if said is not None else question(work, participant)


_NUMBERS = (Joining.TELEPHONE, Joining.EMERGENCY_CONTACT)


def _took(
    work: Work, participant: Participant, asked: Joining, given: str, chosen: str | None = None
) -> list[Say] | None:
    """Store an answer and ask on; None where it is none."""
    if asked is Joining.HOUR and (hour := read_hour(given)) is not None and work.study.quiet_hours.cover(hour):
        quiet = work.study.quiet_hours
        refused = say("joining.hour_quiet", starts=f"{quiet.starts:%H:%M}", ends=f"{quiet.ends:%H:%M}")
        return [refused, *question(work, participant)]
    if not _store(work, participant, asked, given):
        return None
    event = "joining_skipped" if given == SKIP else "joining_answered"
    work.record(participant.code, event, participant.code, question=asked)
    theirs = select(Chat.id).where(Chat.participant_id == participant.id)
    put_away(work, OutboxRow.chat_id.in_(theirs), OutboxRow.asks == f"joining.{asked}", chosen=chosen)
    if participant.joining == asked:
        participant.joining = _next(work, participant, asked)
        if participant.joining is None:
            plan_checkins(work, participant)  # what waited for the end of this talk
    elif asked is Joining.COUNTRY and participant.joining is not None and _has_several_clocks(work, participant):
        participant.joining = Joining.TIMEZONE
    return question(work, participant) or [_all_set(work, participant)]


def _store(work: Work, participant: Participant, asked: Joining, given: str) -> bool:
    """Whether the words were an answer to the question; if so they are kept."""
    match asked:
        case Joining.COUNTRY:
            return _store_country(work, participant, given)
        case Joining.TIMEZONE:
            zone = zone_named(given, participant.country or "")
            if zone is not None:
                _move_clock(work, participant, zone)
            return zone is not None
        case Joining.HOUR:
            hour = read_hour(given)
            if hour is not None:
                participant.preferred_hour = f"{hour:%H:%M}"
                plan_checkins(work, participant)
            return hour is not None
    if given != SKIP and not holds_a_telephone(given):
        return False
    kept = None if given == SKIP else seal(work.session, participant.key_id, given)
    if asked is Joining.TELEPHONE:
        participant.telephone_sealed = kept
    else:
        participant.emergency_contact_sealed = kept
    return True


def _store_country(work: Work, participant: Participant, given: str) -> bool:
    country = country_named(given)
    if country is None:
        return False
    participant.country = country
    clocks = zones_of(country, work.now)
    if clocks and country_of(participant.timezone) != country:
        _move_clock(work, participant, clocks[0])
    return True


def _move_clock(work: Work, participant: Participant, zone: str) -> None:
    if zone != participant.timezone:
        participant.timezone = zone
        plan_checkins(work, participant)


def _next(work: Work, participant: Participant, asked: Joining) -> Joining | None:
    """A country with one clock needs no question for it."""
    following = asked.following
    if following is Joining.TIMEZONE and not _has_several_clocks(work, participant):
        return Joining.HOUR
    return following


def _has_several_clocks(work: Work, participant: Participant) -> bool:
    return len(zones_of(participant.country or "", work.now)) > 1


def _buttons(work: Work, participant: Participant, asked: Joining) -> list[list[dict[str, Any]]]:
    """What the study proposes comes first."""
    match asked:
        case Joining.COUNTRY:
            rows = _rows(work, asked, "button.joining_country", "country", _countries(work, participant))
        case Joining.TIMEZONE:
            rows = _rows(work, asked, "button.joining_clock", "clock", _clocks(work, participant))
        case Joining.HOUR:
            hours = dict.fromkeys((participant.preferred_hour, *HOURS))
            rows = _rows(work, asked, "button.joining_hour", "hour", {hour: hour for hour in hours})
        case _:
            skip = work.study.wordings.render("button.joining_skip")
            return [[button("button.joining_skip", "joining", question=asked, value=SKIP, shown=skip)]]
    return [*rows, [button("button.joining_other", "joining", question=asked, value=OTHER)]]


def _rows(work: Work, asked: Joining, label: str, field: str, choices: dict[str, str]) -> list[list[dict[str, Any]]]:
    rows = []
    for value, shown in choices.items():
        text = work.study.wordings.render(label, **{field: shown})
        rows.append([button(label, "joining", {field: shown}, question=asked, value=value, shown=text)])
    return rows


def _countries(work: Work, participant: Participant) -> dict[str, str]:
    """The one we believe they are in, then those whose emergency numbers the study knows."""
    believed = participant.country or country_of(participant.timezone) or work.study.sites[participant.site].country
    known = (site.country for site in work.study.sites.values())
    return {code: country_name(code) for code in dict.fromkeys((believed, *known, *work.study.countries))}


def _clocks(work: Work, participant: Participant) -> dict[str, str]:
    zones = dict.fromkeys((participant.timezone, *zones_of(participant.country or "", work.now)))
    return {zone: f"{place_of(zone)}, {clock_time(work, ZoneInfo(zone))}" for zone in list(zones)[:MOST_CLOCKS]}


def _all_set(work: Work, participant: Participant) -> Say:
    return say(
        "joining.done",
        country=country_name(participant.country or ""),
        place=place_of(participant.timezone),
        hour=participant.preferred_hour,
    )
