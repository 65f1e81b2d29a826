"""`alongside concerns`: what is open, gravest first."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from study.bootstrap import App, bootstrap
from study.concerns import Concern, ConcernState
from study.participants import Participant
from study.protocol import Severity


def concerns(
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Every concern that is not resolved, gravest and oldest first."""
    app = bootstrap()
    rows = app.db.read(lambda session: _rows(app, session, everything))
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table("Reference", "Participant", "Site", "Kind", "Severity", "State", "Received", "Waits")
    for row in rows:
        style = "bold red" if row["state"] == ConcernState.UNOWNED else None
        table.add_row(*(str(value) for value in row.values()), style=style)
    Console().print(table if rows else "Nothing is open.")


def _rows(app: App, session: Session, everything: bool) -> list[dict[str, str]]:
    query = select(Concern).order_by(Concern.received_at)
    if not everything:
        query = query.where(Concern.state != ConcernState.RESOLVED)
    now = app.clock.now()
    found = sorted(session.scalars(query), key=lambda one: -Severity(one.severity).rank)
    rows = []
    for one in found:
        participant = session.get(Participant, one.participant_id) if one.participant_id else None
        zone = app.study.sites[one.site].zone
        waits = one.acknowledged_at is None
        rows.append(
            {
                "reference": one.reference,
                "participant": participant.code if participant else "-",
                "site": one.site,
                "kind": ", ".join([one.kind, *one.flags]),
                "severity": one.severity,
                "state": one.state if one.level < 0 else f"{one.state}, level {one.level + 1}",
                "received": f"{one.received_at.astimezone(zone):%Y-%m-%d %H:%M %Z}",
                "waits": f"{int((now - one.received_at).total_seconds() // 60)} min" if waits else "-",
            }
        )
    return rows
