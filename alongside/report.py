"""`alongside report`: how the study goes, in figures that can be passed on."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console

from alongside.people import check_site
from alongside.printing import console, percent, several, table
from study.bootstrap import bootstrap
from study.errors import AlongsideError
from study.services.reporting import TAKEN, UNKNOWN, Report, Scope, Waits, spoken_seconds
from study.services.reporting import report as figures


class NoSuchDays(AlongsideError):
    """The days asked for are none; str() says how to write them."""

    code = "no_such_days"


def report(
    site: Annotated[str | None, typer.Option(help="Only this site, such as S1")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD, itself included")] = None,
    with_tests: Annotated[bool, typer.Option("--with-tests", help="Count test participants too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts")] = False,
) -> None:
    """Participants, check-ins, doses told, concerns and how fast they were met, questions and wishes."""
    app = bootstrap()
    check_site(app, site)
    scope = Scope(site, _day("--from", first), _day("--to", last), with_tests)
    if scope.first and scope.last and scope.last < scope.first:
        raise NoSuchDays(f"--to {last}: lies before --from {first}; give the earlier day to --from")
    now = app.clock.now()
    told = app.db.read(lambda session: figures(session, app.study, now, scope))
    if as_json:
        print(json.dumps(as_data(told, scope), indent=2))
        return
    out = console()
    out.print(f"[bold]{app.study.code}[/bold], {_scope_in_words(scope)}, as of {now:%Y-%m-%d %H:%M} UTC\n")
    _people(out, told)
    _checkins(out, told)
    _doses(out, told)
    _concerns(out, told)
    _talk(out, told)
    out.print(_footer(told, scope))


def as_data(told: Report, scope: Scope) -> dict[str, Any]:
    """The figures with their shares; seconds where people read minutes."""
    data = asdict(told)
    for one, checkin in zip(data["checkins"], told.checkins, strict=True):
        one["rate"] = checkin.rate
    data["doses"] |= {"adherence": told.doses.adherence, "unknown": told.doses.unknown}
    days = {"from": scope.first and scope.first.isoformat(), "to": scope.last and scope.last.isoformat()}
    return {"site": scope.site, **days, "with_tests": scope.with_tests, **data}


def _scope_in_words(scope: Scope) -> str:
    where = f"site {scope.site}" if scope.site else "all sites"
    if scope.first or scope.last:
        return f"{where}, {scope.first or 'the beginning'} to {scope.last or 'now'}"
    return f"{where}, from the beginning"


def _people(out: Console, told: Report) -> None:
    number = sum(told.standings.values())
    said = ", ".join(f"{count} {standing}" for standing, count in told.standings.items()) or "none yet"
    unreachable = f"; {told.unreachable} cannot be reached" if told.unreachable else ""
    out.print(f"[bold]Participants[/bold] now: {number} ({said}){unreachable}\n")


def _checkins(out: Console, told: Report) -> None:
    rows = [
        [
            one.checkin,
            one.due,
            one.completed,
            percent(one.rate),
            one.missed,
            ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in one.skipped.items()) or "-",
            one.still_open,
        ]
        for one in told.checkins
    ]
    columns = ("Check-in", "Due", "Completed", "Rate", "Missed", "Skipped", "Still open")
    out.print(table(columns, rows, right=("Due", "Completed", "Rate", "Missed", "Still open"), fold=("Skipped",)))
    out.print(f"Questions about a symptom told out of the blue: {told.told_symptoms}\n")


def _doses(out: Console, told: Report) -> None:
    doses = told.doses
    others = ", ".join(f"{count} {said}" for said, count in doses.told.items() if said not in (TAKEN, UNKNOWN))
    out.print(
        f"[bold]Doses, as participants tell them[/bold]: {doses.told.get(TAKEN, 0)} taken of {doses.due} due "
        f"({percent(doses.adherence)}){'; ' + others if others else ''}; {doses.unknown} unknown"
    )
    out.print("Unknown: nobody said anything. It is not a missed dose.\n")


def _concerns(out: Console, told: Report) -> None:
    if not told.concerns:
        out.print("[bold]Concerns[/bold]: none\n")
        return
    rows = [
        [
            one.severity,
            one.kind.replace("_", " "),
            one.number,
            *_waits(one.to_delivery),
            *_waits(one.to_acknowledgement),
            one.unowned or "-",
        ]
        for one in told.concerns
    ]
    columns = ("Severity", "Concern", "No.", "Delivered", "worst", "not", "Taken", "worst", "not", "Unowned")
    out.print(table(columns, rows, right=("No.", "Delivered", "worst", "not", "Taken", "Unowned")))
    out.print(
        "From receipt: to its delivery on a phone of staff, and until somebody took it (acknowledged). The middle "
        "one, the worst, and how many not yet. Unowned: the ladder came to its end, then or now.\n"
    )


def _waits(waits: Waits) -> list[object]:
    return [spoken_seconds(waits.median), spoken_seconds(waits.worst), waits.none or "-"]


def _talk(out: Console, told: Report) -> None:
    answered = ", ".join(f"{topic.replace('_', ' ')} {count}" for topic, count in told.answers.items())
    wishes = ", ".join(f"{scope.replace('_', ' ')} {count}" for scope, count in told.wishes.items())
    out.print(f"[bold]Questions[/bold] answered from approved texts: {answered or 'none'}")
    out.print(f"Questions given to the team: {told.questions}")
    out.print(f"[bold]Wishes[/bold] to stop something: {wishes or 'none'}\n")


def _footer(told: Report, scope: Scope) -> str:
    said = []
    if scope.with_tests:
        said.append("Test participants are counted: these are not the study's figures.")
    elif told.tests_left_out:
        said.append(f"{several(told.tests_left_out, 'test participant')} left out (--with-tests counts them).")
    if told.unknown_people:
        said.append(f"Of the concerns, {told.unknown_people} about people we do not know.")
    return " ".join(said) or "No test participants."


def _day(option: str, written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise NoSuchDays(f"{option} {written}: a day is written like 2026-03-02") from None
