"""Faults 3, 25 and 26 once more with the real Rasa and the real action server behind it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from alongside.supervisor import die_with_parent
from rehearsal.fake_telegram import Person
from rehearsal.gate import Gate
from rehearsal.ports import KeptPort
from study.concerns import ConcernKind
from study.inbox import Effect, InboxState
from study.triage.red_flags import red_flags
from tests.faults.installation import ROOT, Installation

SYMPTOM = "i have been feeling sick since yesterday"
ONLY_RASA_HEARS = "sort of pressing on my breastbone, is that normal"
THANKS = "Thank you for telling me"
HOLDING = "I have your message and keep it safe"


class RealRasa(Installation):
    """An installation whose bot talks to a real Rasa through `gate`, and that to real actions through `between`."""

    gate: Gate
    between: Between


class Between:
    """Stands between Rasa and the action server: slow, out of order, or losing answers, as a test wants it."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.kept_port = KeptPort()
        self.actions_port = self.kept_port.number
        self.well()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def well(self) -> None:
        """As if it were not there."""
        self.first_takes = 0.0  # seconds, of the first call for a message
        self.refuses = self.loses_the_answer = False
        self.calls: Counter[int] = Counter()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    def leads_somewhere(self) -> bool:
        """Whether the action server behind it listens."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.actions_port)) == 0

    def pass_on(self, inbox_id: int, body: bytes) -> tuple[int, bytes]:
        with self.lock:
            self.calls[inbox_id] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.refuses:
                return 500, b"{}"
            answer = httpx.post(
                f"http://127.0.0.1:{self.actions_port}/webhook",
                content=body,
                headers={"Content-Type": "application/json"},
                trust_env=False,
            )
            if self.calls[inbox_id] == 1:
                time.sleep(self.first_takes)
            return (500, b"{}") if self.loses_the_answer else (answer.status_code, answer.content)
        finally:
            with self.lock:
                self.at_once -= 1


def _handler(between: Between) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = between.pass_on(inbox_id_in(body), body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    return Handler


def inbox_id_in(body: bytes) -> int:
    cause: int = json.loads(body)["tracker"]["slots"]["inbox_id"]
    return cause


@pytest.fixture(scope="module")
def installation(
    rasa: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[str, Path], str]
) -> Iterator[RealRasa]:
    """Everything but a bot: each test starts its own, on the same database."""
    folder = tmp_path_factory.mktemp("real")
    gate, between = Gate(rasa[0]), Between()
    gate.start()
    made = RealRasa(
        folder,
        new_database("sqlite", folder),
        rasa_url=gate.url,
        rasa_secret=SecretStr(rasa[1]),
        rasa_timeout=0.7,
        actions_port=between.port,
    )
    made.gate, made.between = gate, between
    with made as here, (folder / "actions.log").open("wb") as log:
        actions = subprocess.Popen(
            [sys.executable, "-m", "actions"],
            cwd=ROOT,
            env=here.environment() | {"ALONGSIDE_ACTIONS_PORT": str(between.actions_port)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,
        )
        here.wait_until(between.leads_somewhere)
        yield here
        actions.terminate()
        actions.wait(10)
    between.server.shutdown()
    between.kept_port.release()
    gate.stop()


@pytest.fixture
def here(installation: RealRasa) -> Iterator[RealRasa]:
    """With everything in order and no bot, before and after."""
    yield installation
    installation.between.well()
    installation.gate.open()
    installation.kill()


def test_killed_before_the_result_is_committed_one_report_and_one_set_of_replies(here: RealRasa) -> None:
    """Fault 3."""
    ana, code = here.participant()
    here.start(kill_at="after Rasa answered, before the result is committed")
    here.participants.say(ana, SYMPTOM)
    assert here.ended() == -signal.SIGKILL
    assert [concern.kind for concern in here.concerns(code)] == [ConcernKind.SYMPTOM], "the action did its part"
    assert here.rows(code)[0].state == InboxState.OPEN

    here.start()
    here.settle()
    (row,) = here.rows(code)
    assert here.between.calls[row.id] >= 2, "the turn was played again"
    assert_reported_once(here, ana, code)


def test_a_slow_action_is_not_called_again_while_it_runs(here: RealRasa) -> None:
    """Fault 26: the bot stops waiting and asks again; the channel joins it to the turn that is still played."""
    ana, code = here.participant()
    here.between.first_takes = 2.5
    here.start()
    here.participants.say(ana, SYMPTOM)
    here.settle()
    (row,) = here.rows(code)
    assert row.attempts > 1
    assert here.between.most_at_once == 1
    assert [text.startswith(HOLDING) for text in here.received(ana)] == [True, False], "told once that it takes longer"
    assert_reported_once(here, ana, code)


def test_a_failing_action_is_tried_again_and_has_its_effect_once(here: RealRasa) -> None:
    """Fault 26: at first it fails before it has done anything, then after, with its answer lost."""
    ana, code = here.participant()
    here.between.refuses = True
    here.start()
    here.participants.say(ana, SYMPTOM)
    here.wait_until(lambda: here.rows(code) and here.rows(code)[0].attempts > 1)
    assert here.concerns(code) == []
    assert here.words(code) == [SYMPTOM], "the report is kept"

    here.between.loses_the_answer, here.between.refuses = True, False
    here.wait_until(lambda: here.concerns(code))
    (row,) = here.rows(code)
    here.wait_until(lambda: here.tries_of(row) > row.attempts)
    here.between.well()
    here.settle()
    assert_reported_once(here, ana, code)


def test_with_rasa_away_a_red_flag_escalates_and_a_question_is_answered_when_it_is_back(here: RealRasa) -> None:
    """Fault 25."""
    nora = here.member()
    ana, code = here.participant()
    here.gate.close()
    here.start()
    here.participants.say(ana, "can i leave the study whenever i like")
    here.participants.say(ana, "my chest feels tight and i cant breathe")
    here.wait_until(lambda: any(text.startswith("Call") for text in here.received(ana)))
    here.wait_until(lambda: any(code in alert.text for alert in here.alerts(nora)))
    here.wait_until(lambda: any(text.startswith(HOLDING) for text in here.received(ana)))
    here.gate.open()
    here.settle()
    assert [letter.answer for letter in here.letters(code) if letter.answer] == ["withdrawal"]
    assert [row.outcome for row in here.rows(code)] == ["answer", "emergency"]
    assert len(here.received(ana)) == 3


@pytest.mark.parametrize("beside", ["", "took it on monday and tuesday. ", "this is ana's sister. "])
def test_a_red_flag_only_rasa_hears_is_answered_once_and_holds_nothing_up(here: RealRasa, beside: str) -> None:
    """Beside what the rules can answer as well. The alarm is all that is said to it, and what is written after it is
    answered at once."""
    said = beside + ONLY_RASA_HEARS
    assert red_flags(said) == []
    nora = here.member()
    ana, code = here.participant()
    here.start()
    here.participants.say(ana, said)
    here.participants.say(ana, "can i leave the study whenever i like")
    here.settle()
    flagged, question = here.rows(code)
    assert (flagged.outcome, flagged.flags, question.outcome) == ("emergency", ["chest_pain"], "answer")
    assert [(concern.kind, concern.flags) for concern in here.concerns(code)] == [("red_flag", ["chest_pain"])]
    assert any(code in alert.text for alert in here.alerts(nora))
    assert [text[:8] for text in here.received(ana)] == ["Call 112", "Yes. You"]


def test_a_red_flag_is_answered_once_where_the_turn_that_found_it_came_to_no_end(here: RealRasa) -> None:
    """The action has called the nurse, and its answer is lost: nothing is said twice, nobody is told to wait."""
    ana, code = here.participant()
    here.between.loses_the_answer = True
    here.start()
    here.participants.say(ana, ONLY_RASA_HEARS)
    here.settle()
    (row,) = here.rows(code)
    assert (row.outcome, row.flags) == ("emergency", ["chest_pain"])
    assert row.attempts > 1
    assert [text[:8] for text in here.received(ana)] == ["Call 112"]


def test_with_rasa_away_what_the_rules_can_answer_is_answered_unheard(here: RealRasa) -> None:
    ana, code = here.participant()
    here.gate.close()
    here.start()
    here.participants.say(ana, "took it on monday and tuesday, all is well here")
    here.settle()
    assert [(row.outcome, row.attempts) for row in here.rows(code)] == [("dose", 1)]


def assert_reported_once(here: RealRasa, person: Person, code: str) -> None:
    """One symptom, one concern, one effect of one use case, one answer."""
    (row,) = here.rows(code)
    assert (row.state, row.outcome) == (InboxState.DONE, "symptom")
    assert [concern.kind for concern in here.concerns(code)] == [ConcernKind.SYMPTOM]
    assert here.count(Effect, Effect.cause == row.id) == 1
    assert [text[: len(THANKS)] for text in here.received(person) if not text.startswith(HOLDING)] == [THANKS]
    here.assert_audit_holds()
