"""Buttons that were used, or mean nothing any more, are put away on the phone: what can be tapped counts."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from study.keys import seal
from study.outbox import Button, Lane, OutboxRow, OutboxState
from study.participants import Chat
from study.replies import TOKEN_BYTES, key_of
from study.work import Work

WORTH_IT = timedelta(minutes=10)  # of study time: later nobody minds the old buttons any more
MARK = "\N{CHECK MARK}"


def last_sent(work: Work, chat: Chat) -> OutboxRow | None:
    """What this chat was sent last, or is about to be; a change of old buttons is no message."""
    return work.session.scalar(
        select(OutboxRow)
        .where(OutboxRow.chat_id == chat.id, OutboxRow.tidies.is_(None))
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )


def says_any(row: OutboxRow, wordings: Collection[str]) -> bool:
    """Whether a message has one of these texts in it."""
    return any(one["id"] in wordings for one in row.wordings)


def put_away(
    work: Work, *where: ColumnElement[bool], chosen: str | None = None, saying: Collection[str] | None = None
) -> None:
    """Take the buttons off every message already sent that fits, once each; with `saying`, of those that have one of
    these texts in them; `chosen` leaves its label, marked, as the only button. A courtesy: it goes after every message,
    and is dropped where Telegram will not have it. An old button that stays on a phone is answered as ever."""
    put_away_before = select(OutboxRow.tidies).where(OutboxRow.tidies.is_not(None))
    shown = work.session.scalars(
        select(OutboxRow).where(
            *where,
            OutboxRow.state == OutboxState.SENT,
            OutboxRow.message_id.is_not(None),
            OutboxRow.id.not_in(put_away_before),
        )
    ).all()
    for row in shown:
        if not row.keyboard or (saying is not None and not says_any(row, saying)):
            continue
        chat = work.session.get_one(Chat, row.chat_id)
        work.session.add(
            OutboxRow(
                key=f"tidy:{row.id}",
                lane=Lane.TIDY,
                chat_id=chat.id,
                text_sealed=seal(work.session, key_of(work.session, chat, work), ""),
                keyboard=[[_inert(work, chat, chosen)]] if chosen is not None else [],
                tidies=row.id,
                cause=work.cause,
                concern_id=row.concern_id,
                occurrence_id=row.occurrence_id,
                created_at=work.now,
                expires_at=work.now + WORTH_IT,
            )
        )
    work.session.flush()


def _inert(work: Work, chat: Chat, chosen: str) -> dict[str, Any]:
    """What was chosen, as a button that does nothing more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    work.session.add(Button(token=token, chat_id=chat.id, tap={"do": "done"}, created_at=work.now))
    return {"text": f"{MARK} {chosen}", "token": token}
