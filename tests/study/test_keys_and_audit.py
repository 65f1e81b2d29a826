"""Encrypted columns and the audit trail, on both databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from study import audit
from study.audit import AuditEvent, first_broken_link
from study.db.session import Database
from study.errors import WrongDataKey
from study.keys import DataKey, Vault, new_master_key
from tests.factories import MONDAY

ANY_TEXT = st.text(st.characters(), max_size=200) | st.just("\ud83d lone") | st.just("NUL \x00 here")


def test_words_come_back_as_they_were_whatever_they_hold(db: Database) -> None:
    key = db.run(lambda session: db.vault.make_key(session, "P-001", MONDAY))

    @given(ANY_TEXT)
    def as_they_were(words: str) -> None:
        sealed = db.read(lambda session: db.vault.seal(session, key.id, words))
        assert db.read(lambda session: db.vault.unseal(session, sealed)) == words

    as_they_were()


def test_a_sealed_value_shows_none_of_its_words_and_never_twice_the_same(db: Database) -> None:
    key = db.run(lambda session: db.vault.make_key(session, "P-001", MONDAY))
    first, second = (db.read(lambda session: db.vault.seal(session, key.id, "canary")) for _ in range(2))
    assert b"canary" not in first
    assert first != second


def test_another_master_key_opens_nothing(db: Database) -> None:
    key = db.run(lambda session: db.vault.make_key(session, "P-001", MONDAY))
    other = Vault(new_master_key())
    with pytest.raises(WrongDataKey, match="ALONGSIDE_DATA_KEY"):
        db.read(lambda session: other.seal(session, key.id, "words"))


def test_an_altered_value_and_a_destroyed_key_are_said_so(db: Database) -> None:
    key = db.run(lambda session: db.vault.make_key(session, "P-001", MONDAY))
    sealed = db.read(lambda session: db.vault.seal(session, key.id, "words"))
    with pytest.raises(WrongDataKey, match="altered"):
        db.read(lambda session: db.vault.unseal(session, sealed[:-1] + bytes([sealed[-1] ^ 1])))

    def destroy(session: Session) -> None:
        session.get_one(DataKey, key.id).wrapped = None

    db.run(destroy)
    fresh = Database(db.engine.url.render_as_string(hide_password=False), db.vault)
    db.vault._opened.clear()
    with pytest.raises(WrongDataKey, match="destroyed"):
        fresh.read(lambda session: db.vault.unseal(session, sealed))
    fresh.close()


@pytest.mark.parametrize("master", ["", "not base64!", "c2hvcnQ="])
def test_a_master_key_that_is_none_is_one_clear_line(master: str) -> None:
    with pytest.raises(WrongDataKey, match="32 bytes in base64"):
        Vault(master)


def three_events(session: Session) -> None:
    for number in range(3):
        audit.record(session, MONDAY, "P-001", "answered", f"item {number}", value=number)


def test_the_chain_holds_over_several_transactions(db: Database) -> None:
    db.run(three_events)
    db.run(three_events)
    assert db.read(first_broken_link) is None
    assert db.read(lambda session: session.query(AuditEvent).count()) == 6


def test_what_is_rolled_back_leaves_no_event(db: Database) -> None:
    def fails(session: Session) -> None:
        three_events(session)
        raise LookupError

    with pytest.raises(LookupError):
        db.run(fails)
    assert db.read(lambda session: session.query(AuditEvent).count()) == 0


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit WHERE id = 2"])
def test_the_database_refuses_to_change_the_trail(db: Database, statement: str) -> None:
    db.run(three_events)
    with pytest.raises(DBAPIError, match="append-only"):
        db.run(lambda session: session.execute(text(statement)))
    assert db.read(first_broken_link) is None


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'nobody' WHERE id = 2", "DELETE FROM audit WHERE id = 2"]
)
def test_a_change_behind_the_databases_back_is_found_at_its_row(db: Database, statement: str) -> None:
    db.run(three_events)
    with db.engine.begin() as connection:
        if db.is_postgresql:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER audit_no_UPDATE"))
            connection.execute(text("DROP TRIGGER audit_no_DELETE"))
        connection.execute(text(statement))
    assert db.read(first_broken_link) in (2, 3)
