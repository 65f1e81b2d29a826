"""`alongside backup`: whole under load, without the key, readable by nobody else; and a restore that was tried."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from study.audit import first_broken_link
from study.bootstrap import bootstrap
from study.db.session import Database
from study.inbox import InboxRow
from study.keys import Vault, new_master_key, unseal
from study.settings import Settings
from study.work import Work
from tests.alongside.conftest import Terminal
from tests.alongside.test_command_line import one_line
from tests.factories import MONDAY, a_message, a_participant, received


def shelf(terminal: Terminal) -> Path:
    """A folder nobody else may look into."""
    folder = terminal.folder / "shelf"
    folder.mkdir(mode=0o700)
    return folder


def with_words(terminal: Terminal) -> None:
    """An installation where P-001 wrote something."""
    app = bootstrap()
    app.db.run(lambda session: a_participant(Work(session, app.study, MONDAY)))
    app.db.run(lambda session: received(session, app.study, a_message("good morning")))
    app.db.close()


def written_all_the_time(stop: threading.Event, at_work: threading.Event) -> None:
    app = bootstrap()
    number = 100
    while not stop.is_set():
        number += 1
        update = a_message(f"message {number}", message_id=number)
        app.db.run(lambda session, update=update: received(session, app.study, update))  # type: ignore[misc]
        if number == 110:
            at_work.set()
    app.db.close()


def test_a_backup_taken_under_load_is_restored_whole_and_readable(terminal: Terminal) -> None:
    """Fault 43, restore: as docs/operations.md tells it."""
    with_words(terminal)
    stop, at_work = threading.Event(), threading.Event()
    writer = threading.Thread(target=written_all_the_time, args=(stop, at_work))
    writer.start()
    at_work.wait(20)
    backup = shelf(terminal) / "backup.db"
    ran = terminal.runs("backup", str(backup))
    stop.set()
    writer.join()
    assert ran.status == 0, ran.err
    assert "whole; 1 participant, audit trail unbroken" in ran.out

    database = terminal.folder / "var" / "a.db"
    for file in database.parent.glob("a.db*"):
        file.unlink()
    shutil.copy(backup, database)
    found = {one["what"]: one for one in terminal.reads("doctor", "--json")}
    assert found["Database"]["verdict"] == found["Audit trail"]["verdict"] == "ok"
    app = bootstrap()
    words = app.db.read(
        lambda session: [unseal(session, row.words_sealed) for row in session.scalars(select(InboxRow))]
    )
    assert words[0] == "good morning"
    assert len(words) > 10
    assert words[1:] == [f"message {number}" for number in range(101, 100 + len(words))]
    assert app.db.read(first_broken_link) is None
    app.db.close()


def test_a_restored_backup_with_another_key_says_so_in_one_line(terminal: Terminal) -> None:
    with_words(terminal)
    terminal.set(DATA_KEY=new_master_key())
    one_line(terminal.runs("participants"), "ALONGSIDE_DATA_KEY does not open this database", "made with")


def test_the_backup_is_its_owners_alone_and_holds_no_key(terminal: Terminal) -> None:
    terminal.patch.delenv("ALONGSIDE_DATA_KEY")
    with_words(terminal)
    backup = shelf(terminal) / "backup.db"
    assert terminal.runs("backup", str(backup)).status == 0
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [file.name for file in backup.parent.iterdir()] == ["backup.db"]
    key = (terminal.folder / "var" / "data.key").read_text().strip()
    assert key.encode() not in backup.read_bytes()
    opened = Database(f"sqlite:///{backup}", Vault(key))
    assert opened.read(lambda session: unseal(session, session.query(InboxRow).one().words_sealed)) == "good morning"
    opened.close()


@pytest.mark.parametrize(
    ("folder", "mode", "parts"),
    [
        ("open", 0o755, ("every account of this machine may look into it", "chmod 700")),
        ("missing", None, ("no such folder", "mkdir -m 700")),
        ("var", 0o700, ("holds the data key", "somewhere else")),
    ],
)
def test_where_others_look_or_the_key_lies_no_backup_is_written(
    terminal: Terminal, folder: str, mode: int | None, parts: tuple[str, ...]
) -> None:
    with_words(terminal)
    place = terminal.folder / folder
    if mode is not None:
        place.mkdir(exist_ok=True)
        place.chmod(mode)
    one_line(terminal.runs("backup", str(place / "backup.db")), *parts)
    assert not (place / "backup.db").exists()


def test_an_older_backup_is_never_written_over(terminal: Terminal) -> None:
    with_words(terminal)
    backup = shelf(terminal) / "backup.db"
    backup.write_text("the one of yesterday")
    one_line(terminal.runs("backup", str(backup)), "is there already")
    assert backup.read_text() == "the one of yesterday"


def test_no_database_yet_is_one_line(terminal: Terminal) -> None:
    one_line(terminal.runs("backup", str(shelf(terminal) / "backup.db")), "no database yet")


def test_a_backup_of_an_altered_trail_is_kept_and_said_aloud(terminal: Terminal) -> None:
    with_words(terminal)
    with sqlite3.connect(Settings().var_dir / "a.db") as opened:
        opened.execute("DROP TRIGGER audit_no_UPDATE")
        opened.execute("UPDATE audit SET actor = 'nobody' WHERE id = 1")
    ran = terminal.runs("backup", str(shelf(terminal) / "backup.db"))
    assert ran.status == 1
    assert "ALTERED at row 1" in ran.out


def test_postgresql_is_told_the_command_to_the_letter_and_without_the_password(terminal: Terminal) -> None:
    terminal.set(DATABASE_URL="postgresql://ana:hush@db:5433/trial")
    ran = terminal.runs("backup", str(terminal.folder / "my backup.dump"))
    assert ran.status == 1
    assert "hush" not in ran.out + ran.err
    command = ran.out.splitlines()[-1].strip()
    shown = subprocess.run(["bash", "-c", command.replace("pg_dump", "printf '%s\\n'")], capture_output=True, text=True)
    assert shown.stdout.splitlines() == [
        "--format=custom",
        "--host=db",
        "--port=5433",
        "--username=ana",
        f"--file={terminal.folder}/my backup.dump",
        "trial",
    ]
