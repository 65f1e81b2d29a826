"""Bringing a database up to date (Alembic). The first process to start does it; the others wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from study.db.session import Database
from study.errors import AlongsideError

MIGRATION_LOCK = 0x0A1E3B
ONE_AT_A_TIME = threading.Lock()  # Alembic keeps the migration that runs in a global of the process


class StrayRows(AlongsideError):
    """A migration would have left rows that point to nothing. It was taken back."""

    code = "stray_rows"


def config(db: Database) -> Config:
    """Alembic's configuration without a file: where the migrations are, and which connection to use."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["engine"] = db.engine
    return made


def upgrade(db: Database, version: str = "head") -> None:
    """Run every migration not yet run, in one transaction."""
    _run(db, lambda made: command.upgrade(made, version))


def go_back(db: Database, version: str) -> None:
    """Back to an earlier version. What only the later one keeps is gone: make a backup first."""
    _run(db, lambda made: command.downgrade(made, version))


def _run(db: Database, migrate: Callable[[Config], None]) -> None:
    made = config(db)
    with ONE_AT_A_TIME, db.engine.connect() as connection, _rebuilding(db, connection), connection.begin():
        if db.is_postgresql:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        made.attributes["connection"] = connection
        migrate(made)
        if not db.is_postgresql and (stray := connection.execute(text("PRAGMA foreign_key_check")).all()):
            raise StrayRows(f"{stray[0][0]}: rows point to nothing after the migration; nothing was changed")


@contextmanager
def _rebuilding(db: Database, connection: Connection) -> Iterator[None]:
    """SQLite changes a table by building it anew and dropping the old one, and would take dropping it for deleting what
    others point to (https://www.sqlite.org/lang_altertable.html, step 1). Outside a transaction only."""
    if db.is_postgresql:
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
