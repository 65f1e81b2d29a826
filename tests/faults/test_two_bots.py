"""Fault 9: two bot processes with one token. One leads, the other says so and waits, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import killing_bot
from tests.faults.installation import Installation

Install = Callable[..., Installation]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_on_one_database_the_second_bot_waits_and_takes_over(install: Install, kind: str) -> None:
    here = install(kind)
    ana, code = here.participant()
    here.start()
    here.wait_until(lambda: here.beats("ticks"))
    second = killing_bot.start(here.environment(), here.log)
    try:
        here.wait_until(lambda: here.trouble("bot:standby") == "another_bot_leads")
        here.participants.say(ana, "one")
        here.settle()
        assert here.trouble("receiving:participants") is None, "the waiting one does not poll"

        here.kill()
        here.participants.say(ana, "two")
        here.settle()
        assert here.words(code) == ["one", "two"]
        assert here.received(ana) == ["echo one", "echo two"]
    finally:
        second.kill()
        second.join()
    here.assert_audit_holds()


def test_on_two_databases_the_one_that_is_refused_says_so_and_waits(install: Install) -> None:
    """Telegram gives the updates to one poller only and tells the other 409."""
    here = install("sqlite")
    there = install("sqlite", beside=here)
    ana, _ = here.participant()
    conflict = "another_bot_polls_with_this_token"
    here.start()
    there.start()
    here.wait_until(
        lambda: conflict in (here.trouble("receiving:participants"), there.trouble("receiving:participants"))
    )
    waiting, polling = (here, there) if here.trouble("receiving:participants") == conflict else (there, here)
    for number in range(5):
        here.participants.say(ana, f"message {number}")
    polling.wait_until(lambda: not polling.participants.pending)
    stored = {row.message_id for one in (here, there) for row in one.all_rows()}
    assert len(stored) == 5, "every update Telegram was told we have is in a database"
    assert waiting.trouble("receiving:participants") == conflict
    assert waiting.beats("delivery:participants"), "the rest of it goes on"
