"""`alongside doctor`: each thing that can be wrong with an installation is found and named with its mend; looking
changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from alongside.checkups import machine
from rehearsal.fake_telegram import TelegramServer
from study.bootstrap import App, bootstrap
from study.db.migrate import go_back
from study.heartbeats import beat
from study.keys import new_master_key
from study.settings import Settings
from study.staff import StaffMember
from study.work import Work
from tests.alongside.conftest import PARTICIPANTS, ROOT, Terminal
from tests.factories import MONDAY, a_member

Found = dict[str, dict[str, str]]


@pytest.fixture
def app(terminal: Terminal) -> Iterator[App]:
    """An installation with a database, as after its first start."""
    made = bootstrap()
    yield made
    made.db.close()


def looked(terminal: Terminal) -> Found:
    return {one["what"]: one for one in json.loads(terminal.runs("doctor", "--json").out)}


def verdict(terminal: Terminal, what: str) -> tuple[str, str]:
    found = looked(terminal)[what]
    return found["verdict"], found["says"]


def everybody(app: App) -> None:
    """Somebody for each step of each ladder, at every site."""

    def hire(work: Work) -> None:
        number = 2000
        for site in app.study.sites:
            for role in app.study.roles:
                number += 1
                a_member(work, f"{role} of {site}", role, site, chat=number)

    app.db.run(lambda session: hire(Work(session, app.study, MONDAY)))


def newest_in(models: Path) -> Path | None:
    return max(models.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime_ns, default=None)


def test_an_installation_in_order_has_nothing_wrong_and_exits_with_0(terminal: Terminal, app: App) -> None:
    everybody(app)
    models = terminal.folder / "models"
    models.mkdir()
    (models / f"alongside-{machine.fingerprint(Settings())}.tar.gz").touch()
    terminal.patch.setattr(machine, "newest_trained", lambda _settings: newest_in(models))
    ran = terminal.runs("doctor")
    assert ran.status == 0, ran.out
    assert "0 things wrong" in ran.out


def test_looking_makes_no_database_and_no_key(terminal: Terminal) -> None:
    terminal.patch.delenv("ALONGSIDE_DATA_KEY")
    found = looked(terminal)
    assert not (terminal.folder / "var").exists()
    assert (found["Database"]["verdict"], found["Data key"]["verdict"]) == ("warning", "warning")
    assert "first start" in found["Database"]["says"]


def test_a_refused_token_is_wrong_and_the_other_one_is_named(terminal: Terminal) -> None:
    terminal.set(PARTICIPANT_BOT_TOKEN="1000009:" + "x" * 35)
    ran = terminal.runs("doctor", "--json")
    found = {one["what"]: one for one in json.loads(ran.out)}
    assert ran.status == 1
    assert found["ALONGSIDE_PARTICIPANT_BOT_TOKEN"]["verdict"] == "wrong"
    assert found["ALONGSIDE_STAFF_BOT_TOKEN"]["says"] == "@alongside_staff_bot"
    assert "/setjoingroups" in found["@alongside_staff_bot"]["says"]
    assert "x" * 35 not in ran.out


def test_a_token_that_is_not_set_is_wrong(terminal: Terminal) -> None:
    terminal.patch.delenv("ALONGSIDE_STAFF_BOT_TOKEN")
    assert verdict(terminal, "ALONGSIDE_STAFF_BOT_TOKEN") == (
        "wrong",
        "not set: get a token from @BotFather and put it into .env",
    )


def test_one_token_for_both_bots_is_accepted_with_a_warning(terminal: Terminal) -> None:
    terminal.set(STAFF_BOT_TOKEN=PARTICIPANTS)
    assert verdict(terminal, "Two bots")[0] == "warning"


def test_a_telegram_that_does_not_answer_is_looked_at_again(terminal: Terminal) -> None:
    terminal.set(TELEGRAM_API_URL="http://127.0.0.1:1")
    assert verdict(terminal, "ALONGSIDE_STAFF_BOT_TOKEN")[0] == "warning"


def test_a_clock_that_is_an_hour_off_telegrams_is_wrong(terminal: Terminal, telegram: TelegramServer) -> None:
    """Fault 31."""
    assert verdict(terminal, "Clock")[0] == "ok"
    with an_hour_behind() as url:
        terminal.set(TELEGRAM_API_URL=url)
        found, says = verdict(terminal, "Clock")
    assert found == "wrong"
    assert "3600 s" in says or "3599 s" in says or "3601 s" in says


class an_hour_behind:  # noqa: N801 - read as words
    """A Bot API whose Date header is an hour old."""

    def __enter__(self) -> str:
        class Handler(BaseHTTPRequestHandler):
            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string((timestamp or time.time()) - 3600)

            def do_GET(self) -> None:
                content = b'{"ok": true, "result": {"username": "late_bot", "can_join_groups": false}}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_step_of_a_ladder_that_reaches_nobody_is_wrong_and_named(terminal: Terminal, app: App) -> None:
    found, says = verdict(terminal, "Staff at S1")
    assert found == "wrong"
    assert "emergency step 1" in says
    assert "--role nurse --site S1" in says
    everybody(app)
    assert verdict(terminal, "Staff at S1")[0] == "ok"
    app.db.run(unreachable)
    found, says = verdict(terminal, "Staff at S2")
    assert (found, "urgent step 1" in says, verdict(terminal, "Staff at S1")[0]) == ("wrong", True, "ok")


def unreachable(session: Session) -> None:
    session.query(StaffMember).filter_by(role="nurse", site="S2").one().reachable = False


def test_staff_whom_telegram_does_not_reach_are_named_by_code(terminal: Terminal, app: App) -> None:
    everybody(app)
    app.db.run(lambda session: setattr(session.query(StaffMember).first(), "reachable", False))
    found, says = verdict(terminal, "STAFF-01")
    assert found == "wrong"
    assert "unreachable; `alongside staff phone STAFF-01`" in says
    assert "nurse of S1" not in says, "no names"


def test_a_database_of_the_version_before_is_wrong_and_not_changed_by_looking(terminal: Terminal, app: App) -> None:
    go_back(app.db, "0002")
    found, says = verdict(terminal, "Database")
    assert (found, "at version 0002" in says) == ("wrong", True)
    assert verdict(terminal, "Database") == (found, says)


def test_a_damaged_database_is_wrong(terminal: Terminal, app: App) -> None:
    everybody(app)
    app.db.close()
    file = terminal.folder / "var" / "a.db"
    with sqlite3.connect(file) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_chat_staff_id'").fetchone()[0]
    opened.close()
    content = bytearray(file.read_bytes())
    content[(root - 1) * 4096 + 8 : (root - 1) * 4096 + 200] = b"\xff" * 192
    file.write_bytes(content)
    found, says = verdict(terminal, "Database")
    assert found == "wrong"
    assert "restore a backup" in says


def test_an_altered_audit_trail_is_found_at_its_row(terminal: Terminal, app: App) -> None:
    """Fault 40: the file was edited behind the database's back."""
    everybody(app)
    assert verdict(terminal, "Audit trail") == ("ok", "unbroken")
    with sqlite3.connect(terminal.folder / "var" / "a.db") as opened:
        opened.execute("DROP TRIGGER audit_no_UPDATE")
        opened.execute("UPDATE audit SET actor = 'nobody' WHERE id = 3")
    opened.close()
    found, says = verdict(terminal, "Audit trail")
    assert (found, "at row 3" in says) == ("wrong", True)


