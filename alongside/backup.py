"""`alongside backup FILE`: one file that holds the whole database as it was at one moment, and never the key."""

from __future__ import annotations

import os
import shlex
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from alongside.printing import several
from study.audit import AuditEvent, first_broken_link
from study.errors import AlongsideError
from study.participants import Participant
from study.settings import Settings


@dataclass(frozen=True)
class Copy:
    """What a finished copy holds. One that is not whole is kept all the same: it is what there is."""

    whole: bool
    says: str


class CannotBackUp(AlongsideError):
    """No backup was made; str() says why and how to mend it."""

    code = "cannot_back_up"


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet")],
) -> None:
    """The database in one file, while everything runs. Checked before it gets its name. The key is not in it."""
    settings = Settings()
    address = make_url(settings.database_url)
    if address.get_backend_name() != "sqlite":
        print("PostgreSQL is backed up with its own program:")
        print(f"    {pg_dump(address, file)}")
        raise typer.Exit(1)
    source = Path(address.database or "")
    refuse_where_others_look(file, settings, source)
    found = copied(source, file)
    where = "ALONGSIDE_DATA_KEY" if settings.data_key else settings.var_dir / "data.key"
    print(f"{file}: {file.stat().st_size // 1024} kB, {found.says}")
    print(f"The key ({where}) is not in it, and without the key it cannot be read: keep that elsewhere.")
    raise typer.Exit(0 if found.whole else 1)


def pg_dump(address: URL, file: Path) -> str:
    """The command that backs up this database, ready to paste. pg_dump asks for the password, or reads ~/.pgpass."""
    host = address.host or address.query.get("host")
    asked = {"host": host, "port": address.port, "username": address.username}
    options = [f"--{name}={value}" for name, value in asked.items() if value]
    words = ["pg_dump", "--format=custom", *options, f"--file={file}", address.database or ""]
    return f"(umask 077 && {shlex.join(words)})"


def refuse_where_others_look(file: Path, settings: Settings, source: Path) -> None:
    """Raises CannotBackUp: a backup is personal data, and beside its key it lies open."""
    folder = file.absolute().parent
    if file.exists():
        raise CannotBackUp(f"{file}: is there already; give a new name, such as backup-2026-03-02.db")
    if not folder.is_dir():
        raise CannotBackUp(f"{folder}: no such folder; make it with `mkdir -m 700 {folder}`")
    if not source.exists():
        raise CannotBackUp(f"{source}: no database yet; mend ALONGSIDE_DATABASE_URL, or start once")
    if stat.S_IMODE(folder.stat().st_mode) & stat.S_IRWXO:
        raise CannotBackUp(f"{folder}: every account of this machine may look into it; `chmod 700 {folder}` or another")
    if (folder / "data.key").exists() or folder == settings.var_dir.absolute():
        raise CannotBackUp(f"{folder}: holds the data key; a backup belongs somewhere else")


def copied(source: Path, file: Path) -> Copy:
    """Copy while others write (SQLite's online backup), check the copy, give it its name."""
    draft = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            _copy(source, draft)
            found = _checked(draft)
            _flush(draft)
            draft.rename(file)
        finally:
            draft.unlink(missing_ok=True)
        _flush(file.absolute().parent)
    except OSError as error:
        raise CannotBackUp(f"{error.filename or file}: {error.strerror}; nothing was written") from None
    except sqlite3.Error as error:
        raise CannotBackUp(f"{source}: {error}; nothing was written") from None
    return found


def _copy(source: Path, draft: Path) -> None:
    """All pages in one step: one moment, whatever is written meanwhile."""
    theirs = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    ours = sqlite3.connect(draft)
    try:
        theirs.backup(ours)
        ours.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    finally:
        ours.close()
        theirs.close()


def _checked(draft: Path) -> Copy:
    opened = sqlite3.connect(draft)
    damage = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
    opened.close()
    if damage != "ok":
        return Copy(False, f"DAMAGED ({damage}): keep your older backups, and see docs/operations.md")
    engine = create_engine(f"sqlite:///{draft.absolute()}")
    try:
        with Session(engine) as session:
            people = session.scalar(select(func.count()).select_from(Participant)) or 0
            newest = session.scalar(select(func.max(AuditEvent.id))) or 0
            broken = first_broken_link(session)
    finally:
        engine.dispose()
    if broken is not None:
        return Copy(False, f"audit trail ALTERED at row {broken}: keep your older backups, and see docs/operations.md")
    return Copy(True, f"whole; {several(people, 'participant')}, audit trail unbroken to row {newest}")


def _flush(path: Path) -> None:
    """On the disk, not only on its way there."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
