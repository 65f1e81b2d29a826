"""The transcript of what people do by hand on the page, in the shape of `alongside rehearse --transcript`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rehearsal.fake_telegram import SentMessage
from rehearsal.happenings import about_concern, line_of
from rehearsal.people import Someone
from rehearsal.scenes import Scene
from rehearsal.transcript import BOT, Line
from study.concerns import Concern, ConcernReport
from study.inbox import InboxRow, Kind
from study.keys import vault_of
from study.participants import Chat
from study.settings import PARTICIPANTS_BOT, STAFF_BOT

STEP = 0  # nothing of it is a step


def transcript_of(scene: Scene) -> list[dict[str, Any]]:
    """Everything said in a scene up to now, both directions, oldest first."""
    people = [phone.owner for phone in scene.phones.values()]
    lines = scene.stack.app.db.read(lambda session: [line for one in people for line in _lines(session, one)])
    return [line.as_json(scene.zone) for line in sorted(lines, key=lambda line: line.at)]


def _lines(session: Session, someone: Someone) -> list[Line]:
    messages = someone.bot.chat(someone.person)
    return [
        line_of(session, someone, someone.person, one, STEP) if one.by_bot else _written(session, someone, one)
        for one in messages
        if one.kind != "service"
    ] + _taps(session, someone, messages)


def _written(session: Session, someone: Someone, message: SentMessage) -> Line:
    """What the person wrote; the secret of a one-time link is left out."""
    row = session.scalar(
        select(InboxRow)
        .join(Chat, Chat.id == InboxRow.chat_id)
        .where(*_chat_of(session, someone), InboxRow.message_id == message.message_id, InboxRow.kind != Kind.TAP)
        .order_by(InboxRow.id)
        .limit(1)
    )
    text = "/start" if message.text.startswith("/start ") else message.text
    return _in(session, someone, row, message.kind, text, at=message.at)


def _taps(session: Session, someone: Someone, messages: list[SentMessage]) -> list[Line]:
    """Each button once: the last that was tapped on a message."""
    tapped = {one.message_id: someone.bot.tapped.get((someone.person.id, one.message_id)) for one in messages}
    rows = session.scalars(
        select(InboxRow)
        .join(Chat, Chat.id == InboxRow.chat_id)
        .where(*_chat_of(session, someone), InboxRow.kind == Kind.TAP)
        .order_by(InboxRow.id)
    )
    newest = {row.message_id: row for row in rows}
    return [
        _in(session, someone, row, "tap", str(tapped[number]), at=row.received_at)
        for number, row in newest.items()
        if number is not None and tapped.get(number)
    ]


def _in(session: Session, someone: Someone, row: InboxRow | None, kind: str, text: str, at: Any) -> Line:
    return Line(
        at=at,
        who=someone.name,
        to=BOT,
        direction="in",
        kind=kind,
        text=text,
        zone=someone.timezone,
        concern=about_concern(_concern_of(session, row)),
        route=row.outcome if row is not None else None,
        step=STEP,
    )


def _concern_of(session: Session, row: InboxRow | None) -> Concern | None:
    if row is None:
        return None
    reports = select(Concern).join(ConcernReport, ConcernReport.concern_id == Concern.id)
    return session.scalar(reports.where(ConcernReport.inbox_id == row.id).order_by(Concern.id.desc()).limit(1))


def _chat_of(session: Session, someone: Someone) -> tuple[Any, ...]:
    bot = PARTICIPANTS_BOT if someone.is_participant else STAFF_BOT
    return (Chat.bot == bot, Chat.chat_hash == vault_of(session).fingerprint(f"{bot}:{someone.person.id}"))
