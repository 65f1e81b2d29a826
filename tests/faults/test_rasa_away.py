"""Fault 25: Rasa is down, hangs, fails or says nothing. Red flags do not need it; the rest waits, or goes to staff."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rehearsal.fake_telegram import Person
from study.concerns import ConcernKind
from tests.faults.installation import ROOT, Installation
from tests.faults.stub_rasa import Answer, Turn, echoed

HOLDING = "I have your message and keep it safe"
HANDED_OVER = "so your study team has your message"


FAILURES: dict[str, Answer] = {
    "an action failed": (502, {"error": "action_failed", "at": "action_pass_on"}),
    "the turn failed": (500, {"error": "turn_failed", "at": "ValueError at turn.py:1"}),
    "no model": (503, {"error": "no_model"}),
    "not our channel": (404, b"<html>It works!</html>"),
    "no JSON": (200, b'{"complete": tr'),
    "not complete": (200, {"complete": False, "replies": [{"text": "half a"}]}),
    "nothing said": (200, {"complete": True, "replies": [], "state_after": {}, "understood": {}}),
}


@pytest.fixture(scope="module")
def impatient(
    tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[str, Path], str]
) -> Iterator[Installation]:
    """A running bot that waits half a second for Rasa, and tells people after one that it takes longer."""
    folder = tmp_path_factory.mktemp("impatient")
    study = folder / "harbor"
    shutil.copytree(ROOT / "protocols" / "harbor", study)
    written = (study / "study.yml").read_text()
    assert "holding_after: 20s" in written
    (study / "study.yml").write_text(written.replace("holding_after: 20s", "holding_after: 1s"))
    made = Installation(folder, new_database("postgresql", folder), study=study, rasa_timeout=0.5)
    with made as installation:
        installation.start()
        yield installation


@pytest.fixture
def everybody(impatient: Installation) -> Iterator[dict[str, tuple[Person, str]]]:
    """One participant for each way of failing, for whom alone Rasa fails so, and one for whom it hangs."""
    people = {way: impatient.participant() for way in (*FAILURES, "hangs")}
    ways = {code: way for way, (_, code) in people.items()}
    go_on = threading.Event()

    def answer(turn: Turn) -> Answer:
        way = ways.get(turn["code"])
        if way == "hangs":
            go_on.wait(10)
        return FAILURES.get(way or "") or echoed(turn)

    impatient.rasa.answer = answer
    yield people
    go_on.set()
    impatient.rasa.works()


def test_however_rasa_fails_red_flags_escalate_and_the_rest_is_told_once_and_answered_later(
    impatient: Installation, everybody: dict[str, tuple[Person, str]]
) -> None:
    nora = impatient.member()
    for person, _ in everybody.values():
        impatient.participants.say(person, "can i leave whenever")
        impatient.participants.say(person, "i cant breathe")
    for way, (person, code) in everybody.items():
        impatient.wait_until(lambda person=person: "Call" in first_words(impatient, person))
        impatient.wait_until(lambda code=code: any(code in alert.text for alert in impatient.alerts(nora)))
        impatient.wait_until(lambda person=person: HOLDING in first_words(impatient, person))
        assert first_words(impatient, person) == {"Call": 1, HOLDING: 1}, way
    (waiting, _) = impatient.rows(code)
    impatient.wait_until(lambda: impatient.tries_of(waiting) > waiting.attempts)
    impatient.rasa.works()
    impatient.settle()
    for way, (person, code) in everybody.items():
        assert first_words(impatient, person) == {"Call": 1, HOLDING: 1, "echo": 1}, way
        assert [concern.kind for concern in impatient.concerns(code)] == [ConcernKind.RED_FLAG], way


def test_however_rasa_fails_staff_have_the_message_after_ten_minutes_and_the_participant_knows(
    impatient: Installation, everybody: dict[str, tuple[Person, str]]
) -> None:
    nora = impatient.member()
    for person, _ in everybody.values():
        impatient.participants.say(person, "can i leave whenever")
    for person, _ in everybody.values():
        impatient.wait_until(lambda person=person: impatient.received(person))
    impatient.clock.stand_at(impatient.clock.now() + timedelta(minutes=10))
    impatient.settle()
    for way, (person, code) in everybody.items():
        assert [row.outcome for row in impatient.rows(code)] == ["handed_over"], way
        assert [concern.kind for concern in impatient.concerns(code)] == [ConcernKind.QUESTION], way
        assert any(code in alert.text for alert in impatient.alerts(nora)), way
        (holding, handed_over) = impatient.received(person)
        assert holding.startswith(HOLDING), way
        assert HANDED_OVER in handed_over, way


def test_with_nobody_listening_a_red_flag_escalates_and_the_order_is_kept(impatient: Installation) -> None:
    nora = impatient.member()
    ana, code = impatient.participant()
    impatient.rasa.stop()
    for words in ("one", "two", "i cant breathe", "three"):
        impatient.participants.say(ana, words)
    impatient.wait_until(lambda: "Call" in first_words(impatient, ana))
    impatient.wait_until(lambda: any(code in alert.text for alert in impatient.alerts(nora)))
    impatient.wait_until(lambda: HOLDING in first_words(impatient, ana))
    impatient.rasa.start()
    impatient.settle()
    echoes = [text for text in impatient.received(ana) if text.startswith("echo")]
    assert echoes == ["echo one", "echo two", "echo three"]
    assert code not in impatient.rasa.overlaps


def test_the_second_message_of_a_chat_is_not_handed_over_before_its_own_ten_minutes(
    impatient: Installation,
) -> None:
    ana, code = impatient.participant()
    impatient.rasa.answers(500, {"error": "turn_failed"})
    impatient.participants.say(ana, "one")
    impatient.wait_until(lambda: impatient.rows(code))
    impatient.clock.stand_at(impatient.clock.now() + timedelta(minutes=9))
    impatient.participants.say(ana, "two")
    impatient.wait_until(lambda: len(impatient.rows(code)) == 2)
    impatient.clock.stand_at(impatient.clock.now() + timedelta(minutes=1))
    impatient.wait_until(lambda: impatient.rows(code)[0].outcome == "handed_over")
    impatient.wait_until(lambda: impatient.rows(code)[1].attempts > 1)
    impatient.rasa.works()
    impatient.settle()
    assert [row.outcome for row in impatient.rows(code)] == ["handed_over", "answer"]
    assert impatient.received(ana)[-1] == "echo two"


def test_rasa_away_for_one_person_does_not_hold_up_the_others(impatient: Installation) -> None:
    """More messages fail than there are workers; each lets go of its chat and its worker in between."""
    people = [impatient.participant() for _ in range(8)]
    codes = {code for _, code in people[:6]}
    impatient.rasa.answer = lambda turn: (500, {}) if turn["code"] in codes else echoed(turn)
    for person, _ in people:
        impatient.participants.say(person, "hello")
    impatient.wait_until(lambda: all(impatient.received(person) == ["echo hello"] for person, _ in people[6:]))
    impatient.rasa.works()
    impatient.settle()
    assert all("echo hello" in impatient.received(person) for person, _ in people)


def first_words(here: Installation, person: Person) -> Counter[str]:
    """How often a participant was told each kind of thing."""
    return Counter(HOLDING if text.startswith(HOLDING) else text.split()[0] for text in here.received(person))
