"""`alongside study check`: everything that is wrong with a study's files, each in one line with its place."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from alongside.processes import ROOT
from study.protocol.checking import check_study
from study.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Commands on the study's files."""


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of the study; the configured one if left out")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """study.yml, wordings and FAQ: errors with file, line and mend; texts nobody approved. Exit 1 if anything
    stops a start."""
    settings = Settings()
    found = check_study(folder or settings.study, settings.faq, ROOT / "domain.yml")
    stops = [one for one in found if one.stops(rehearsal=False)]
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        for one in found:
            print(one)
        print(f"{len(stops)} to mend, {len(found) - len(stops)} to look at." if found else "All is well.")
    raise typer.Exit(1 if stops else 0)
