"""`enrol`, `rebind`, `participants`, `staff ...`: links with what to do with them, tables at a terminal and in a pipe,
and errors that say how to mend it."""

from __future__ import annotations

import io
import json
import sys
from datetime import timedelta

import pytest

from study.bootstrap import bootstrap
from study.participants import Participant, Standing
from study.services.enrolling import decline
from study.work import Work
from tests.alongside.conftest import Terminal
from tests.alongside.test_command_line import one_line
from tests.factories import a_member, a_message, a_participant, received


class Wide(io.StringIO):
    """A terminal of 80 columns."""

    def isatty(self) -> bool:
        return True


def at_80_columns(terminal: Terminal, *words: str) -> str:
    """What a person sees whose terminal has 80 columns."""
    screen = Wide()
    terminal.patch.setenv("COLUMNS", "80")
    terminal.patch.setenv("TERM", "dumb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        terminal.runs(*words)
    return screen.getvalue()


def somebody_everywhere(terminal: Terminal) -> None:
    """P-001 heard from two hours ago, P-002 unreachable, P-003 said no, P-004 left, T-001 for tests."""
    app = bootstrap()
    now = app.clock.now()

    def people(work: Work) -> None:
        for number, (code, site) in enumerate(
            [("P-001", "S1"), ("P-002", "S2"), ("P-004", "S1"), ("T-001", "S1")], start=1
        ):
            a_participant(work, code, site, chat=1000 + number).is_test = code == "T-001"
        work.session.query(Participant).filter_by(code="P-002").one().reachable = False
        work.session.query(Participant).filter_by(code="P-004").one().standing = Standing.LEFT

    def refused(work: Work) -> None:
        decline(work, work.session.query(Participant).filter_by(code="P-003").one())

    app.db.run(lambda session: people(Work(session, app.study, now - timedelta(days=3))))
    terminal.runs("enrol", "P-003", "--site", "S1")
    app.db.run(lambda session: refused(Work(session, app.study, now)))
    two_hours_ago = now - timedelta(hours=2, minutes=5)
    app.db.run(lambda session: received(session, app.study, a_message("hello"), two_hours_ago))
    app.db.close()


def test_a_link_comes_with_whom_it_is_for_how_often_and_until_when(terminal: Terminal) -> None:
    said = terminal.runs("enrol", "P-001", "--site", "S1").out
    assert said.startswith("https://t.me/alongside_demo_bot?start=")
    for part in ("Give this link to P-001 and to nobody else", "works once, until", "Europe/Madrid", "press Start"):
        assert part in said
    assert "`alongside rebind P-001`" in said


def test_without_a_token_it_says_what_to_do_instead(terminal: Terminal) -> None:
    terminal.patch.delenv("ALONGSIDE_PARTICIPANT_BOT_TOKEN")
    said = terminal.runs("enrol", "P-001", "--site", "S1")
    assert said.status == 0
    assert said.out.startswith("/start ")
    assert "ALONGSIDE_PARTICIPANT_BOT_TOKEN is not set" in said.out
    assert "@BotFather" in said.out


def test_where_telegram_is_away_the_link_can_still_be_used(terminal: Terminal) -> None:
    terminal.set(TELEGRAM_API_URL="http://127.0.0.1:1")
    assert "Telegram did not tell the bot's name" in terminal.runs("enrol", "P-001", "--site", "S1").out


def test_what_is_set_for_a_participant_is_listed(terminal: Terminal) -> None:
    ran = terminal.runs(
        "enrol", "P-001", "--site", "S1", "--timezone", "Europe/Paris", "--hour", "18:30", "--country", "FR", "--test"
    )
    assert ran.status == 0, ran.err
    (row,) = terminal.reads("participants", "--json")
    assert (row["code"], row["timezone"], row["standing"], row["test"]) == ("P-001", "Europe/Paris", "invited", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("enrol", "p1", "--site", "S1"), "p1: a study code looks like P-001"),
        (("enrol", "P-001", "--site", "S1", "--day1", "tomorrow"), "--day1 tomorrow: a day is written like 2026-03-02"),
        (("enrol", "P-001", "--site", "S1", "--hour", "23:30"), "lies in the quiet hours"),
        (("enrol", "P-001", "--site", "S1", "--timezone", "Madrid"), "must be an IANA time zone"),
        (("rebind", "P-404"), "P-404: no such participant"),
        (("participants", "--site", "S9"), "S9: no such site; study.yml knows S1, S2"),
        (("staff", "add", "Nora", "--role", "doctor", "--site", "S1"), "doctor: no such role"),
        (("staff", "phone", "STAFF-09"), "STAFF-09: nobody on the staff list"),
        (("staff", "remove", "Nobody"), "Nobody: nobody on the staff list"),
        (("concerns", "--history", "C-0404"), "C-0404: no such concern"),
        (("report", "--from", "March"), "--from March: a day is written like 2026-03-02"),
        (("report", "--from", "2026-03-02", "--to", "2026-03-01"), "lies before --from"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_mend(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    one_line(terminal.runs(*words), said)


def test_participants_are_listed_with_all_that_a_morning_needs(terminal: Terminal) -> None:
    somebody_everywhere(terminal)
    rows = {row["code"]: row for row in terminal.reads("participants", "--json")}
    assert set(rows) == {"P-001", "P-002", "P-003", "T-001"}, "who left is shown with --all"
    assert (rows["P-001"]["last_heard_ago"], rows["P-001"]["study_day"]) == ("2 h", 4)
    assert rows["P-003"]["standing"] == "declined"
    assert (rows["P-002"]["reachable"], rows["T-001"]["test"]) == (False, True)
    assert {row["code"] for row in terminal.reads("participants", "--all", "--json")} > set(rows)
    assert [row["code"] for row in terminal.reads("participants", "--site", "S2", "--json")] == ["P-002"]


def test_test_participants_are_marked_and_kept_out_of_the_count(terminal: Terminal) -> None:
    somebody_everywhere(terminal)
    said = terminal.runs("participants").out
    (line,) = [line for line in said.splitlines() if line.startswith("T-001")]
    assert line.rstrip().endswith("test")
    assert "3 participants, and 1 for tests" in said


def test_a_row_stays_a_line_in_a_pipe_and_fits_a_terminal_of_80_columns(terminal: Terminal) -> None:
    somebody_everywhere(terminal)
    piped = terminal.runs("participants").out.splitlines()
    assert sum(line.startswith(("P-", "T-")) for line in piped) == 4
    shown = at_80_columns(terminal, "participants").splitlines()
    assert max(len(line) for line in shown) <= 80
    (line,) = [line for line in shown if line.startswith("P-002")]
    assert "America/New_York" in line
    assert "unreachable" in "\n".join(shown)


def test_staff_come_and_go(terminal: Terminal) -> None:
    terminal.runs("staff", "add", "Nora Vidal", "--role", "nurse", "--site", "S1")
    app = bootstrap()
    app.db.run(lambda session: a_member(Work(session, app.study, app.clock.now()), "Ned Roe", "nurse", chat=2002))
    app.db.close()
    listed = terminal.runs("staff", "list").out
    assert "Nora Vidal" in listed
    assert [row["phone"] for row in terminal.reads("staff", "list", "--json")] == ["not connected", "connected"]
    link = terminal.runs("staff", "phone", "Nora Vidal").out
    assert link.startswith("https://t.me/alongside_staff_bot?start=")
    assert "Give this link to STAFF-01" in link
    one_line(terminal.runs("staff", "remove", "STAFF-02"), "would leave nobody at emergency step 1", "--even-if-last")
    removed = terminal.runs("staff", "remove", "STAFF-02", "--even-if-last")
    assert "STAFF-02 (nurse at S1) is removed" in removed.out
    assert [row["code"] for row in terminal.reads("staff", "list", "--json")] == ["STAFF-01"]
    assert [row["phone"] for row in terminal.reads("staff", "list", "--all", "--json")] == ["not connected", "removed"]


def test_names_of_staff_are_shown_by_staff_list_alone(terminal: Terminal) -> None:
    terminal.runs("staff", "add", "Nora Vidal", "--role", "nurse", "--site", "S1")
    for words in (("participants",), ("concerns",), ("report",), ("doctor",), ("staff", "phone", "STAFF-01")):
        ran = terminal.runs(*words)
        assert "Nora" not in ran.out + ran.err, words
    assert json.loads(terminal.runs("staff", "list", "--json").out)[0]["name"] == "Nora Vidal"
