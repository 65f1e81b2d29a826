"""The model server: gives out what was published, and nothing else (fault 27)."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from alongside.models import ModelServer, kept_models, sha256_of
from alongside.people import work
from study.alarms import Alarm
from study.bootstrap import App, bootstrap, rasa_secret
from study.services.publishing import publish
from study.settings import Settings
from tests.alongside.conftest import Terminal
from tests.study.services.test_publishing import report


@pytest.fixture
def app(terminal: Terminal) -> App:
    terminal.set(FAQ=terminal.folder / "nlu" / "faq", RASA_SECRET="s" * 16)
    (terminal.folder / "nlu" / "models").mkdir(parents=True)
    return bootstrap(Settings())


@pytest.fixture
def door(app: App) -> TestClient:
    return TestClient(ModelServer(app).page())


def asks(door: TestClient, app: App, known: str = "") -> tuple[int, bytes, str | None]:
    token = rasa_secret(app.settings).get_secret_value()
    answer = door.get("/model", params={"token": token}, headers={"If-None-Match": known})
    return answer.status_code, answer.content, answer.headers.get("etag")


def publishes(app: App, content: bytes, number: int = 1) -> Path:
    file = kept_models(app.settings) / f"alongside-{number:016x}.tar.gz"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    told = report(number) | {"sha256": sha256_of(file)}
    app.db.run(lambda session: publish(work(app, session), told, "C. Ruiz"))
    return file


def alarms(app: App) -> list[str]:
    return app.db.read(lambda session: [one.code for one in session.query(Alarm).order_by(Alarm.id)])


def test_what_was_published_is_given_once_and_then_unchanged(app: App, door: TestClient) -> None:
    file = publishes(app, b"first")
    status, content, tag = asks(door, app)
    assert (status, content, tag) == (200, b"first", sha256_of(file))
    assert asks(door, app, known=str(tag))[:2] == (304, b"")
    publishes(app, b"second", 2)
    assert asks(door, app, known=str(tag))[:2] == (200, b"second")
    assert door.get("/health").status_code == 200


def test_before_the_first_publication_the_newest_trained_is_given(app: App, door: TestClient) -> None:
    assert asks(door, app)[0] == 503
    assert alarms(app) == ["model_missing"]
    (app.settings.faq.parent / "models" / "alongside-0.tar.gz").write_bytes(b"trained")
    assert asks(door, app)[:2] == (200, b"trained")


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_file_that_is_not_the_published_one_is_not_given_and_sounds_one_alarm(
    app: App, door: TestClient, damage: str
) -> None:
    file = publishes(app, b"good")
    file.write_bytes(b"evil") if damage == "changed" else file.unlink()
    code = "model_of_the_wrong_hash" if damage == "changed" else "model_missing"
    for _ in range(3):
        assert asks(door, app)[0] == 503
    assert door.get("/health").json() == {"ready": False, "reason": code}
    assert alarms(app) == [code]
    file.write_bytes(b"good")
    assert asks(door, app)[:2] == (200, b"good")


def test_strangers_get_nothing(app: App, door: TestClient) -> None:
    publishes(app, b"first")
    assert door.get("/model").status_code == 403
    assert door.get("/model", params={"token": "wrong"}).status_code == 403
