"""The one place that wires things together. Importing any other module touches no network, database or environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.orm import Session

from study.clock import StudyClock
from study.db.migrate import upgrade
from study.db.session import Database
from study.keys import Vault, new_master_key
from study.protocol import Study
from study.protocol.reading import load_study
from study.settings import Settings


@dataclass(frozen=True)
class App:
    """A running installation, as one process sees it."""

    settings: Settings
    study: Study
    db: Database
    clock: StudyClock


def bootstrap(settings: Settings | None = None) -> App:
    """Read the study, open the database, bring it up to date. Raises ProtocolError, WrongDataKey with one line each."""
    settings = settings or Settings()
    study = load_study(settings.study)
    db = open_database(settings)
    return App(settings, study, db, StudyClock(settings.clock_file))


def open_database(settings: Settings) -> Database:
    """The database, migrated, with a master key that is proven to fit."""
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = Database(settings.database_url, Vault(master_key(settings).get_secret_value()))
    upgrade(db)
    now = StudyClock(settings.clock_file).now()

    def prove(session: Session) -> None:
        key = db.vault.study_key(session, now)
        db.vault.seal(session, key.id, "proof")

    db.run(prove)
    return db


def master_key(settings: Settings) -> SecretStr:
    """DATA_KEY, or the one kept in VAR_DIR/data.key: made on the first start, readable by its owner only."""
    if settings.data_key is not None:
        return settings.data_key
    return kept_secret(settings.var_dir / "data.key")


def kept_secret(file: Path) -> SecretStr:
    """A secret of this installation, made once and kept with mode 600. Two processes that start at once agree on
    one."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}.new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as opened:
            opened.write(new_master_key() + "\n")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return SecretStr(file.read_text().strip())


def rasa_secret(settings: Settings) -> SecretStr:
    """What bot and Rasa show each other."""
    return settings.rasa_secret or kept_secret(settings.var_dir / "rasa.secret")
