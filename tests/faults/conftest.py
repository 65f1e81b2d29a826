"""Installations for the faults: a fresh one for a test that kills its bot, a running one for those that can share."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.faults.installation import Installation

KINDS = ("sqlite", "postgresql")
Install = Callable[..., Installation]


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[[str, Path], str]:
    """Makes the address of a fresh, migrated database of a kind; a SQLite one lies in the folder as test.db."""

    def make(kind: str, folder: Path) -> str:
        if kind == "sqlite":
            shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "test.db")
            return f"sqlite:///{folder / 'test.db'}"
        admin: Engine = request.getfixturevalue("postgres_admin")
        name = f"f{uuid.uuid4().hex[:12]}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE migrated"))
        return admin.url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)

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
