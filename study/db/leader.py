"""One bot process leads: only it polls, sends and ticks. A file lock beside SQLite, an advisory lock on PostgreSQL."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from study.db.session import Database

LEADER_LOCK = 0x0A1EAD


class Leadership:
    """Held until `release` or the end of the process, whichever way it ends."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._file: IO[str] | None = None
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Whether this process leads now."""
        return self._take_advisory() if self.db.is_postgresql else self._take_file()

    def _take_file(self) -> bool:
        database = Path(self.db.engine.url.database or "memory")
        opened = database.with_suffix(".leader").open("w")
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            opened.close()
            return False
        self._file = opened
        return True

    def _take_advisory(self) -> bool:
        connection = self.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        taken = connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK})
        if not taken:
            connection.close()
            return False
        self._connection = connection
        return True

    def holds(self) -> bool:
        """Whether the lock is still ours: PostgreSQL drops it with the connection."""
        if self._connection is None:
            return self._file is not None
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._connection is not None:
            self._connection.close()
        self._file = self._connection = None
