"""`alongside enrol`, `rebind` and `participants`: bringing participants in, a new phone, and where they stand."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alongside.links import print_link
from alongside.printing import age, console, several, table
from study.audit import AuditEvent
from study.bootstrap import App, bootstrap
from study.checkins import OPEN_STATES, Occurrence, OccurrenceState, study_day
from study.concerns import Concern, ConcernState
from study.errors import EnrolmentError
from study.inbox import InboxRow, Kind
from study.participants import Participant, Standing, by_code, chat_of
from study.services import enrolling
from study.services.silence import silent_run
from study.work import Work

GONE = (Standing.LEFT, Standing.FINISHED, Standing.DECEASED)
FROM_THEM = (Kind.TEXT, Kind.COMMAND, Kind.TAP, Kind.MEDIA, Kind.EDIT, Kind.REACTION)
Code = Annotated[str, typer.Argument(help="Study code, such as P-001")]


def enrol(
    code: Code,
    site: Annotated[str, typer.Option(help="Site code, such as S1")],
    timezone: Annotated[str | None, typer.Option(help="IANA zone, such as Europe/Paris; else the site's")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, such as FR; else the site's")] = None,
    hour: Annotated[str | None, typer.Option(help="Hour for check-ins, HH:MM in their own time")] = None,
    day1: Annotated[str | None, typer.Option(help="Day of the first dose, YYYY-MM-DD; else the day they agree")] = None,
    test: Annotated[bool, typer.Option("--test", help="A test participant: in no report")] = False,
) -> None:
    """A new participant: prints their one-time Telegram link."""
    app = bootstrap()
    day = _day(day1)

    def invite(session: Session) -> str:
        return enrolling.invite(
            work(app, session), code, site, timezone, test, day1=day, preferred_hour=hour, country=country
        )

    token = app.db.run(invite)
    zone = app.study.sites[site].timezone
    print_link(app, app.settings.participant_bot_token, token, code, zone, setting="ALONGSIDE_PARTICIPANT_BOT_TOKEN")


def rebind(code: Code) -> None:
    """A new phone or account: prints a new one-time link. Opening it closes the old chat."""
    app = bootstrap()
    token = app.db.run(lambda session: enrolling.rebind(work(app, session), code))
    zone = app.db.read(lambda session: _site_zone(app, session, code))
    print_link(app, app.settings.participant_bot_token, token, code, zone, setting="ALONGSIDE_PARTICIPANT_BOT_TOKEN")
    print("Until it is opened the old chat stays open. A link printed before this one works no more.")


def participants(
    site: Annotated[str | None, typer.Option(help="Only this site, such as S1")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also who left, finished or died")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Who takes part, where they stand, and what is open."""
    app = bootstrap()
    check_site(app, site)
    found = app.db.read(lambda session: participant_rows(app, session, site, everything))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if not found:
        console().print("No participants yet: `alongside enrol P-001 --site S1`.")
        return
    columns = ("Code", "Site", "Standing", "Day", "Zone", "Heard", "Open", "Missed", "Concerns", "Note")
    shown = [_shown(row) for row in found]
    gone = [None if row["standing"] not in GONE else "dim" for row in found]
    console().print(table(columns, shown, styles=gone, right=("Day", "Missed", "Concerns"), fold=("Open", "Note")))
    console().print(_footer(found))


def participant_rows(app: App, session: Session, site: str | None, everything: bool) -> list[dict[str, Any]]:
    """One row a participant, by code. `missed_in_a_row` is of the check-in with the longest run."""
    now = app.clock.now()
    query = select(Participant).order_by(Participant.code)
    if site is not None:
        query = query.where(Participant.site == site)
    if not everything:
        query = query.where(Participant.standing.not_in(GONE))
    return [_row(app, session, one, now) for one in session.scalars(query)]


def _row(app: App, session: Session, one: Participant, now: datetime) -> dict[str, Any]:
    open_now = session.scalars(
        select(Occurrence.checkin)
        .where(
            Occurrence.participant_id == one.id,
            Occurrence.state.in_([state for state in OPEN_STATES if state != OccurrenceState.PLANNED]),
        )
        .order_by(Occurrence.opens_at)
    ).all()
    heard = session.scalar(
        select(func.max(InboxRow.received_at)).where(
            InboxRow.participant_id == one.id, InboxRow.kind.in_([kind.value for kind in FROM_THEM])
        )
    )
    concerns = session.scalar(
        select(func.count())
        .select_from(Concern)
        .where(Concern.participant_id == one.id, Concern.state != ConcernState.RESOLVED)
    )
    looking = work(app, session)
    return {
        "code": one.code,
        "site": one.site,
        "standing": _standing(session, one),
        "study_day": study_day(one, now),
        "timezone": one.timezone,
        "last_heard": heard.isoformat() if heard else None,
        "last_heard_ago": age(heard, now),
        "open": list(open_now),
        "missed_in_a_row": max((silent_run(looking, one, code) for code in app.study.checkins), default=0),
        "concerns": concerns or 0,
        "connected": chat_of(session, one) is not None,
        "reachable": one.reachable,
        "test": one.is_test,
    }


def _standing(session: Session, one: Participant) -> str:
    """As stored; somebody invited who said no to messages is "declined" (they may still say yes)."""
    if one.standing != Standing.INVITED:
        return one.standing
    said_no = select(AuditEvent.id).where(AuditEvent.event == "consent_declined", AuditEvent.subject == one.code)
    return "declined" if session.scalar(said_no.limit(1)) is not None else one.standing


def _shown(row: dict[str, Any]) -> list[object]:
    notes = ["test"] if row["test"] else []
    if not row["connected"] and row["standing"] != Standing.INVITED:
        notes.append("no phone")
    elif not row["reachable"]:
        notes.append("unreachable")
    return [
        row["code"],
        row["site"],
        row["standing"],
        "-" if row["study_day"] is None else row["study_day"],
        row["timezone"],
        row["last_heard_ago"],
        ", ".join(row["open"]) or "-",
        row["missed_in_a_row"] or "-",
        row["concerns"] or "-",
        ", ".join(notes),
    ]


def _footer(found: list[dict[str, Any]]) -> str:
    real = [row for row in found if not row["test"]]
    tests = len(found) - len(real)
    said = several(len(real), "participant")
    return f"{said}, and {tests} for tests, counted in no report." if tests else f"{said}."


def check_site(app: App, site: str | None) -> None:
    """Raises EnrolmentError where study.yml does not know the site."""
    if site is not None and site not in app.study.sites:
        raise EnrolmentError(f"{site}: no such site; study.yml knows {', '.join(app.study.sites)}")


def work(app: App, session: Session) -> Work:
    return Work(session, app.study, app.clock.now())


def _site_zone(app: App, session: Session, code: str) -> str:
    participant = by_code(session, code)
    return app.study.sites[participant.site].timezone if participant else "UTC"


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise EnrolmentError(f"--day1 {written}: a day is written like 2026-03-02") from None
