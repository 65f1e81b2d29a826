"""Doses shown back before they count, and one that was understood wrongly put right. Nothing is guessed at."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from study.checkins import DoseReport
from study.clock import local_date
from study.concerns import Concern, ConcernKind, ConcernReport
from study.outbox import Button, OutboxRow
from study.participants import Chat, Participant
from study.protocol import Severity
from study.replies import Say, button, say, who_reads
from study.services.concerning import raise_concern
from study.services.dose_days import COUNTING, UNCONFIRMED, UNKNOWN, is_of_the_study, spoken_day
from study.services.recording_doses import TO_STAFF, record_dose, store_report, tell_staff
from study.services.tidying import last_sent, put_away
from study.triage.answers import says_no, says_yes
from study.work import Work

Told = tuple[date, str, str | None]  # day, status, reason
READ_BACK = "dose.read_back"


def read_back(work: Work, participant: Participant, told: list[Told], words: str) -> list[Say]:
    """Several days, or one that is not sure, are shown back and count when they are said to be right. Until then each
    day is kept as unconfirmed. What staff must hear of they hear now."""
    today = local_date(work.now, participant.timezone)
    fitting = sorted(one for one in {day: (day, s, r) for day, s, r in told}.values() if _fits(work, participant, one))
    if not fitting:
        return [outside(work, participant)]
    for number, (day, status, _) in enumerate(fitting):
        store_report(work, participant, day, UNCONFIRMED, None, words if number == 0 else None)
        if status in TO_STAFF:
            tell_staff(work, participant, status)
    lines = [f"• {_capital(spoken_day(day, today))}: {_spoken(work, status)}" for day, status, _ in fitting]
    doses = [[day.isoformat(), status, reason] for day, status, reason in fitting]
    buttons = [
        [button("button.doses_right", "doses_right", doses=doses, said=work.cause)],
        [button("button.doses_wrong", "doses_wrong", said=work.cause)],
    ]
    left_out = [] if len(fitting) == len({day for day, _, _ in told}) else [outside(work, participant)]
    return [*left_out, say(READ_BACK, days="\n".join(lines), buttons=buttons)]


def outside(work: Work, participant: Participant) -> Say:
    """A day before the first tablet, or one that is still to come."""
    today, first = local_date(work.now, participant.timezone), participant.day1
    if first is None or first > today:
        return say("dose.not_begun")
    return say("dose.first_day") if first == today else say("dose.outside", first=spoken_day(first, today))


def doses_right(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """ "Yes": now they count, each for its day, unless something newer was said of that day meanwhile."""
    said, kept = tap.get("said"), False
    put_away(work, OutboxRow.cause == said, chosen=work.study.wordings.render("button.doses_right"))
    missed = False
    for spoken, status, reason in tap["doses"]:
        day = date.fromisoformat(spoken)
        if _is_superseded(work, participant, day, said):
            continue
        record_dose(work, participant, day, status, reason, told_already=True)
        kept, missed = True, missed or status == "missed"
    if not kept:
        return [say("answer.already_recorded")]
    return [say("dose.recorded_several"), *([say("dose.no_extra")] if missed else [])]


def doses_wrong(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """ "No": the words stay words, people see them, and they can be written again."""
    said = tap.get("said")
    put_away(work, OutboxRow.cause == said, chosen=work.study.wordings.render("button.doses_wrong"))
    _pass_on_words(work, participant, said)
    return [say("dose.write_again", who_reads=who_reads(work, participant.site, Severity.ROUTINE))]


def read_back_answered(work: Work, participant: Participant, chat: Chat, words: str) -> list[Say] | None:
    """ "Yes" typed below what was shown back is as good as the button; None where nothing was shown back, or this says
    neither yes nor no."""
    last = last_sent(work, chat)
    return answer_to_read_back(work, participant, last, words) if last is not None else None


def answer_to_read_back(work: Work, participant: Participant, shown: OutboxRow, words: str) -> list[Say] | None:
    """The same for one message that was sent."""
    if not any(wording["id"] == READ_BACK for wording in shown.wordings) or len(shown.keyboard) < 2:
        return None
    yes, no = says_yes(words), says_no(words)
    if not yes and not no:
        return None
    pressed = work.session.get(Button, shown.keyboard[0 if yes else 1][0]["token"])
    if pressed is None:
        return None
    return (doses_right if yes else doses_wrong)(work, participant, pressed.tap)


def dose_wrong(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """ "That is not right" below one dose: what is right is asked, not guessed."""
    return [which(work, participant, date.fromisoformat(tap["day"]))]


def which(work: Work, participant: Participant, day: date) -> Say:
    """What is right for a day, as four buttons."""
    labels = (
        ("choice.taken", "taken"),
        ("choice.missed", "missed"),
        ("button.dose_not_sure", UNKNOWN),
        ("button.dose_ask_team", "ask"),
    )
    about: dict[str, Any] = {"day": day.isoformat(), "said": work.cause}
    rows = [[button(label, "dose_day", status=status, **about)] for label, status in labels]
    return say("dose.which", day=spoken_day(day, local_date(work.now, participant.timezone)), buttons=rows)


def dose_day(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """What is right was tapped: a newer version, the one before it stays."""
    put_away(work, OutboxRow.cause == tap.get("said"), OutboxRow.asks.is_(None))
    if tap["status"] == "ask":
        raise_concern(work, participant, ConcernKind.DOSE, Severity.ROUTINE, details={"about": ["dose_unclear"]})
        return [say("dose.asked_team", who_reads=who_reads(work, participant.site, Severity.ROUTINE))]
    return record_dose(work, participant, date.fromisoformat(tap["day"]), tap["status"])


def pass_on_unanswered(work: Work, participant: Participant) -> None:
    """Doses that were shown back and neither confirmed nor denied are not lost: people read the words."""
    shown = work.session.scalars(
        select(DoseReport).where(
            DoseReport.participant_id == participant.id,
            DoseReport.status == UNCONFIRMED,
            DoseReport.cause.is_not(None),
        )
    )
    for report in shown:
        if not _is_superseded(work, participant, report.day, report.cause):
            _pass_on_words(work, participant, report.cause)


def _pass_on_words(work: Work, participant: Participant, said: int | None) -> None:
    """A routine concern with the words that were shown back; once."""
    known = work.session.scalar(
        select(ConcernReport.concern_id)
        .join(Concern, Concern.id == ConcernReport.concern_id)
        .where(ConcernReport.inbox_id == said, Concern.kind == ConcernKind.DOSE)
        .limit(1)
    )
    if known is None:
        about = Work(work.session, work.study, work.now, cause=said)
        raise_concern(about, participant, ConcernKind.DOSE, Severity.ROUTINE, details={"about": ["dose_unclear"]})


def _is_superseded(work: Work, participant: Participant, day: date, said: int | None) -> bool:
    """Whether something was said of this day after it was shown back."""
    reports = work.session.scalars(
        select(DoseReport)
        .where(DoseReport.participant_id == participant.id, DoseReport.day == day)
        .order_by(DoseReport.id)
    ).all()
    shown = [one.id for one in reports if one.status == UNCONFIRMED and one.cause == said]
    return not shown or any(one.id > shown[-1] and one.status in COUNTING for one in reports)


def _fits(work: Work, participant: Participant, told: Told) -> bool:
    return is_of_the_study(work, participant, told[0])


def _spoken(work: Work, status: str) -> str:
    return work.study.wordings.render(f"dose.spoken.{status}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
