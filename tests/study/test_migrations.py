"""An installation of the version before is brought up to date with every row kept, and back: on SQLite with foreign
keys on, as it runs, and on PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Table, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from study.audit import record
from study.db.migrate import StrayRows, go_back, upgrade
from study.db.session import Database
from study.keys import Vault, new_master_key

BEFORE = "0002"
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the version before, with two rows in every table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'older.db'}"
    else:
        admin: Engine = request.getfixturevalue("postgres_admin")
        name = f"older{uuid.uuid4().hex[:12]}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = admin.url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    db = Database(url, Vault(new_master_key()))
    upgrade(db, BEFORE)
    fill(db)
    yield db
    db.close()


def tables(db: Database) -> list[Table]:
    """As the database itself has them, those others point to first."""
    seen = MetaData()
    seen.reflect(db.engine)
    return [table for table in seen.sorted_tables if table.name != "alembic_version"]


def fill(db: Database) -> None:
    known = tables(db)
    with db.engine.begin() as connection:
        for table in known:
            for number in (1, 2):
                row = {column.name: value_for(column, number) for column in table.columns}
                connection.execute(insert(table).values(row))


def value_for(column: Any, number: int) -> Any:
    """A value of the column's type; what points to another table points to its row of the same number."""
    if column.foreign_keys:
        return number
    kind = column.type.python_type
    name = column.name
    return {
        int: number,
        str: f"{name} {number}",
        bytes: b"\x00\xff" + name.encode() + bytes([number]),
        bool: number == 1,
        float: number / 4,
        datetime: datetime(2026, 3, number, 7, 30, tzinfo=UTC),
        date: date(2026, 3, number),
        object: {name: [number, "\u00e9"]},
    }[kind]


def rows(db: Database, columns: dict[str, list[str]]) -> Rows:
    """The rows of every table, in the columns asked for."""
    found: Rows = {}
    known = tables(db)
    with db.engine.connect() as connection:
        for table in known:
            if table.name in columns:
                wanted = [table.c[name] for name in columns[table.name]]
                found[table.name] = sorted((tuple(row) for row in connection.execute(select(*wanted))), key=repr)
    return found


def columns_of(db: Database) -> dict[str, list[str]]:
    return {table.name: [column.name for column in table.columns] for table in tables(db)}


def test_every_row_is_kept_on_the_way_up(older: Database) -> None:
    columns = columns_of(older)
    assert len(columns) > 15
    before = rows(older, columns)
    assert {len(found) for found in before.values()} == {2}
    upgrade(older)
    assert rows(older, columns) == before
    assert set(columns_of(older)) > set(columns)


def test_every_row_is_kept_on_the_way_back(older: Database) -> None:
    columns = columns_of(older)
    before = rows(older, columns)
    upgrade(older)
    go_back(older, BEFORE)
    assert columns_of(older) == columns
    assert rows(older, columns) == before


def test_what_points_to_a_row_still_does_so(older: Database) -> None:
    """A table that is rebuilt must not take with it what points to it."""
    pointers = {(table.name, *sorted(key.target_fullname for key in table.foreign_keys)) for table in tables(older)}
    upgrade(older)
    kept = {(table.name, *sorted(key.target_fullname for key in table.foreign_keys)) for table in tables(older)}
    assert {name for name, *_ in kept} >= {name for name, *_ in pointers}
    for name, *targets in pointers:
        assert any(set(targets) <= set(now) for other, *now in kept if other == name), name
    with older.engine.connect() as connection:
        if not older.is_postgresql:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    with pytest.raises(DBAPIError), older.engine.begin() as connection:
        connection.execute(text("DELETE FROM participant WHERE id = 1"))


def test_the_audit_trail_stays_append_only(older: Database) -> None:
    upgrade(older)
    with pytest.raises(DBAPIError, match="append-only"), older.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))


def test_new_columns_have_what_the_code_expects_of_older_rows(older: Database) -> None:
    """No concern of an older version holds what it is about: that is nothing, not an unknown."""
    upgrade(older)
    with older.engine.connect() as connection:
        details = connection.execute(text("SELECT details FROM concern")).scalars().all()
    assert [str(one) for one in details] == ["{}", "{}"]
    assert "wish" in inspect(older.engine).get_table_names()


def test_words_that_lay_open_beside_a_message_go_and_the_rest_of_it_stays(older: Database) -> None:
    upgrade(older, "0004")
    heard = {"route": "symptom", "symptoms": [{"term": "nausea", "said": "my stomach turns"}], "faint_flags": []}
    inbox = Table("inbox", MetaData(), autoload_with=older.engine)
    with older.engine.begin() as connection:
        connection.execute(inbox.update().where(inbox.c.id == 1).values(understood=heard))
        connection.execute(inbox.update().where(inbox.c.id == 2).values(understood=None))
        before = connection.execute(select(inbox).order_by(inbox.c.id)).mappings().all()
    upgrade(older)
    with older.engine.connect() as connection:
        after = connection.execute(select(inbox).order_by(inbox.c.id)).mappings().all()
    assert after[0] == {**before[0], "understood": {**heard, "symptoms": [{"term": "nausea"}]}}
    assert after[1] == before[1]


def test_an_upgrade_that_fails_leaves_everything_as_it_was(older: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Power cut or disk full in the middle: the version before still works, and the next start tries again."""
    before_columns = columns_of(older)
    before = rows(older, before_columns)

    def fails(*_args: object, **_named: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("alembic.operations.batch.BatchOperationsImpl.flush", fails)
        with pytest.raises(OSError, match="no space"):
            upgrade(older)
    assert columns_of(older) == before_columns
    assert rows(older, before_columns) == before
    upgrade(older)
    assert rows(older, before_columns) == before


def test_the_trail_of_the_version_before_goes_on_in_the_next(older: Database) -> None:
    upgrade(older)
    moment = datetime(2026, 3, 9, tzinfo=UTC)
    older.run(lambda session: record(session, moment, "operator", "updated", "study"))
    with older.engine.connect() as connection:
        newest = connection.execute(text("SELECT id, previous FROM audit ORDER BY id DESC LIMIT 1")).one()
    assert tuple(newest) == (3, "hash 2")


def test_a_migration_that_would_leave_rows_pointing_to_nothing_is_taken_back(older: Database) -> None:
    """PostgreSQL refuses it by itself; on SQLite, which looks away while tables are rebuilt, we look."""
    if older.is_postgresql:
        return
    raw = older.engine.raw_connection()
    raw.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]  # it is open
    raw.driver_connection.execute("DELETE FROM data_key WHERE id = 1")  # type: ignore[union-attr]
    raw.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]
    raw.close()
    columns = columns_of(older)
    with pytest.raises(StrayRows, match="point to nothing"):
        upgrade(older)
    assert columns_of(older) == columns
