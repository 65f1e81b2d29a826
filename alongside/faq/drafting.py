"""`alongside faq check`, `try` and `train`: a draft, before anybody is answered with it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import asdict
from typing import Annotated, Any

import typer

from alongside.models import language_project, trained_models
from alongside.printing import console, table
from alongside.processes import RASA_PYTHON, ROOT, CannotStart
from study.bootstrap import bootstrap
from study.protocol.faq_advice import advise
from study.protocol.faq_files import check_domain, check_faq
from study.protocol.findings import Finding
from study.protocol.reading import load_study
from study.publications import published
from study.settings import Settings


def check(as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False) -> None:
    """Questions and answers: mistakes with file, line and mend; look-alikes, hard answers, texts nobody approved."""
    settings = Settings()
    found = [*_mistakes(settings), *advise(settings.faq)]
    stops = [one for one in found if one.stops(rehearsal=False)]
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        for one in sorted(found, key=lambda one: (one.file, one.line)):
            print(one)
        print(f"{len(stops)} to mend, {len(found) - len(stops)} to look at." if found else "All is well.")
    raise typer.Exit(1 if stops else 0)


def _mistakes(settings: Settings) -> list[Finding]:
    drug_name = load_study(settings.study).drug_name
    return [*check_faq(settings.faq, drug_name), *check_domain(ROOT / "domain.yml", drug_name)]


def try_(sentence: Annotated[str, typer.Argument(help="What a participant might write")]) -> None:
    """What would be answered by the files as they are, the runner-up, and the examples that made it so."""
    found = _tried(Settings(), sentence)
    out = console()
    out.print(found["says"])
    rows = [(one["name"], f"{100 * one['confidence']:.0f}%") for one in found["ranking"]]
    out.print(table(("Understood as", "Sure"), rows, right=("Sure",)))
    near = [(f"{100 * one['likeness']:.0f}%", one["name"], one["example"]) for one in found["examples"]]
    out.print(table(("Like", "Topic", "Nearest examples"), near, right=("Like",), fold=("Nearest examples",)))


def train() -> None:
    """Trains the model of the files as they are, and lets it through the gate or not. Exit 1 if not."""
    settings = Settings()
    app = bootstrap(settings)
    now = app.db.read(published)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as served:
        json.dump(now.report if now is not None else {}, served)
        served.flush()
        status = _gate(settings, served.name)
    if status not in (0, 1):
        raise typer.Exit(2)
    report = newest_report(settings)
    _print_report(report)
    raise typer.Exit(status)


def newest_report(settings: Settings) -> dict[str, Any]:
    """What the gate found of the model that was trained last. Raises CannotStart where none was."""
    reports = sorted(trained_models(settings).glob("alongside-*.json"), key=lambda file: file.stat().st_mtime)
    if not reports:
        raise CannotStart("nlu/models: no model went through the gate; run `alongside faq train`")
    report: dict[str, Any] = json.loads(reports[-1].read_text(encoding="utf-8"))
    return report


def _print_report(report: dict[str, Any]) -> None:
    golden, changes = report["golden"], report["changes"]
    out = console()
    out.print(
        f"{report['model']}: {report['topics']} topics, {report['examples']} examples; of "
        f"{golden['asked']} golden questions {golden['right']} right, {golden['passed_on']} passed on, "
        f"{golden['wrong']} wrong."
    )
    for what, entries in changes.items():
        for entry in entries.items() if isinstance(entries, dict) else entries:
            out.print(f"  {what.replace('_', ' ')}: {': '.join(entry) if isinstance(entry, tuple) else entry}")
    for reason in report["against"]:
        out.print(f"AGAINST: {reason}")
    out.print(
        "It did not pass the gate." if report["against"] else 'It passed. `alongside faq publish --by "YOUR NAME"`'
    )


def _gate(settings: Settings, served: str) -> int:
    """Trains and judges, with its progress on our output."""
    where = ["--root", str(language_project(settings)), "--out", str(trained_models(settings))]
    command = [*_python(), "-m", "nlu.gate", *where, "--against", served]
    return subprocess.run(command, cwd=ROOT, env=_environment(), check=False).returncode


def _tried(settings: Settings, sentence: str) -> dict[str, Any]:
    """What nlu.trying makes of a sentence. Raises CannotStart with its last lines where it fails."""
    where = ["--root", str(language_project(settings)), "--out", str(trained_models(settings))]
    command = [*_python(), "-m", "nlu.trying", *where, sentence]
    done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise CannotStart("the files cannot be tried as they are; see above")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _python() -> list[str]:
    if not RASA_PYTHON.exists():
        raise CannotStart("nlu/.venv: Rasa's environment is missing; run `make setup`")
    return [str(RASA_PYTHON)]


def _environment() -> dict[str, str]:
    """No address of the database, no token, no key: as for Rasa itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALONGSIDE_")}
    return kept | {"PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT)}
