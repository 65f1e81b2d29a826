"""A whole installation but for Rasa: database, Telegram, a stub of Rasa, a clock, and a bot process to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alongside.supervisor import die_with_parent
from rehearsal.fake_telegram import Person, SentMessage, TelegramServer
from rehearsal.fake_telegram.chats import Chat as PhoneChat
from study.audit import first_broken_link
from study.bootstrap import App, bootstrap
from study.checkins import Occurrence
from study.clock import StudyClock
from study.concerns import Concern, ConcernReport
from study.heartbeats import Heartbeat
from study.inbox import InboxRow, InboxState
from study.keys import unseal
from study.outbox import WAITING, OutboxRow
from study.participants import Chat, Participant, by_code
from study.settings import Settings
from study.work import Work
from tests.factories import MONDAY, a_member, a_participant
from tests.faults import killing_bot
from tests.faults.stub_rasa import SECRET, StubRasa

T = TypeVar("T")
PARTICIPANTS_TOKEN = "7001:participants-of-a-telegram-that-is-not"
STAFF_TOKEN = "7002:staff-of-a-telegram-that-is-not"
PATIENCE = 20.0  # seconds of machine time; a loaded machine is no fault
ROOT = killing_bot.ROOT


class Installation:
    """`settings` replace the ones of the tests; `beside` is another installation that has the same tokens.

    People are made through the use cases, with their chats open on both sides.
    """

    def __init__(self, folder: Path, database_url: str, *, beside: Installation | None = None, **settings: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock = StudyClock(folder / "clock.json")
        self.clock.stand_at(MONDAY)
        self.beside = beside
        if beside is None:
            self.telegram = TelegramServer(clock=self.clock.now, conflict_pause=0.2)
            self.telegram.start()
            self.participants = self.telegram.add_bot(PARTICIPANTS_TOKEN, "Alongside")
            self.staff = self.telegram.add_bot(STAFF_TOKEN, "Alongside staff")
        else:
            self.telegram, self.participants, self.staff = beside.telegram, beside.participants, beside.staff
        self.rasa = StubRasa()
        self.rasa.start()
        self.settings = Settings(
            **{
                "var_dir": folder,
                "database_url": database_url,
                "clock_file": self.clock.file,
                "telegram_api_url": self.telegram.url,
                "participant_bot_token": SecretStr(PARTICIPANTS_TOKEN),
                "staff_bot_token": SecretStr(STAFF_TOKEN),
                "rasa_url": self.rasa.url,
                "rasa_secret": SecretStr(SECRET),
                "rasa_timeout": 5.0,
                "tick_seconds": 0.3,
                "overall_rate": 1000.0,
                "chat_rate": 1000.0,
                "chat_burst": 100,
                "rehearsal": True,
                "run": "faults",
                **settings,
            }
        )
        self.app: App = bootstrap(self.settings)
        self.process: BaseProcess | subprocess.Popen[bytes] | None = None
        self.numbers = count(1)

    # The bot

    def start(self, kill_at: str | None = None) -> None:
        """Start the bot; `kill_at` names the point (killing_bot.POINTS) at which it dies by kill -9."""
        self.process = killing_bot.start(self.environment(), self.log, kill_at)

    def start_as_a_command(self) -> None:
        """Start it as everybody does: `python -m bot`."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot"],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.ended()

    def terminate(self, seconds: float = PATIENCE) -> int:
        """SIGTERM; its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.ended(seconds)

    def ended(self, seconds: float = PATIENCE) -> int:
        """Wait for the end of the bot; its exit status (-9: killed)."""
        process, self.process = self.process, None
        if isinstance(process, subprocess.Popen):
            return process.wait(seconds)
        assert process is not None
        process.join(seconds)
        assert process.exitcode is not None, f"the bot still runs after {seconds} s"
        return process.exitcode

    @property
    def log(self) -> Path:
        return self.folder / "bot.log"

    def environment(self) -> dict[str, str]:
        """The settings as the bot reads them."""
        told = {}
        for name, value in self.settings.model_dump().items():
            if value is not None:
                plain = value.get_secret_value() if isinstance(value, SecretStr) else value
                told[f"ALONGSIDE_{name.upper()}"] = str(plain)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ALONGSIDE_")}
        return kept | told | {"PYTHONPATH": str(ROOT), "PTB_TIMEDELTA": "1"}

    def close(self) -> None:
        """End everything."""
        if self.process is not None:
            self.process.kill()
            self.ended()
        self.rasa.works()
        self.rasa.stop()
        if self.beside is None:
            self.telegram.stop()
        self.app.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # People

    def participant(self, site: str = "S1") -> tuple[Person, str]:
        """Somebody enrolled: their phone, and their code."""
        person, code = self.newcomer()
        self.run(lambda work: a_participant(work, code, site, chat=person.id))
        return person, code

    def newcomer(self) -> tuple[Person, str]:
        """Somebody with a phone, and the code they may be invited under."""
        number = next(self.numbers)
        person = Person(5_000_000_000 + number, f"Ana{number}")
        self.participants.chats[person.id] = PhoneChat.private(person)
        return person, f"P-{number:03d}"

    def member(self, role: str = "nurse", site: str = "S1") -> Person:
        """A member of staff whose phone is connected."""
        number = next(self.numbers)
        person = Person(6_000_000_000 + number, f"{role.title()}{number}")
        self.run(lambda work: a_member(work, person.first_name, role, site, chat=person.id))
        self.staff.chats[person.id] = PhoneChat.private(person)
        return person

    def received(self, person: Person) -> list[str]:
        """The texts a participant got, in order."""
        return [message.text for message in self.participants.sent_to(person)]

    def alerts(self, person: Person) -> list[SentMessage]:
        """What a member of staff got, in order."""
        return self.staff.sent_to(person)

    # The database

    def run(self, do: Callable[[Work], T], now: datetime | None = None) -> T:
        """`do` in one transaction at study time."""
        moment = now or self.clock.now()
        return self.app.db.run(lambda session: do(Work(session, self.app.study, moment)))

    def read(self, do: Callable[[Session], T]) -> T:
        return self.app.db.read(do)

    def rows(self, code: str) -> list[InboxRow]:
        """A participant's inbox, in the order of arrival."""
        return self.read(
            lambda session: list(
                session.scalars(
                    select(InboxRow)
                    .join(Participant, Participant.id == InboxRow.participant_id)
                    .where(Participant.code == code)
                    .order_by(InboxRow.id)
                )
            )
        )

    def all_rows(self) -> list[InboxRow]:
        """The whole inbox, in the order of arrival."""
        return self.read(lambda session: list(session.scalars(select(InboxRow).order_by(InboxRow.id))))

    def words(self, code: str) -> list[str | None]:
        """The words stored for each message of a participant, in the order of arrival."""
        return self.read(lambda session: [unseal(session, row.words_sealed) for row in self.rows(code)])

    def letters(self, code: str, *where: Any) -> list[OutboxRow]:
        """What was decided to send to a participant, in order."""
        return self.read(
            lambda session: list(
                session.scalars(
                    select(OutboxRow)
                    .join(Chat, Chat.id == OutboxRow.chat_id)
                    .join(Participant, Participant.id == Chat.participant_id)
                    .where(Participant.code == code, *where)
                    .order_by(OutboxRow.id)
                )
            )
        )

    def tries_of(self, row: InboxRow) -> int:
        """How often a message has been worked on by now."""
        return self.read(lambda session: session.get_one(InboxRow, row.id).attempts)

    def concerns(self, code: str | None = None) -> list[Concern]:
        """The concerns about a participant; without a code, those about nobody known."""

        def look(session: Session) -> list[Concern]:
            participant = by_code(session, code) if code else None
            about = Concern.participant_id == (participant.id if participant else None)
            return list(session.scalars(select(Concern).where(about).order_by(Concern.id)))

        return self.read(look)

    def concerns_behind(self, row: InboxRow) -> list[Concern]:
        """The concerns a message was reported to."""
        query = select(Concern).join(ConcernReport).where(ConcernReport.inbox_id == row.id).order_by(Concern.id)
        return self.read(lambda session: list(session.scalars(query)))

    def count(self, what: Any, *where: Any) -> int:
        """How many rows there are."""
        return self.read(lambda session: session.scalar(select(func.count()).select_from(what).where(*where)) or 0)

    def trouble(self, loop: str) -> str | None:
        """What a loop of the bot says it cannot do; None where it has never gone round."""

        def look(session: Session) -> str | None:
            row = session.get(Heartbeat, loop)
            return row.trouble if row is not None else None

        return self.read(look)

    def beats(self, loop: str) -> bool:
        """Whether a loop of the bot has gone round at all."""
        return self.count(Heartbeat, Heartbeat.name == loop) == 1

    def turn_to_the_next_check_in(self) -> None:
        """Study time goes to the moment at which the next one is due."""
        due = self.read(lambda session: session.scalar(select(func.min(Occurrence.next_at))))
        assert due is not None
        self.clock.stand_at(due)

    # Waiting

    def wait_until(self, holds: Callable[[], T], seconds: float = PATIENCE) -> T:
        """What `holds` answered once it was true. Raises TimeoutError with the end of the bot's log."""
        until = time.monotonic() + seconds
        while not (found := holds()):
            if time.monotonic() > until:
                raise TimeoutError(f"not within {seconds:.0f} s; the bot says:\n{self.last_words()}")
            time.sleep(0.02)
        return found

    def settle(self, seconds: float = PATIENCE) -> None:
        """Wait until every update is confirmed, every message handled and every letter sent or given up."""
        self.wait_until(self.is_quiet, seconds)

    def is_quiet(self) -> bool:
        return (
            not self.participants.pending
            and not self.staff.pending
            and self.count(InboxRow, InboxRow.state == InboxState.OPEN) == 0
            and self.count(OutboxRow, OutboxRow.state.in_(WAITING)) == 0
        )

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-25:])

    def assert_audit_holds(self) -> None:
        """No event is missing, doubled or altered."""
        assert self.read(first_broken_link) is None
