"""A participant, a nurse and an investigator in a fresh database of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from study.concerns import Concern
from study.db.session import Database
from study.keys import unseal
from study.outbox import OutboxRow
from study.participants import Chat, Participant, by_code
from study.protocol import Study
from study.services.due import do_what_is_due
from study.staff import StaffMember
from study.work import Work
from tests.factories import MONDAY, a_member, a_message, a_participant, received

T = TypeVar("T")


@dataclass
class Site:
    """One site with its people: what tests ask of it reads as a sentence."""

    db: Database
    study: Study

    def do(self, act: Callable[[Work], T], now: datetime = MONDAY, cause: int | None = None) -> T:
        return self.db.run(lambda session: act(Work(session, self.study, now, cause)))

    def as_participant(
        self,
        act: Callable[[Work, Participant], T],
        now: datetime = MONDAY,
        code: str = "P-001",
        cause: int | None = None,
    ) -> T:
        def do(work: Work) -> T:
            participant = by_code(work.session, code)
            assert participant is not None
            return act(work, participant)

        return self.do(do, now, cause)

    def as_staff(self, act: Callable[[Work, StaffMember], T], role: str = "nurse", now: datetime = MONDAY) -> T:
        return self.do(
            lambda work: act(work, work.session.scalars(select(StaffMember).where(StaffMember.role == role)).one()), now
        )

    def says(self, text: str, now: datetime = MONDAY, message_id: int = 1, chat: int = 1001, **more: Any) -> int:
        """A message arrives; the id of its inbox row."""
        update = a_message(text, chat, message_id, now, **more)
        return self.db.run(lambda session: received(session, self.study, update, now)).inbox_id

    def ticks(self, now: datetime) -> int:
        return do_what_is_due(self.db, self.study, now)

    def letters(self, lane: str | None = None, to: str | None = None) -> list[str]:
        """Wording ids of all messages put into the outbox so far, oldest first."""

        def read(session: Session) -> list[str]:
            rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
            return [
                wording["id"]
                for row in rows
                if lane in (None, row.lane) and to in (None, session.get_one(Chat, row.chat_id).bot)
                for wording in row.wordings
            ]

        return self.db.read(read)

    def texts(self) -> list[str]:
        return self.db.read(
            lambda session: [
                unseal(session, row.text_sealed) or ""
                for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id))
            ]
        )

    def concerns(self) -> list[Concern]:
        return self.db.read(lambda session: list(session.scalars(select(Concern).order_by(Concern.id))))

    def rows(self, table: type[T]) -> list[T]:
        return self.db.read(lambda session: list(session.scalars(select(table).order_by(table.id))))  # type: ignore[attr-defined]  # every table has an id


@pytest.fixture
def site(db: Database, study: Study) -> Site:
    """S1 in Madrid: P-001, nurse Nora, investigator Lee; and noise at S2 that must never be touched."""
    made = Site(db, study)

    def people(work: Work) -> None:
        a_participant(work, "P-001", chat=1001)
        a_member(work, "Nora", "nurse", chat=2001)
        a_member(work, "Lee", "investigator", chat=2002)
        a_participant(work, "P-900", site="S2", chat=1900)
        a_member(work, "Sam", "coordinator", site="S2", chat=2900)

    made.do(people)
    return made
