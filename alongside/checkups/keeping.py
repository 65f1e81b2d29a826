"""The database, its key, and the audit trail."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alongside.checkups.verdict import Check, look, ok, wrong
from study.audit import first_broken_link
from study.clock import StudyClock
from study.db.migrate import config
from study.db.session import Database
from study.errors import WrongDataKey
from study.keys import DataKey, Vault, new_master_key
from study.settings import Settings

CLOCKS_APART = 60.0  # seconds; faults.md 31: beyond that escalations come early or late
FIRST_START = "it is made at the first start"


def is_missing(settings: Settings) -> bool:
    """Whether the database is a file that nobody has made yet. A server is asked, not looked for."""
    where = make_url(settings.database_url)
    return where.get_backend_name() == "sqlite" and not Path(where.database or "").exists()


def key(settings: Settings) -> list[Check]:
    """There, readable by nobody else, and where a copy has to be made from."""
    if settings.data_key is not None:
        try:
            Vault(settings.data_key.get_secret_value())
        except WrongDataKey as error:
            return [wrong("Data key", str(error))]
        return [ok("Data key", "from ALONGSIDE_DATA_KEY. Without it nothing can be read: keep a copy elsewhere")]
    file = settings.var_dir / "data.key"
    if not file.exists():
        if is_missing(settings):
            return [look("Data key", f"none yet: {FIRST_START}, in {file}. Copy it to a safe place then")]
        return [wrong("Data key", f"{file} is missing: put the key of this database back before you start anything")]
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return [wrong("Data key", f"{file} can be read by other accounts: `chmod 600 {file}`")]
    mend = "Without it nothing can be read: keep a copy, and not beside the backups"
    return [look("Data key", f"in {file}. {mend}")]


def database(settings: Settings) -> list[Check]:
    """Reachable, up to date, whole; the key opens it; the audit trail is unbroken."""
    if is_missing(settings):
        return [look("Database", f"none yet: {FIRST_START}")]
    with opened(settings) as db:
        try:
            return list(_looked_into(db, settings))
        except WrongDataKey as error:
            return [wrong("Data key", str(error))]
        except (SQLAlchemyError, OSError) as error:
            mend = "start the server, or mend ALONGSIDE_DATABASE_URL"
            return [wrong("Database", f"{address(db)}: {type(error).__name__}; {mend}")]


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database without making or migrating anything. With a key that is none, all but the sealed can be read."""
    file = settings.var_dir / "data.key"
    given = settings.data_key.get_secret_value() if settings.data_key else None
    try:
        vault = Vault(given or (file.read_text().strip() if file.exists() else ""))
    except WrongDataKey:
        vault = Vault(new_master_key())
    db = Database(settings.database_url, vault)
    try:
        yield db
    finally:
        db.close()


def _looked_into(db: Database, settings: Settings) -> Iterator[Check]:
    with db.engine.execution_options(sqlite_begin="DEFERRED").connect() as connection:
        have = MigrationContext.configure(connection).get_current_revision()
        newest = ScriptDirectory.from_config(config(db)).get_current_head()
        damage = None if db.is_postgresql else connection.execute(text("PRAGMA quick_check(1)")).scalar()
        stray = [] if db.is_postgresql else connection.execute(text("PRAGMA foreign_key_check")).all()
    if have != newest:
        yield wrong("Database", f"{address(db)}: at version {have or 'none'}, needs {newest}; the next start does it")
        return
    if damage not in (None, "ok") or stray:
        yield wrong("Database", f"{address(db)}: damaged ({damage}): stop, and restore a backup (docs/operations.md)")
    else:
        yield ok("Database", f"{address(db)}, version {have}" + ("" if db.is_postgresql else ", whole"))
    yield from db.read(lambda session: list(_opened_by_key(session, db)))
    broken = db.read(first_broken_link)
    if broken is not None:
        yield wrong("Audit trail", f"altered at row {broken}: docs/operations.md says what to do")
    else:
        yield ok("Audit trail", "unbroken")
    if db.is_postgresql:
        yield database_clock(db)


def _opened_by_key(session: Session, db: Database) -> Iterator[Check]:
    """Raises WrongDataKey where the key is of another database."""
    known = session.query(DataKey).filter_by(owner="study").one_or_none()
    if known is not None:
        db.vault.seal(session, known.id, "proof")
        yield ok("Data key", "opens this database")


def database_clock(db: Database) -> Check:
    """A PostgreSQL on another machine has a clock of its own."""
    with db.engine.connect() as connection:
        theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs((StudyClock().now() - theirs).total_seconds())
    if apart > CLOCKS_APART:
        return wrong("Clock", f"{apart:.0f} s away from the database's: turn on NTP on both machines")
    return ok("Clock", f"{apart:.0f} s away from the database's")


def address(db: Database) -> str:
    return db.engine.url.render_as_string(hide_password=True)
