"""`alongside concerns`: what is open, gravest first, and the whole trail of one. Codes only: words are for those who
are called, and looking at them is recorded."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from alongside.people import check_site
from alongside.printing import age, console, hour_at, lines, several, table
from study.audit import AuditEvent
from study.bootstrap import App, bootstrap
from study.concerns import Concern, ConcernState
from study.errors import ConcernError
from study.participants import Participant
from study.protocol import Severity
from study.staff import StaffMember

STYLES = {ConcernState.UNOWNED: "bold red", ConcernState.RESOLVED: "dim", ConcernState.ACKNOWLEDGED: "green"}
NOT_SHOWN = {"inbox"}  # ids of rows tell a reader nothing


class NoSuchConcern(ConcernError):
    """No concern has this reference."""

    code = "no_such_concern"

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.args = (f"{reference}: no such concern; `alongside concerns --all` lists them",)


def concerns(
    site: Annotated[str | None, typer.Option(help="Only this site, such as S1")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too")] = False,
    history: Annotated[str | None, typer.Option(help="The whole trail of one, such as C-0001")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Every concern that is not resolved, gravest and oldest first; with --history the trail of one."""
    app = bootstrap()
    check_site(app, site)
    if history is not None:
        _history(app, history.upper(), as_json)
        return
    found = app.db.read(lambda session: concern_rows(app, session, site, everything))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if not found:
        console().print("Nothing is open.")
        return
    columns = ("Concern", "Of", "What", "Severity", "State", "Since", "Who, and when")
    styles = [STYLES.get(ConcernState(row["state"])) for row in found]
    now = app.clock.now()
    shown = [_shown(app, row, now) for row in found]
    console().print(table(columns, shown, styles=styles, fold=("Of", "What", "Who, and when")))
    tests = sum(row["test"] for row in found)
    loud = sum(row["state"] == ConcernState.UNOWNED for row in found)
    said = [several(len(found) - tests, "concern")]
    said += [f"{loud} unowned: telephone the site now"] if loud else []
    said += [f"{tests} of test participants, who count in no report"] if tests else []
    console().print(f"{', '.join(said)}. Times are the site's.")
    console().print(f"The trail of one: `alongside concerns --history {found[0]['reference']}`.")


def concern_rows(app: App, session: Session, site: str | None, everything: bool) -> list[dict[str, Any]]:
    """Gravest first, then oldest. `called` are the codes of staff who were paged, in order."""
    query = select(Concern).order_by(Concern.received_at)
    if not everything:
        query = query.where(Concern.state != ConcernState.RESOLVED)
    if site is not None:
        query = query.where(Concern.site == site)
    found = sorted(session.scalars(query), key=lambda one: -Severity(one.severity).rank)
    called = _called(session, {one.reference for one in found})
    staff = {one.id: one for one in session.scalars(select(StaffMember))}
    return [_row(app, session, one, called.get(one.reference, []), staff) for one in found]


def _row(app: App, session: Session, one: Concern, called: list[str], staff: dict[int, StaffMember]) -> dict[str, Any]:
    participant = session.get(Participant, one.participant_id) if one.participant_id else None
    roles = {member.code: member.role for member in staff.values()}
    return {
        "reference": one.reference,
        "participant": participant.code if participant else None,
        "test": participant is not None and participant.is_test,
        "site": one.site,
        "kind": one.kind,
        "flags": list(one.flags),
        "severity": one.severity,
        "state": one.state,
        "received": one.received_at.isoformat(),
        "since": age(one.received_at, app.clock.now()),
        "level": one.level + 1,
        "levels": len(one.ladder["steps"]),
        "repeats": one.repeats,
        "called": [{"code": code, "role": roles.get(code)} for code in called],
        "delivered": _iso(one.delivered_at),
        "next_page": _iso(one.next_at),
        "acknowledged": _iso(one.acknowledged_at),
        "acknowledged_by": _member(staff, one.acknowledged_by),
        "resolved": _iso(one.resolved_at),
        "resolved_by": _member(staff, one.resolved_by),
    }


def _called(session: Session, references: set[str]) -> dict[str, list[str]]:
    """Whom each concern was told to, each once, as the audit trail has it."""
    called: dict[str, list[str]] = {}
    pages = select(AuditEvent).where(AuditEvent.event == "concern_paged").order_by(AuditEvent.id)
    for event in session.scalars(pages):
        if event.subject in references:
            known = called.setdefault(event.subject, [])
            known += [code for code in event.details.get("told", []) if code not in known]
    return called


