"""Bringing a database up to date (Alembic). The first process to start does it; the others wait for it."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from study.db.session import Database

MIGRATION_LOCK = 0x0A1E3B
ONE_AT_A_TIME = threading.Lock()  # Alembic keeps the migration that runs in a global of the process


def config(db: Database) -> Config:
    """Alembic's configuration without a file: where the migrations are, and which connection to use."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["engine"] = db.engine
    return made


def upgrade(db: Database) -> None:
    """Run every migration not yet run, in one transaction."""
    made = config(db)
    with ONE_AT_A_TIME, db.engine.begin() as connection:
        if db.is_postgresql:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        made.attributes["connection"] = connection
        command.upgrade(made, "head")
