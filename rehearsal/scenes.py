"""A scene: one stack and the phones of its people. The page shows one at a time: the demonstration, or a script."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from rehearsal.panel import Due, Section, next_event, sections_of
from rehearsal.people import Someone
from rehearsal.phone import Phone
from rehearsal.stack import Stack
from study.inbox import InboxRow, InboxState
from study.participants import by_code
from study.protocol import Study

TYPES_FOR = 25.0  # seconds of machine time after which nobody believes any more that somebody is typing


class Scene:
    """`spotlight`: a number that counts up, and the names to be seen on the left and the right phone since."""

    def __init__(self, stack: Stack, study: Study, zone: ZoneInfo) -> None:
        self.stack = stack
        self.study = study
        self.zone = zone
        self.phones: dict[str, Phone] = {}
        self.spotlight: tuple[int, str | None, str | None] = (0, None, None)

    def bring(self, people: Iterable[Someone]) -> None:
        """Give each of them a phone. The dictionary is replaced, so that a page never sees half of it."""
        acknowledge = self.study.wordings.render("button.acknowledge")
        self.phones = {one.name: Phone(one, self._title(one), acknowledge) for one in people}
        names = list(self.phones)
        participants = [name for name in names if self.phones[name].owner.is_participant]
        staff = [name for name in names if name not in participants]
        left, right = (*participants[:1], *staff[:1], *participants[1:2], *staff[1:2], None, None)[:2]
        self.spotlight = (self.spotlight[0] + 1, left, right)

    def look_at(self, name: str) -> None:
        """Bring somebody's phone into view: participants on the left, staff on the right."""
        number, left, right = self.spotlight
        phone = self.phones.get(name)
        if phone is None or name in (left, right):
            return
        on_the_left = phone.owner.is_participant or left is None
        self.spotlight = (number + 1, name if on_the_left else left, right if on_the_left else name)

    def now(self) -> datetime:
        return self.stack.now()

    def participants(self) -> list[str]:
        return [name for name, phone in self.phones.items() if phone.owner.is_participant]

    def next_event(self) -> Due | None:
        now = self.now()
        return self.stack.app.db.read(lambda session: next_event(session, self.study, now))

    def sections(self, code: str) -> list[Section]:
        """What the database says of a participant, now."""
        now = self.now()
        return self.stack.app.db.read(lambda session: sections_of(session, self.study, code, now))

    def is_typing(self, phone: Phone) -> bool:
        """Whether an answer is being made: something was written, and the bot has neither answered nor put it off."""
        messages = phone.owner.bot.chat(phone.owner.person)
        if not messages or messages[-1].by_bot or time.monotonic() - messages[-1].arrived > TYPES_FOR:
            return False
        if "bot" in self.stack.held:
            return False
        if not phone.owner.bot.has_fetched(phone.owner.person, messages[-1].message_id):
            return True
        return self.stack.app.db.read(lambda session: _is_answering(session, phone.name))

    def _title(self, one: Someone) -> str:
        if one.is_participant:
            return "Participant"
        return self.study.wordings.render(self.study.roles[one.role]).capitalize()


def _is_answering(session: Session, code: str) -> bool:
    participant = by_code(session, code)
    if participant is None:
        return False
    waiting = select(InboxRow.id).where(
        InboxRow.participant_id == participant.id,
        InboxRow.state == InboxState.OPEN,
        InboxRow.told_holding_at.is_(None),
    )
    return session.scalar(waiting.limit(1)) is not None