def _member(staff: dict[int, StaffMember], number: int | None) -> dict[str, str] | None:
    member = staff.get(number) if number is not None else None
    return {"code": member.code, "role": member.role} if member else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _shown(app: App, row: dict[str, Any], now: datetime) -> list[object]:
    level = f" {row['level']}/{row['levels']}" if row["level"] and row["state"] == ConcernState.NOTIFIED else ""
    kind = row["kind"].replace("_", " ")
    flags = ", ".join(flag.replace("_", " ") for flag in row["flags"])
    return [
        row["reference"],
        (row["participant"] or "unknown") + (" test" if row["test"] else ""),
        f"{kind}: {flags}" if flags else kind,
        row["severity"],
        f"{row['state']}{level}",
        row["since"],
        lines([_called_so_far(row), _next_or_who(app, row, now)]),
    ]


def _called_so_far(row: dict[str, Any]) -> str:
    """Whom it was told to; nothing once somebody has it."""
    if row["acknowledged_by"]:
        return ""
    told = ", ".join(f"{one['code']} {one['role'] or ''}".strip() for one in row["called"])
    return f"told {told}" if told else "told nobody yet"


def _next_or_who(app: App, row: dict[str, Any], now: datetime) -> str:
    """Who has it and since when; else when the next is called."""
    zone = app.study.sites[row["site"]].zone
    by = row["resolved_by"] or row["acknowledged_by"]
    at = row["resolved"] or row["acknowledged"] or row["next_page"]
    if at is None:
        return ""
    hour = hour_at(datetime.fromisoformat(at), zone, now)
    return f"{by['code']} {by['role']} since {hour}" if by else f"next call {hour}"


def _history(app: App, reference: str, as_json: bool) -> None:
    trail = app.db.read(lambda session: history_rows(session, reference))
    if as_json:
        print(json.dumps(trail, indent=2))
        return
    site = app.db.read(lambda session: _concern(session, reference).site)
    zone = app.study.sites[site].zone
    shown = [
        [
            f"{datetime.fromisoformat(one['at']).astimezone(zone):%a %d %b %H:%M:%S}",
            one["by"],
            one["what"],
            one["details"],
        ]
        for one in trail
    ]
    console().print(table(("When", "Who", "What", "Details"), shown, fold=("Who", "What", "Details")))
    console().print(f"{reference}, times of {zone.key}. No words are shown here.")


def history_rows(session: Session, reference: str) -> list[dict[str, str]]:
    """Everything the audit trail tells of a concern, oldest first. Raises NoSuchConcern."""
    _concern(session, reference)
    roles = {member.code: member.role for member in session.scalars(select(StaffMember))}
    events = session.scalars(select(AuditEvent).where(AuditEvent.subject == reference).order_by(AuditEvent.id))
    return [
        {
            "at": event.at.isoformat(),
            "by": _named(event.actor, roles),
            "what": _spoken(event),
            "details": _details(event.details, roles),
        }
        for event in events
    ]


def _concern(session: Session, reference: str) -> Concern:
    concern = session.scalar(select(Concern).where(Concern.reference == reference))
    if concern is None:
        raise NoSuchConcern(reference)
    return concern


def _named(code: str, roles: dict[str, str]) -> str:
    return f"{code} {roles[code]}" if code in roles else code


def _spoken(event: AuditEvent) -> str:
    """`concern_paged` as "paged", an alarm with what it is about."""
    what = event.event.removeprefix("concern_").replace("_", " ")
    return f"alarm: {str(event.details.get('code', '')).replace('_', ' ')}" if event.event == "alarm" else what


def _details(details: dict[str, Any], roles: dict[str, str]) -> str:
    """Codes as they are stored; staff with their role; a level as people count, from 1."""
    told = []
    for name, value in details.items():
        if name in NOT_SHOWN or value in (None, [], {}) or (name == "code"):
            continue
        if name == "level":
            value = int(value) + 1
        if isinstance(value, list):
            value = ", ".join(_named(str(one), roles) for one in value)
        told.append(f"{name.replace('_', ' ')}: {value}")
    return "; ".join(told)
