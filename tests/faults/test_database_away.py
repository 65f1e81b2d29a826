"""Faults 28 and 29: the database is locked, or gone for a moment. What is not committed is not confirmed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable

from sqlalchemy import create_engine, text

from study.db.session import BUSY_MILLISECONDS
from study.inbox import InboxRow
from tests.faults.installation import Installation

Install = Callable[..., Installation]


def test_sqlite_locked_longer_than_its_own_patience_is_waited_for(install: Install) -> None:
    """Fault 28: the lock outlasts SQLite's busy timeout, so that the transaction itself has to be repeated."""
    here = install("sqlite")
    nora = here.member()
    ana, code = here.participant()
    here.start()
    here.wait_until(lambda: here.beats("ticks"))
    lock = sqlite3.connect(here.folder / "test.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    locked_at = time.monotonic()
    here.participants.say(ana, "hello")
    here.participants.say(ana, "i cant breathe")
    while time.monotonic() - locked_at < BUSY_MILLISECONDS / 1000 + 1:
        assert here.participants.pending == 2, "Telegram keeps what is not committed"
        time.sleep(0.1)
    assert here.count(InboxRow) == 0
    lock.execute("ROLLBACK")
    lock.close()
    here.settle()
    assert here.words(code) == ["hello", "i cant breathe"]
    assert "echo hello" in here.received(ana)
    assert len(here.received(ana)) == 2
    assert len(here.alerts(nora)) == 1
    here.assert_audit_holds()


def test_postgresql_that_does_not_answer_is_waited_for(install: Install) -> None:
    """Fault 28, on the other database: the inbox cannot be written to for two seconds."""
    here = install("postgresql")
    ana, code = here.participant()
    here.start()
    here.wait_until(lambda: here.beats("ticks"))
    engine = create_engine(here.app.db.engine.url)
    with engine.connect() as connection:
        connection.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        locked_at = time.monotonic()
        here.participants.say(ana, "hello")
        while time.monotonic() - locked_at < 2:
            assert here.participants.pending == 1, "Telegram keeps what is not committed"
            time.sleep(0.1)
    engine.dispose()
    here.settle()
    assert here.words(code) == ["hello"]
    assert here.received(ana) == ["echo hello"]


def test_postgresql_drops_every_connection_and_nothing_is_lost(install: Install) -> None:
    """Fault 29, as a restart shows itself: leadership goes with the connection, so the bot ends."""
    here = install("postgresql")
    ana, code = here.participant()
    here.rasa.takes(0.05)
    here.start()
    here.wait_until(lambda: here.beats("ticks"))
    said = [f"message {number}" for number in range(20)]
    for words in said[:10]:
        here.participants.say(ana, words)
    here.wait_until(lambda: here.received(ana))
    with here.app.db.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    for words in said[10:]:
        here.participants.say(ana, words)
    assert here.ended() == 0, "it stops in order, because another may lead by now"

    here.start()
    here.settle()
    assert here.words(code) == said
    assert list(dict.fromkeys(here.received(ana))) == [f"echo {words}" for words in said]
    here.assert_audit_holds()
