"""`alongside doctor`: every prerequisite, with ok or what to do."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alongside.processes import MODELS, RASA_PYTHON, ROOT, CannotStart, check_port
from study.audit import first_broken_link
from study.bootstrap import open_database
from study.errors import AlongsideError
from study.protocol.checking import check_study
from study.protocol.reading import load_study
from study.settings import Settings
from study.staff import StaffMember


@dataclass(frozen=True)
class Check:
    """`verdict`: ok, warning (it runs, but look) or wrong (it does not)."""

    what: str
    verdict: str
    says: str


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array for scripts")] = False,
) -> None:
    """Looks at everything an installation needs. Exit 1 if something is wrong."""
    settings = Settings()
    checks = [check for look in LOOKS for check in look(settings)]
    if as_json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        table = Table("", "What", "")
        marks = {"ok": "[green]ok", "warning": "[yellow]look", "wrong": "[red]WRONG"}
        for check in checks:
            table.add_row(marks[check.verdict], check.what, check.says)
        Console().print(table)
    raise typer.Exit(1 if any(check.verdict == "wrong" for check in checks) else 0)


def _python(_settings: Settings) -> list[Check]:
    ours = sys.version_info >= (3, 11)
    found = [Check("Python", "ok" if ours else "wrong", sys.version.split()[0] if ours else "3.11 or newer is needed")]
    if RASA_PYTHON.exists():
        found.append(Check("Rasa's environment", "ok", "nlu/.venv"))
    else:
        found.append(Check("Rasa's environment", "wrong", "nlu/.venv is missing: run `make setup`"))
    models = sorted(MODELS.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime)  # Rasa loads the newest
    if models:
        found.append(Check("Model", "ok", models[-1].name))
    else:
        found.append(Check("Model", "wrong", "none in nlu/models: run `make train`"))
    return found


def _study(settings: Settings) -> list[Check]:
    found = check_study(settings.study, settings.faq, ROOT / "domain.yml")
    stops = [one for one in found if one.stops(rehearsal=settings.rehearsal)]
    if stops:
        return [Check("Study", "wrong", f"{one}") for one in stops[:5]]
    return [Check("Study", "ok", f"{settings.study}, {len(found)} to look at (`alongside study check`)")]


def _database(settings: Settings) -> list[Check]:
    unset = settings.data_key is None
    fresh = unset and not (settings.var_dir / "data.key").exists()
    try:
        db = open_database(settings)
        broken = db.read(first_broken_link)
        staff = db.read(_staff_at_sites)
    except (AlongsideError, OSError) as error:
        return [Check("Database", "wrong", str(error))]
    except Exception as error:  # whatever a database driver raises is the answer here
        return [Check("Database", "wrong", f"{type(error).__name__}: check ALONGSIDE_DATABASE_URL")]
    found = [Check("Database", "ok", db.engine.url.render_as_string(hide_password=True))]
    if fresh:
        said = f"made in {settings.var_dir}/data.key: keep a copy apart from the database"
        found.append(Check("Data key", "warning", said))
    else:
        found.append(Check("Data key", "ok", "fits the database" if not unset else f"{settings.var_dir}/data.key"))
    intact = broken is None
    found.append(Check("Audit trail", "ok" if intact else "wrong", "unbroken" if intact else f"broken at row {broken}"))
    try:
        sites = load_study(settings.study).sites
    except AlongsideError:
        return found
    for site in sites:
        if not staff.get(site):
            mend = f"nobody receives concerns: `alongside staff add NAME --role nurse --site {site}`"
            found.append(Check(f"Staff at {site}", "warning", mend))
    db.close()
    return found


def _staff_at_sites(session: Session) -> dict[str, int]:
    count = select(StaffMember.site, func.count()).where(StaffMember.active).group_by(StaffMember.site)
    return {site: number for site, number in session.execute(count)}  # noqa: C416 - rows are not tuples to mypy


def _telegram(settings: Settings) -> list[Check]:
    tokens = {
        "ALONGSIDE_PARTICIPANT_BOT_TOKEN": settings.participant_bot_token,
        "ALONGSIDE_STAFF_BOT_TOKEN": settings.staff_bot_token,
    }
    found = [_token(settings, name, token) for name, token in tokens.items()]
    both = [token.get_secret_value() for token in tokens.values() if token is not None]
    if len(both) == 2 and both[0] == both[1]:
        found.append(Check("Two bots", "warning", "one token for both: a flood of patients can slow an alert"))
    return found


def _token(settings: Settings, name: str, token: SecretStr | None) -> Check:
    if token is None:
        return Check(name, "wrong", "not set: get a token from @BotFather and put it into .env")
    url = f"{settings.telegram_api_url.rstrip('/')}/bot{token.get_secret_value()}/getMe"
    try:
        answer = httpx.get(url, timeout=10.0)
    except httpx.HTTPError as error:
        return Check(name, "warning", f"Telegram does not answer ({type(error).__name__})")
    if answer.status_code != 200:
        return Check(name, "wrong", "Telegram refuses it: copy it again from @BotFather")
    return Check(name, "ok", f"@{answer.json()['result'].get('username', '?')}")


def _ports(settings: Settings) -> list[Check]:
    found = []
    for name in ("rasa_port", "actions_port", "health_port", "demo_port"):
        port = getattr(settings, name)
        try:
            check_port(f"ALONGSIDE_{name.upper()}", port)
        except CannotStart as error:
            found.append(Check(f"Port {port}", "warning", str(error)))
        else:
            found.append(Check(f"Port {port}", "ok", "free"))
    return found


def _disk(settings: Settings) -> list[Check]:
    free = shutil.disk_usage(settings.var_dir if settings.var_dir.exists() else ROOT).free // 2**20
    return [Check("Disk", "ok" if free > 1024 else "warning", f"{free} MB free in {settings.var_dir}")]


LOOKS: tuple[Callable[[Settings], list[Check]], ...] = (_python, _study, _database, _telegram, _ports, _disk)
