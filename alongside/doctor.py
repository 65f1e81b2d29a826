"""`alongside doctor`: every prerequisite, with ok or what to do. It looks and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from alongside.checkups import keeping, machine, running, staffing, telegram
from alongside.checkups.verdict import Check
from alongside.printing import console, several, table
from study.settings import Settings

MARKS = {"ok": "ok", "warning": "look", "wrong": "WRONG"}
STYLES = {"ok": None, "warning": "yellow", "wrong": "bold red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Looks at everything an installation needs. Exit 1 if something is wrong."""
    settings = Settings()
    checks = [check for look in LOOKS for check in look(settings)]
    bad = sum(check.verdict == "wrong" for check in checks)
    if as_json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        rows = [(MARKS[check.verdict], check.what, check.says) for check in checks]
        styles = [STYLES[check.verdict] for check in checks]
        console().print(table(("", "What", "Found"), rows, styles=styles, fold=("Found",)))
        looks = sum(check.verdict == "warning" for check in checks)
        console().print(f"{several(bad, 'thing')} wrong, {looks} to look at." if bad or looks else "All is well.")
    raise typer.Exit(1 if bad else 0)


LOOKS: tuple[Callable[[Settings], list[Check]], ...] = (
    machine.programs,
    machine.model,
    machine.study_files,
    machine.never_in_a_real_study,
    machine.who_may_read,
    machine.disk,
    keeping.key,
    keeping.database,
    telegram.bots,
    staffing.ladders,
    telegram.mail,
    running.processes_and_loops,
)
