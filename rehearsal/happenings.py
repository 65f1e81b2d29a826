"""What came of a step: the messages on the phones with what the outbox knows of them, and the database's changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rehearsal.fake_telegram import Person, SentMessage
from rehearsal.people import Someone
from rehearsal.stack import Stack
from rehearsal.transcript import BOT, Line
from study.concerns import Concern, ConcernReport
from study.inbox import InboxRow
from study.keys import unseal, vault_of
from study.outbox import OutboxRow, OutboxState
from study.participants import Chat, Participant
from study.settings import PARTICIPANTS_BOT, STAFF_BOT
from study.staff import StaffMember


@dataclass(frozen=True)
class ConcernNow:
    """A concern after a step. `level` counts from 1 and is 0 before the first page.

    `touched`: raised, joined or changed in the step; `said` are the red flags of the messages that did so.
    """

    id: str
    kind: str
    severity: str
    state: str
    flags: tuple[str, ...]
    said: tuple[str, ...]
    level: int
    by: str | None
    participant: str | None
    site: str
    touched: bool

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "kind": self.kind, "severity": self.severity, "state": self.state}


@dataclass
class Happened:
    """`who` acted (None: the clock, a process, nobody). `sent` is what the bot sent, in the order of sending."""

    who: str | None
    acted: bool
    sent: list[Line] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)
    concerns: list[ConcernNow] = field(default_factory=list)


class Watch:
    """Looks at the phones and the database from step to step."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._seen: dict[tuple[str, int], int] = {}
        self._handled: set[int] = set()
        self._reports: set[tuple[int, int]] = set()
        self._versions: dict[int, int] = {}

    def new_messages(self, step: int) -> list[Line]:
        """What the bot sent since the last look, oldest first."""
        fresh: list[tuple[Someone, Person, SentMessage]] = []
        phones = [(one, person) for one in self.stack.people.values() for person in (*one.former, one.person)]
        for someone, person in phones:
            phone = (someone.name, person.id)
            before = self._seen.get(phone, 0)
            shown = someone.bot.chat(person)
            self._seen[phone] = max((one.message_id for one in shown), default=before)
            fresh += [(someone, person, one) for one in shown if one.message_id > before and one.by_bot]
        fresh.sort(key=lambda one: one[2].arrived)
        if not fresh:
            return []
        return self.stack.app.db.read(lambda session: [line_of(session, *one, step) for one in fresh])

    def look(self, who: str | None, acted: bool) -> Happened:
        """What the database says came of everything since the last look (its messages are added by the player)."""
        return self.stack.app.db.read(lambda session: self._look(session, Happened(who, acted)))

    def _look(self, session: Session, happened: Happened) -> Happened:
        handled = select(InboxRow.id, InboxRow.outcome).where(InboxRow.outcome.is_not(None)).order_by(InboxRow.id)
        for number, outcome in session.execute(handled):
            if number not in self._handled:
                happened.routes.append(str(outcome))
                self._handled.add(number)
        reports = {(one.concern_id, one.inbox_id) for one in session.scalars(select(ConcernReport))}
        new_reports = reports - self._reports
        for concern in session.scalars(select(Concern).order_by(Concern.id.desc())):
            touched = self._versions.get(concern.id) != concern.version
            causes = [inbox for of, inbox in new_reports if of == concern.id]
            happened.concerns.append(_now(session, concern, touched or bool(causes), causes))
            self._versions[concern.id] = concern.version
        self._reports = reports
        return happened


def _now(session: Session, concern: Concern, touched: bool, causes: list[int]) -> ConcernNow:
    participant = session.get(Participant, concern.participant_id) if concern.participant_id else None
    by = session.get(StaffMember, concern.resolved_by or concern.acknowledged_by or 0)
    rows = [session.get_one(InboxRow, cause) for cause in sorted(causes)]
    return ConcernNow(
        id=concern.reference,
        kind=concern.kind,
        severity=concern.severity,
        state=concern.state,
        flags=tuple(concern.flags),
        said=tuple(dict.fromkeys(flag for row in rows for flag in row.flags)),
        level=concern.level + 1,
        by=unseal(session, by.name_sealed) if by else None,
        participant=participant.code if participant else None,
        site=concern.site,
        touched=touched,
    )


def line_of(session: Session, someone: Someone, person: Person, message: SentMessage, step: int) -> Line:
    """The message with the wording, item and concern its outbox row keeps. A repeated one may have no row."""
    bot = PARTICIPANTS_BOT if someone.is_participant else STAFF_BOT
    hashed = vault_of(session).fingerprint(f"{bot}:{person.id}")
    row = session.scalar(
        select(OutboxRow)
        .join(Chat, Chat.id == OutboxRow.chat_id)
        .where(
            Chat.bot == bot,
            Chat.chat_hash == hashed,
            OutboxRow.message_id == message.message_id,
            OutboxRow.state == OutboxState.SENT,
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    concern = session.get(Concern, row.concern_id) if row is not None and row.concern_id is not None else None
    return Line(
        at=message.at,
        who=BOT,
        to=someone.name,
        direction="out",
        text=message.text,
        zone=someone.timezone,
        buttons=[[label for label, _ in keys] for keys in message.buttons],
        wordings=list(row.wordings) if row is not None else [],
        answer=row.answer if row is not None else None,
        asks=row.asks if row is not None else None,
        concern=about_concern(concern),
        lane=row.lane if row is not None else None,
        step=step,
    )


def about_concern(concern: Concern | None) -> dict[str, Any] | None:
    if concern is None:
        return None
    return {
        "id": concern.reference,
        "kind": concern.kind,
        "severity": concern.severity,
        "state": concern.state,
    }


def raised_by(stack: Stack, inbox_after: int) -> tuple[str | None, dict[str, Any] | None]:
    """The route of the newest message after `inbox_after`, and the concern it went to."""

    def read(session: Session) -> tuple[str | None, dict[str, Any] | None]:
        row = session.scalar(select(InboxRow).where(InboxRow.id > inbox_after).order_by(InboxRow.id.desc()).limit(1))
        if row is None:
            return None, None
        concern = session.scalar(
            select(Concern)
            .join(ConcernReport, ConcernReport.concern_id == Concern.id)
            .where(ConcernReport.inbox_id == row.id)
            .order_by(Concern.id.desc())
            .limit(1)
        )
        return row.outcome, about_concern(concern)

    return stack.app.db.read(read)


def newest_inbox(stack: Stack) -> int:
    """The id of the newest message taken in."""
    return stack.app.db.read(lambda session: session.scalar(select(func.max(InboxRow.id)))) or 0
