"""`alongside staff add`, `list`, `phone` and `remove`: who receives concerns."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from alongside.links import print_link
from alongside.people import check_site, work
from alongside.printing import console, table
from study.bootstrap import App, bootstrap
from study.errors import EnrolmentError
from study.keys import unseal, vault_of
from study.participants import Chat
from study.services import enrolling
from study.staff import StaffMember

app = typer.Typer(no_args_is_help=True)
Who = Annotated[str, typer.Argument(help="The code, such as STAFF-01, or the name")]


@app.callback()
def _group() -> None:
    """Study staff."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The name; kept encrypted")],
    role: Annotated[str, typer.Option(help="A role of study.yml, such as nurse")],
    site: Annotated[str, typer.Option(help="Site code, such as S1")],
) -> None:
    """A new member of staff: prints their one-time Telegram link."""
    ours = bootstrap()

    def hire(session: Session) -> tuple[str, StaffMember]:
        token = enrolling.add_staff(work(ours, session), name, role, site)
        return token, find_staff(session, name)

    token, member = ours.db.run(hire)
    _print_link(ours, member, token)


@app.command("phone")
def phone(who: Who) -> None:
    """A new phone or account of somebody on the staff: prints a new one-time link."""
    ours = bootstrap()
    token = ours.db.run(lambda session: enrolling.staff_phone(work(ours, session), who))
    _print_link(ours, ours.db.read(lambda session: find_staff(session, who)), token)
    print("Until it is opened the old chat stays open. A link printed before this one works no more.")


@app.command("remove")
def remove(
    who: Who,
    even_if_last: Annotated[
        bool, typer.Option("--even-if-last", help="Also when a step of a ladder is left with nobody")
    ] = False,
) -> None:
    """Somebody leaves the team: they get no more alerts and can open nothing. What they did stays recorded."""
    ours = bootstrap()
    member = ours.db.read(lambda session: find_staff(session, who))
    ours.db.run(lambda session: enrolling.remove_staff(work(ours, session), who, even_if_last))
    print(
        f"{member.code} ({member.role} at {member.site}) is removed: no alert reaches them, their buttons do nothing."
    )


@app.command("list")
def list_staff(
    site: Annotated[str | None, typer.Option(help="Only this site, such as S1")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Removed ones too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Who is on the staff, with their names, and whose phone is connected."""
    ours = bootstrap()
    check_site(ours, site)
    found = ours.db.read(lambda session: staff_rows(session, site, everyone))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if not found:
        console().print("No staff yet: `alongside staff add NAME --role nurse --site S1`.")
        return
    shown = [[row[key] for key in ("code", "name", "role", "site", "phone")] for row in found]
    worried = ["red" if row["phone"] in ("unreachable", "not connected") else None for row in found]
    console().print(table(("Code", "Name", "Role", "Site", "Phone"), shown, styles=worried, fold=("Name",)))


def staff_rows(session: Session, site: str | None, everyone: bool) -> list[dict[str, Any]]:
    """`phone`: connected, not connected (the link was never opened), unreachable (Telegram refuses), or removed."""
    query = select(StaffMember).order_by(StaffMember.site, StaffMember.id)
    if site is not None:
        query = query.where(StaffMember.site == site)
    if not everyone:
        query = query.where(StaffMember.active)
    return [
        {
            "code": one.code,
            "name": unseal(session, one.name_sealed),
            "role": one.role,
            "site": one.site,
            "phone": phone_state(session, one),
        }
        for one in session.scalars(query)
    ]


def phone_state(session: Session, member: StaffMember) -> str:
    """Whether an alert can reach them."""
    if not member.active:
        return "removed"
    chat = session.scalar(select(Chat.id).where(Chat.staff_id == member.id, Chat.closed_at.is_(None)).limit(1))
    if chat is None:
        return "not connected"
    return "connected" if member.reachable else "unreachable"


def find_staff(session: Session, who: str) -> StaffMember:
    """By code or by name. Raises EnrolmentError."""
    hashed = vault_of(session).fingerprint(f"staff:{who.casefold()}")
    found = session.scalar(select(StaffMember).where(or_(StaffMember.code == who, StaffMember.name_hash == hashed)))
    if found is None:
        raise EnrolmentError(f"{who}: nobody on the staff list; `alongside staff list` shows them")
    return found


def _print_link(ours: App, member: StaffMember, token: str) -> None:
    zone = ours.study.sites[member.site].timezone
    print_link(ours, ours.settings.staff_bot_token, token, member.code, zone, setting="ALONGSIDE_STAFF_BOT_TOKEN")
