"""The run's one real Rasa, with a stub in place of the action server."""

from collections.abc import Iterator

import pytest

from tests.nlu.real_rasa import Door
from tests.nlu.stub_actions import StubActions


@pytest.fixture(scope="session")
def stub_actions() -> Iterator[StubActions]:
    stub = StubActions()
    with stub.listening():
        yield stub


@pytest.fixture
def actions(stub_actions: StubActions) -> StubActions:
    """The stub action server, forgetting what an earlier test told it."""
    stub_actions.reset()
    return stub_actions


@pytest.fixture
def door(rasa_door: Door, actions: StubActions) -> Door:
    """Our channel of the real Rasa, with the stub as the action server of its turns."""
    rasa_door.actions_url = actions.url
    return rasa_door
