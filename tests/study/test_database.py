"""Migrations, and transactions that are repeated when the database asks."""

import threading
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from study.db.session import Database
from study.heartbeats import Heartbeat, beat
from study.tables import Base
from tests.factories import MONDAY


def test_the_migrations_make_the_tables_the_code_has(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(db: Database) -> None:
    from study.db.migrate import upgrade

    db.run(lambda session: beat(session, "ticks", MONDAY))
    upgrade(db)
    assert db.read(lambda session: session.query(Heartbeat).count()) == 1


def test_a_lock_held_by_another_is_waited_for(db: Database) -> None:
    db.run(lambda session: beat(session, "ticks", MONDAY))
    holds, let_go = threading.Event(), threading.Event()

    def hold(session: Session) -> None:
        session.execute(text("UPDATE heartbeat SET trouble = 'held'"))
        holds.set()
        let_go.wait(10)

    holder = threading.Thread(target=db.run, args=(hold,))
    holder.start()
    holds.wait(10)
    threading.Timer(0.5, let_go.set).start()
    began = time.monotonic()
    db.run(lambda session: beat(session, "ticks", MONDAY, "after"))
    assert time.monotonic() - began >= 0.4
    holder.join()
    assert db.read(lambda session: session.get_one(Heartbeat, "ticks").trouble) == "after"


def test_a_defect_is_not_repeated_for_ever(db: Database) -> None:
    tries = []

    def clash(session: Session) -> None:
        tries.append(1)
        session.execute(text("INSERT INTO heartbeat VALUES ('x', '2026-03-02', 0, 'b', NULL)"))
        session.execute(text("INSERT INTO heartbeat VALUES ('x', '2026-03-02', 0, 'b', NULL)"))

    with pytest.raises(IntegrityError):
        db.run(clash)
    assert len(tries) == 4
