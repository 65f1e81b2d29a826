"""The command line: what is wrong is one line that names the place and the mend; exit status 0, 1 or 2."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest

from alongside import processes
from study.keys import new_master_key
from tests.alongside.conftest import ROOT, Ran, Terminal


def one_line(ran: Ran, *parts: str) -> None:
    """The error is a single line on standard error, with all these parts, and no traceback."""
    assert ran.status == 2
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    for part in parts:
        assert part in ran.err


def test_a_participant_gets_a_one_time_link_of_the_real_bot(terminal: Terminal) -> None:
    ran = terminal.runs("enrol", "P-001", "--site", "S1")
    assert ran.status == 0
    assert ran.out.startswith("https://t.me/alongside_demo_bot?start=")
    listed = json.loads(terminal.runs("participants", "--json").out)
    assert [(one["code"], one["standing"], one["timezone"]) for one in listed] == [
        ("P-001", "invited", "Europe/Madrid")
    ]


def test_staff_get_the_link_of_their_own_bot(terminal: Terminal) -> None:
    ran = terminal.runs("staff", "add", "Nora", "--role", "nurse", "--site", "S1")
    assert ran.out.startswith("https://t.me/alongside_staff_bot?start=")


def test_enrolling_twice_is_one_line(terminal: Terminal) -> None:
    terminal.runs("enrol", "P-001", "--site", "S1")
    one_line(terminal.runs("enrol", "P-001", "--site", "S1"), "P-001 is enrolled already")


def test_a_site_that_is_not_in_the_study_is_one_line(terminal: Terminal) -> None:
    one_line(terminal.runs("enrol", "P-001", "--site", "S9"), "S9: no such site", "S1, S2")


def test_no_concerns_is_said(terminal: Terminal) -> None:
    assert "Nothing is open." in terminal.runs("concerns").out
    assert json.loads(terminal.runs("concerns", "--json").out) == []


def test_the_study_is_checked(terminal: Terminal) -> None:
    ran = terminal.runs("study", "check")
    assert (ran.status, ran.out.strip()) == (0, "All is well.")


def broken_study(terminal: Terminal, file: str, find: str, put: str) -> Path:
    copy = terminal.folder / "study"
    shutil.copytree(ROOT / "protocols" / "harbor", copy)
    text = (copy / file).read_text()
    assert find in text
    (copy / file).write_text(text.replace(find, put, 1))
    terminal.set(STUDY=copy)
    return copy


def test_a_broken_study_is_named_with_line_place_and_mend_by_check_and_by_up(terminal: Terminal) -> None:
    broken_study(terminal, "study.yml", "window: {before: 2, after: 2}", "window: {before: 2, after: -2}")
    checked = terminal.runs("study", "check")
    assert checked.status == 1
    assert "visits[1].window.after: must be 0 or more" in checked.out
    one_line(terminal.runs("up"), "study.yml:", "visits[1].window.after: must be 0 or more")


def test_nothing_starts_with_a_text_nobody_approved(terminal: Terminal) -> None:
    broken_study(terminal, "wording.en.yml", 'approved_by: "Dr. L. Moreno"', 'approved_by: ""')
    one_line(terminal.runs("up"), "wording.en.yml:", "approved")


def test_a_broken_faq_file_is_named_with_its_line(terminal: Terminal) -> None:
    faq = terminal.folder / "faq"
    shutil.copytree(ROOT / "nlu" / "faq", faq)
    (faq / "money.yml").write_text('version: "3.1"\nnlu:\n- intent: faq/money\n  examples: [\n')
    terminal.set(FAQ=faq)
    checked = terminal.runs("study", "check")
    assert checked.status == 1
    assert "money.yml:" in checked.out
    assert "Traceback" not in checked.out + checked.err


def test_a_refused_token_is_one_line(terminal: Terminal) -> None:
    terminal.set(STAFF_BOT_TOKEN="1000009:" + "x" * 35)
    one_line(terminal.runs("up"), "ALONGSIDE_STAFF_BOT_TOKEN", "refuses", "@BotFather")


def test_a_missing_token_is_one_line(terminal: Terminal) -> None:
    terminal.patch.delenv("ALONGSIDE_PARTICIPANT_BOT_TOKEN")
    one_line(terminal.runs("up"), "ALONGSIDE_PARTICIPANT_BOT_TOKEN is not set")


def test_a_port_in_use_is_one_line(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        terminal.set(ACTIONS_PORT=taken.getsockname()[1])
        one_line(terminal.runs("up"), "the port is in use", "ALONGSIDE_ACTIONS_PORT")


def test_a_wrong_data_key_is_one_line_and_loses_nothing(terminal: Terminal) -> None:
    terminal.runs("enrol", "P-001", "--site", "S1")
    right = new_master_key()
    terminal.set(DATA_KEY=right)
    one_line(terminal.runs("up"), "ALONGSIDE_DATA_KEY", "does not open this database")


def test_a_data_key_that_is_none_is_one_line(terminal: Terminal) -> None:
    terminal.set(DATA_KEY="abc")
    one_line(terminal.runs("participants"), "ALONGSIDE_DATA_KEY", "32 bytes in base64")


def test_no_python_310_environment_is_one_line(terminal: Terminal) -> None:
    terminal.patch.setattr(processes, "RASA_PYTHON", terminal.folder / "none")
    one_line(terminal.runs("up"), "nlu/.venv", "make setup")


def test_a_setting_that_is_no_number_is_one_line(terminal: Terminal) -> None:
    terminal.set(HEALTH_PORT="many")
    one_line(terminal.runs("participants"), "ALONGSIDE_HEALTH_PORT")


def test_the_data_key_is_made_once_and_only_its_owner_may_read_it(terminal: Terminal) -> None:
    terminal.patch.delenv("ALONGSIDE_DATA_KEY")
    terminal.runs("enrol", "P-001", "--site", "S1")
    key = terminal.folder / "var" / "data.key"
    assert key.stat().st_mode & 0o777 == 0o600
    first = key.read_text()
    terminal.runs("participants")
    assert key.read_text() == first


@pytest.mark.parametrize("line", ["not json", "{}", '{"text": 3}', "[1]"])
def test_understand_names_the_line_it_cannot_read(terminal: Terminal, line: str) -> None:
    terminal.set(RASA_URL="http://127.0.0.1:1")
    file = terminal.folder / "in.jsonl"
    file.write_text(line + "\n")
    one_line(terminal.runs("understand", str(file)), "in.jsonl:1", '{"text": "..."}')