def test_a_postgresql_is_looked_at_and_its_clock_too(terminal: Terminal, postgres_url: str) -> None:
    terminal.set(DATABASE_URL=postgres_url)
    bootstrap().db.close()
    found = looked(terminal)
    assert (found["Database"]["verdict"], found["Audit trail"]["verdict"]) == ("ok", "ok")
    assert "the database's" in terminal.runs("doctor").out


def test_a_database_that_is_away_is_wrong_without_its_password(terminal: Terminal) -> None:
    terminal.set(DATABASE_URL="postgresql://ana:hush@127.0.0.1:1/trial")
    ran = terminal.runs("doctor")
    assert ran.status == 1
    assert "ALONGSIDE_DATABASE_URL" in ran.out
    assert "hush" not in ran.out + ran.err


def test_a_key_of_another_database_is_wrong(terminal: Terminal, app: App) -> None:
    terminal.set(DATA_KEY=new_master_key())
    found, says = verdict(terminal, "Data key")
    assert (found, "does not open this database" in says) == ("wrong", True)


def test_a_key_in_a_file_is_to_be_copied_and_to_be_nobody_elses(terminal: Terminal) -> None:
    terminal.patch.delenv("ALONGSIDE_DATA_KEY")
    bootstrap().db.close()
    key = terminal.folder / "var" / "data.key"
    rows = json.loads(terminal.runs("doctor", "--json").out)
    assert ("warning", True) in [
        (one["verdict"], "keep a copy" in one["says"]) for one in rows if one["what"] == "Data key"
    ]
    key.chmod(0o644)
    rows = json.loads(terminal.runs("doctor", "--json").out)
    assert "wrong" in [one["verdict"] for one in rows if one["what"] == "Data key"]
    key.unlink()
    rows = json.loads(terminal.runs("doctor", "--json").out)
    assert any("put the key of this database back" in one["says"] for one in rows)
    assert not key.exists()


