"""`alongside enrol`, `alongside staff add`, `alongside participants`: bringing people in, and who there is."""

from __future__ import annotations

import json
from typing import Annotated

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from study.bootstrap import App, bootstrap
from study.checkins import OPEN_STATES, Occurrence, OccurrenceState, study_day
from study.participants import Participant
from study.services.enrolling import add_staff, invite
from study.settings import Settings
from study.work import Work

staff_app = typer.Typer(no_args_is_help=True)


@staff_app.callback()
def _group() -> None:
    """Study staff."""


def enrol(
    code: Annotated[str, typer.Argument(help="Study code, such as P-001")],
    site: Annotated[str, typer.Option(help="Site code, such as S1")],
    timezone: Annotated[str | None, typer.Option(help="IANA zone; the site's if left out")] = None,
) -> None:
    """A new participant: prints their one-time Telegram link."""
    app = bootstrap()
    token = app.db.run(lambda session: invite(_work(app, session), code, site, timezone))
    _print_link(app, app.settings.participant_bot_token, token)


@staff_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name; kept encrypted")],
    role: Annotated[str, typer.Option(help="A role of study.yml, such as nurse")],
    site: Annotated[str, typer.Option(help="Site code, such as S1")],
) -> None:
    """A new member of staff: prints their one-time Telegram link."""
    app = bootstrap()
    token = app.db.run(lambda session: add_staff(_work(app, session), name, role, site))
    _print_link(app, app.settings.staff_bot_token, token)


def participants(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Who is enrolled, where they stand, and what is open."""
    app = bootstrap()
    rows = app.db.read(lambda session: _rows(app, session))
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table("Code", "Site", "Zone", "Standing", "Study day", "Reached", "Open check-ins", "Test", "Missed")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table if rows else "No participants yet: `alongside enrol P-001 --site S1`.")


def _rows(app: App, session: Session) -> list[dict[str, object]]:
    now = app.clock.now()
    rows: list[dict[str, object]] = []
    for one in session.scalars(select(Participant).order_by(Participant.code)):
        mine = session.scalars(select(Occurrence).where(Occurrence.participant_id == one.id)).all()
        open_now = [o.checkin for o in mine if o.state in OPEN_STATES and o.state != OccurrenceState.PLANNED]
        rows.append(
            {
                "code": one.code,
                "site": one.site,
                "timezone": one.timezone,
                "standing": one.standing,
                "study_day": study_day(one, now) or "-",
                "reachable": "yes" if one.reachable else "NO",
                "open": ", ".join(open_now) or "-",
                "test": "yes" if one.is_test else "no",
                "missed": sum(o.state == OccurrenceState.MISSED for o in mine),
            }
        )
    return rows


def _work(app: App, session: Session) -> Work:
    return Work(session, app.study, app.clock.now())


def _print_link(app: App, token: SecretStr | None, link: str) -> None:
    """t.me/BOT?start=TOKEN; where Telegram cannot be asked for the bot's name, what to send it instead."""
    days = app.study.timings.enrol_link_valid.days
    name = bot_name(app.settings, token) if token else None
    if name is None:
        print(f"Telegram could not be asked for the bot's name. Send the bot: /start {link}")
    else:
        print(f"https://t.me/{name}?start={link}")
    print(f"It works once, within {days} days. Give it to this one person only.")


def bot_name(settings: Settings, token: SecretStr) -> str | None:
    """The bot's user name, or None where Telegram does not say."""
    url = f"{settings.telegram_api_url.rstrip('/')}/bot{token.get_secret_value()}/getMe"
    try:
        answer = httpx.get(url, timeout=10.0).json()
    except (httpx.HTTPError, ValueError):
        return None
    name: str | None = answer.get("result", {}).get("username") if answer.get("ok") else None
    return name
