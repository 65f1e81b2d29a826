"""The study's own good-bye, once, when it is over for a participant. Later messages are answered as ever."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from study.clock import local_moment
from study.holding import is_held
from study.outbox import Lane
from study.participants import Participant, Standing, chat_of
from study.protocol import Study
from study.replies import put_replies, say
from study.work import Work

TOLD = "told"
PUT_OFF = timedelta(days=1)


def plan_farewell(work: Work, participant: Participant) -> None:
    """When it is due: on the day the study file says, at their own hour. To be called whenever Day 1, the zone or the
    hour is set; one that was said stays said."""
    if participant.day1 is not None and participant.standing not in (Standing.FINISHED, Standing.DECEASED):
        participant.farewell_at = farewell_moment(work.study, participant)


def farewell_moment(study: Study, participant: Participant) -> datetime | None:
    """Outside quiet hours, at the preferred hour where the participant is; None before Day 1 is known."""
    if participant.day1 is None:
        return None
    day = participant.day1 + timedelta(days=study.ends_on - 1)
    moment = local_moment(day, time.fromisoformat(participant.preferred_hour), participant.timezone)
    quiet = study.quiet_hours.end_after(moment.astimezone(ZoneInfo(participant.timezone)))
    return moment if quiet is None else quiet.astimezone(moment.tzinfo)


def bid_farewell(work: Work, participant: Participant) -> None:
    """Due now: said to whoever still takes our messages, and the participant is finished.

    Whoever left or has died is not written to. Somebody who paused, or whom Telegram does not reach, is finished in
    silence. While thoughts of suicide are with the staff it is put off a day; in quiet hours, until they are over.
    """
    if participant.standing == Standing.ENROLLED:
        later = _put_off_to(work, participant)
        if later is not None:
            participant.farewell_at = later
            return
    participant.farewell_at = None
    reason = _reason_against(work, participant)
    if reason in (None, Standing.PAUSED, "unreachable"):
        participant.standing = Standing.FINISHED
    chat = chat_of(work.session, participant)
    if reason is None and chat is not None:
        put_replies(work, chat, [say("study.farewell")], key=f"farewell:{participant.id}", lane=Lane.REMINDER)
    work.record("system", "farewell", participant.code, how=reason or TOLD)


def _put_off_to(work: Work, participant: Participant) -> datetime | None:
    if is_held(work, participant):
        return work.now + PUT_OFF
    return work.study.quiet_hours.end_after(work.now.astimezone(ZoneInfo(participant.timezone)))


def _reason_against(work: Work, participant: Participant) -> str | None:
    if participant.standing != Standing.ENROLLED:
        return participant.standing
    if not participant.reachable or chat_of(work.session, participant) is None:
        return "unreachable"
    return None