def test_a_folder_others_may_read_is_wrong(terminal: Terminal, app: App) -> None:
    assert verdict(terminal, "Files")[0] == "ok"
    (terminal.folder / "var").chmod(0o755)
    found, says = verdict(terminal, "Files")
    assert (found, "chmod 700" in says) == ("wrong", True)


def test_no_model_and_an_old_model_are_wrong(terminal: Terminal) -> None:
    models = terminal.folder / "models"
    models.mkdir()
    terminal.patch.setattr(machine, "newest_trained", lambda _settings: newest_in(models))
    assert verdict(terminal, "Model") == ("wrong", "none in nlu/models: run `make train`")
    (models / "alongside-0000000000000000.tar.gz").touch()
    assert "older than the FAQ" in verdict(terminal, "Model")[1]
    (models / f"alongside-{machine.fingerprint(Settings())}.tar.gz").touch()
    assert verdict(terminal, "Model")[0] == "ok"


def test_a_text_nobody_approved_is_wrong(terminal: Terminal) -> None:
    copy = terminal.folder / "study"
    shutil.copytree(ROOT / "protocols" / "harbor", copy)
    words = (copy / "wording.en.yml").read_text()
    (copy / "wording.en.yml").write_text(words.replace('approved_by: "Dr. L. Moreno"', 'approved_by: ""', 1))
    terminal.set(STUDY=copy)
    found, says = verdict(terminal, "Study")
    assert (found, "not approved" in says) == ("wrong", True)
    terminal.set(REHEARSAL="true")
    assert verdict(terminal, "Rehearsal")[0] == "warning"


@pytest.fixture
def mail_server() -> Iterator[int]:
    """Says yes to everything."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            caller.sendall(b"220 mail\r\n")
            while line := caller.recv(1000):
                caller.sendall(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")
            caller.close()

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


def test_alarms_need_a_mail_server_that_answers_and_somebody_to_get_them(terminal: Terminal, mail_server: int) -> None:
    assert verdict(terminal, "Alarms")[0] == "warning"
    terminal.set(SMTP_URL=f"smtp://127.0.0.1:{mail_server}")
    assert "ALONGSIDE_ALARM_TO is not set" in verdict(terminal, "Alarms")[1]
    terminal.set(ALARM_TO="it@hospital.example")
    assert verdict(terminal, "Alarms")[0] == "ok"
    terminal.set(SMTP_URL="smtp://ana:hush@127.0.0.1:1")
    ran = terminal.runs("doctor")
    assert "mend ALONGSIDE_SMTP_URL" in ran.out
    assert "hush" not in ran.out


def test_a_loop_that_stands_still_while_all_runs_is_wrong(terminal: Terminal, app: App) -> None:
    """Fault 36."""
    assert verdict(terminal, "Running")[0] == "ok"
    (terminal.folder / "var" / "run.json").write_text(json.dumps({"bot": os.getpid()}))
    assert verdict(terminal, "Running") == (
        "wrong",
        "bot: receiving:participants_silent; docs/operations.md says what to do, /health",
    )

    def all_alive(session: Session) -> None:
        for bot in ("participants", "staff"):
            for loop in ("receiving", "delivery"):
                beat(session, f"{loop}:{bot}", MONDAY)
        beat(session, "conversation", MONDAY)
        beat(session, "ticks", MONDAY)

    app.db.run(all_alive)
    assert verdict(terminal, "Running") == ("ok", "bot; every loop goes round")


def test_a_port_that_is_taken_is_wrong(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        terminal.set(HEALTH_PORT=taken.getsockname()[1])
        found, says = verdict(terminal, "Port")
    assert (found, "ALONGSIDE_HEALTH_PORT" in says) == ("wrong", True)


def test_a_full_disk_is_wrong(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 50 * 2**20

    monkeypatch.setattr("shutil.disk_usage", lambda _folder: Usage)
    assert verdict(terminal, "Disk")[0] == "wrong"


def test_tokens_are_shown_to_nobody(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal.runs("doctor")
    assert PARTICIPANTS.partition(":")[2] not in ran.out + ran.err
