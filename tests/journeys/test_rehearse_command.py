"""`alongside rehearse` as it is typed: its exit status, what it prints, what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT

SCRIPT = """
study: protocols/harbor
begin: 2026-03-02T08:30
people:
  P-001: {site: S1, enrolled: true}
  nora: {role: nurse, site: S1}
steps:
  - P-001: "Can I leave the study if I change my mind?"
    expect: {answer: withdrawal, not_told: nora}
  - wait: 10m
  - P-001: "many thanks [to] you"
    expect: {told: P-001, answer: placebo}
  - P-001: "this is never said"
"""
PATIENCE = 120.0


@dataclass
class Rehearsal:
    """A folder to rehearse in, and the environment to type in."""

    folder: Path
    environment: dict[str, str]

    def write(self, text: str) -> Path:
        file = self.folder / "script.yml"
        file.write_text(text, encoding="utf-8")
        return file

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "alongside", "rehearse", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def play(self, *words: str) -> tuple[int, str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    @property
    def left_running(self) -> list[list[str]]:
        """The processes of rehearsals in this folder that still run."""
        return [process.cmdline() for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("ALONGSIDE_VAR_DIR", "").startswith(str(self.folder))
        except psutil.Error:
            return False


@pytest.fixture
def rehearsal(rasa: tuple[str, str], tmp_path: Path) -> Rehearsal:
    url, secret = rasa
    around = {"TMPDIR": str(tmp_path), "ALONGSIDE_RASA_URL": url, "ALONGSIDE_RASA_SECRET": secret}
    return Rehearsal(tmp_path, dict(os.environ) | around)


def test_the_first_expectation_that_does_not_hold_is_named(rehearsal: Rehearsal) -> None:
    file, transcript = rehearsal.write(SCRIPT), rehearsal.folder / "out.jsonl"

    status, out, err = rehearsal.play(str(file), "--transcript", str(transcript))

    assert (status, err) == (1, "")
    last = out.splitlines()[-1]
    assert last.startswith(
        f'{file}:12: step 3 (P-001 says "many thanks [to] you"): expected answer placebo; happened: '
    )
    assert "talk.thanks@" in last
    assert "Mon 02 Mar 08:30  P-001 › Can I leave the study if I change my mind?" in out
    assert "never said" not in out
    lines = [json.loads(line) for line in transcript.read_text(encoding="utf-8").splitlines()]
    assert [(line["who"], line["direction"], line["clock"]) for line in lines] == [
        ("P-001", "in", "2026-03-02T08:30:00"),
        ("alongside", "out", "2026-03-02T08:30:00"),
        ("P-001", "in", "2026-03-02T08:40:00"),
        ("alongside", "out", "2026-03-02T08:40:00"),
    ]
    answer = lines[1]
    assert answer["at"] == "2026-03-02T07:30:00+00:00"
    assert (answer["to"], answer["answer"], answer["lane"]) == ("P-001", "withdrawal", "reply")
    assert answer["wording"]["id"] == "faq.withdrawal"
    assert answer["wording"]["version"] >= 1
    assert sorted(path.name for path in rehearsal.folder.iterdir()) == ["out.jsonl", "script.yml"]
    assert rehearsal.left_running == []


def test_a_mistake_is_one_line_and_starts_nothing(rehearsal: Rehearsal) -> None:
    file = rehearsal.write(SCRIPT.replace("not_told", "not_tell"))

    status, out, err = rehearsal.play(str(file))

    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith(
        f"{file}:9: steps[0].expect.not_tell: unknown key (did you mean not_told?); known here: answer,"
    )
    assert [path.name for path in rehearsal.folder.iterdir()] == ["script.yml"]


def test_a_button_that_is_not_there_does_not_hold(rehearsal: Rehearsal) -> None:
    steps = '  - P-001: {tap: "Begin"}\n'
    file = rehearsal.write(SCRIPT.partition("steps:")[0].replace(", enrolled: true", "") + "steps:\n" + steps)

    status, out, _ = rehearsal.play(str(file), "--keep")

    assert status == 1
    assert "no message to P-001 has the button Begin" in out.splitlines()[-1]
    (kept,) = rehearsal.folder.glob("alongside-rehearsal-*")
    assert (kept / "rehearsal.db").is_file()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_rehearsal_that_is_ended_leaves_no_process_behind(rehearsal: Rehearsal, number: signal.Signals) -> None:
    process = rehearsal.start(str(rehearsal.write(SCRIPT)))
    until = time.monotonic() + PATIENCE
    while len(rehearsal.left_running) < 3:  # up, actions, bot
        assert time.monotonic() < until
        time.sleep(0.1)

    process.send_signal(number)
    process.communicate(timeout=PATIENCE)

    assert process.returncode == (130 if number is not signal.SIGKILL else -signal.SIGKILL)
    while rehearsal.left_running:
        assert time.monotonic() < until, rehearsal.left_running
        time.sleep(0.1)
