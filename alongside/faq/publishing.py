"""`alongside faq publish`, `rollback` and `history`: which model answers participants, and who says so."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from alongside.checkups.machine import fingerprint
from alongside.checkups.running import running
from alongside.faq.drafting import newest_report
from alongside.models import kept_models, sha256_of, trained_models
from alongside.people import work
from alongside.printing import console, table
from alongside.processes import NO_TLS, CannotStart
from study.bootstrap import App, bootstrap, rasa_secret
from study.errors import PublishingError
from study.publications import Publication, Step
from study.publications import history as steps
from study.services import publishing
from study.settings import Settings

TAKES_SECONDS = 60.0  # Rasa asks every second and loads in a few; longer is a fault
LOOK_SECONDS = 0.2
Name = Annotated[str, typer.Option("--by", help="Who publishes: not the person who approved the texts")]


def publish(by: Name) -> None:
    """The model that passed the gate answers participants from now on; a running Rasa takes it by itself."""
    app = bootstrap(Settings())
    report = newest_report(app.settings)
    file = trained_models(app.settings) / report["model"]
    if report["model"] != f"alongside-{fingerprint(app.settings)}.tar.gz":
        raise PublishingError("the files have changed since they were trained; run `alongside faq train`")
    if not file.exists() or sha256_of(file) != report["sha256"]:
        raise PublishingError(f"{report['model']} is not the file the gate looked at; run `alongside faq train`")
    _keep(app, file)
    row = app.db.run(lambda session: publishing.publish(work(app, session), report, by))
    _wait_until_taken(app, row)


def rollback(by: Name) -> None:
    """The model that was served before is served again, in seconds."""
    app = bootstrap(Settings())
    row = app.db.run(lambda session: publishing.roll_back(work(app, session), by))
    _wait_until_taken(app, row)


def history(as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False) -> None:
    """Who published what, when, and how good it was; the newest first, which is what is served."""
    app = bootstrap(Settings())
    found = [_row(one) for one in app.db.read(steps)]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    if not found:
        console().print('Nothing was published yet: `alongside faq train`, then `alongside faq publish --by "NAME"`.')
        return
    columns = ("When (UTC)", "What", "By", "Model", "Topics", "Examples", "Golden", "SHA-256")
    rows = [
        (
            one["at"][:16].replace("T", " "),
            one["step"].replace("_", " "),
            one["by"],
            one["model"].removesuffix(".tar.gz"),
            one["topics"],
            one["examples"],
            f"{one['golden'].get('right', '-')}/{one['golden'].get('asked', '-')}",
            one["sha256"][:12],
        )
        for one in found
    ]
    console().print(table(columns, rows, right=("Topics", "Examples", "Golden"), fold=("By", "Model")))


def _row(one: Publication) -> dict[str, Any]:
    kept = {key: one.report.get(key) for key in ("topics", "examples", "changes")}
    golden = one.report.get("golden") or {}
    about = {"at": one.at.isoformat(), "step": one.step, "by": one.by, "model": one.model, "sha256": one.sha256}
    return about | kept | {"golden": golden}


def _keep(app: App, model: Path) -> None:
    """A copy among the installation's data, whole or not at all: training anew or `make clean` takes nothing away."""
    folder = kept_models(app.settings)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{model.name}.new"
    shutil.copyfile(model, draft)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(folder / model.name)


def _wait_until_taken(app: App, row: Publication) -> None:
    """Done is when the Rasa that serves reports the new hash. Exit 1 where it does not."""
    done = "published" if row.step == Step.PUBLISHED else "rolled back"
    settings = app.settings
    if settings.rasa_url is None and "rasa" not in running(settings):
        print(f"{row.model} is {done}. Nothing runs here now: it is served from the next start on.")
        return
    url = (settings.rasa_url or f"http://127.0.0.1:{settings.rasa_port}").rstrip("/")
    headers = {"X-Alongside-Secret": rasa_secret(settings).get_secret_value()}
    begun = time.monotonic()
    while time.monotonic() - begun < TAKES_SECONDS:
        if _reported(url, headers) == row.sha256:
            print(f"{row.model} is {done}, and in force after {time.monotonic() - begun:.0f} s.")
            return
        time.sleep(LOOK_SECONDS)
    raise CannotStart(
        f"{row.model} is {done}, but Rasa has not taken it after {TAKES_SECONDS:.0f} s and goes on with the one "
        "before. See `alongside doctor`"
    )


def _reported(url: str, headers: dict[str, str]) -> str | None:
    try:
        told = httpx.get(f"{url}/webhooks/alongside/health", headers=headers, timeout=5, trust_env=False, verify=NO_TLS)
        found: str | None = told.json().get("hash")
    except (httpx.HTTPError, ValueError):
        return None
    return found
