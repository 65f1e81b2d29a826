"""Faults 5 and 6: the bot ends at any moment, by kill -9 or by SIGTERM, while many people write."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

import pytest

from rehearsal.fake_telegram import Person
from study.concerns import ConcernKind
from study.inbox import InboxRow, InboxState
from tests.faults.installation import Installation

Install = Callable[..., Installation]
Chats = dict[str, tuple[Person, list[str]]]

PEOPLE, MESSAGES = 10, 100
RED_FLAG = "i cant breathe"


def everybody_writes(here: Installation, rng: random.Random, chats: Chats, messages: int) -> None:
    """So many messages from people taken at random, one in twenty of them a red flag."""
    for _ in range(messages):
        person, said = chats[rng.choice(list(chats))]
        said.append(f"{RED_FLAG} {len(said)}" if rng.random() < 0.05 else f"message {len(said)}")
        here.participants.say(person, said[-1])


def assert_nothing_lost_or_doubled(here: Installation, chats: Chats) -> None:
    for code, (person, said) in chats.items():
        assert here.words(code) == said
        answered = [f"echo {words}" for words in said if not words.startswith(RED_FLAG)]
        echoes = [text for text in here.received(person) if text.startswith("echo")]
        assert list(dict.fromkeys(echoes)) == answered, "each answered, first sent in the order of writing"
        red_flags = [words for words in said if words.startswith(RED_FLAG)]
        concerns = [one for one in here.concerns(code) if one.kind == ConcernKind.RED_FLAG]
        assert len(concerns) == (1 if red_flags else 0)
        letters = Counter(letter.cause for letter in here.letters(code))
        assert set(letters.values()) <= {1}, "one decision to answer each message, however often it was tried"
    assert here.count(InboxRow) == sum(len(said) for _, said in chats.values())
    assert here.count(InboxRow, InboxRow.state != InboxState.DONE) == 0
    assert here.rasa.overlaps == set()
    here.assert_audit_holds()


@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 6), ("postgresql", 3)])
def test_killed_again_and_again_under_load_it_loses_nothing_and_doubles_no_record(
    install: Install, kind: str, kills: int
) -> None:
    """Fault 5. What was in Telegram's hands at a kill may be shown twice; that is all."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # shown by pytest when the test fails
    rng = random.Random(seed)
    here = install(kind)
    here.member()
    chats: Chats = {code: (person, []) for person, code in (here.participant() for _ in range(PEOPLE))}
    here.rasa.takes(0.01)
    here.start()
    for _ in range(kills):
        everybody_writes(here, rng, chats, MESSAGES // kills)
        time.sleep(rng.uniform(0.0, 0.8))  # some kills hit the start, some the middle of the work
        here.kill()
        here.start()
    everybody_writes(here, rng, chats, MESSAGES % kills)
    here.settle()
    assert_nothing_lost_or_doubled(here, chats)


def test_sigterm_under_load_drains_within_ten_seconds_and_loses_nothing(install: Install) -> None:
    """Fault 6, with the command everybody uses."""
    rng = random.Random(6)
    here = install("sqlite")
    here.member()
    chats: Chats = {code: (person, []) for person, code in (here.participant() for _ in range(PEOPLE))}
    here.rasa.takes(0.2)
    here.start_as_a_command()
    everybody_writes(here, rng, chats, MESSAGES // 2)
    here.wait_until(lambda: len(here.rasa.turns) > 5)
    started = time.monotonic()
    assert here.terminate(seconds=10.0) == 0
    assert time.monotonic() - started < 10.0
    assert here.count(InboxRow, InboxRow.state == InboxState.OPEN) > 0, "there was work left to lose"

    here.rasa.works()
    here.start()
    here.settle()
    assert_nothing_lost_or_doubled(here, chats)
    for person, said in chats.values():
        assert len(here.received(person)) == len(said), "a drained bot does not even send anything twice"
