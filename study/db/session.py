"""Sessions. One way in: `Database.run(work)` runs a unit of work in one transaction and repeats it when the
database asks."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from study.keys import Vault

log = logging.getLogger(__name__)
T = TypeVar("T")

BUSY_MILLISECONDS = 5_000
PATIENCE_SECONDS = 60.0
MOST_CLASHES = 3  # a unique key taken by another transaction: the next try sees its row; more often is a defect
# PostgreSQL: serialization_failure, deadlock_detected, lock_not_available, admin_shutdown, crash_shutdown,
# cannot_connect_now (https://www.postgresql.org/docs/current/errcodes-appendix.html)
PASSING = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03"}


class Database:
    """An engine and the vault that goes with it."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.vault = vault
        self.engine = make_engine(url)

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def session(self) -> Session:
        """A session that knows its vault. The caller commits."""
        return Session(self.engine, expire_on_commit=False, info={"vault": self.vault})

    def run(self, work: Callable[[Session], T], patience: float = PATIENCE_SECONDS) -> T:
        """Run `work` in one transaction, again from its start while the database is locked, restarting or
        another transaction came first, for up to `patience` seconds of machine time."""
        give_up_at = time.monotonic() + patience
        pause = 0.02
        clashes = 0
        while True:
            try:
                with self.session() as session:
                    result = work(session)
                    session.commit()
                    return result
            except (DBAPIError, StaleDataError) as error:
                clashes += isinstance(error, IntegrityError)
                if not passes(error) or clashes > MOST_CLASHES or time.monotonic() >= give_up_at:
                    raise
                log.info("database asks to repeat: %s", type(error).__name__)
                time.sleep(pause)
                pause = min(pause * 2, 1.0)

    def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` without taking SQLite's one write lock. Nothing it changes is kept."""
        with Session(
            self.engine.execution_options(sqlite_begin="DEFERRED"),
            expire_on_commit=False,
            info={"vault": self.vault},
        ) as session:
            return work(session)

    def close(self) -> None:
        self.engine.dispose()


def passes(error: Exception) -> bool:
    """Whether an error is one that goes away by itself, so that the work may be repeated."""
    if isinstance(error, StaleDataError):
        return True
    if isinstance(error, IntegrityError):
        return "unique" in str(error.orig).lower()
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.OperationalError):
        return any(word in str(error.orig) for word in ("locked", "busy", "disk is full"))
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state in PASSING or (isinstance(error, OperationalError) and state is None)


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, synchronous=FULL, BEGIN IMMEDIATE) or PostgreSQL (psycopg 3)."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database and address.database != ":memory:":
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return create_engine(address, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")
