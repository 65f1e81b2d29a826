"""Used buttons are taken off the phone: after every message, at no message's cost, and dropped where it fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from rehearsal.fake_telegram import Person, TelegramServer
from study.keys import unseal
from study.outbox import Button, Lane, OutboxRow, OutboxState
from study.participants import Chat
from study.replies import button, put_replies, say
from study.services.tidying import put_away
from study.work import Work
from tests.bot.test_delivery import Post
from tests.factories import MONDAY

QUESTION = say("help", {"team_phone": "1", "emergency_number": "2"}, buttons=[[button("button.start", "start")]])


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    server = TelegramServer()
    server.start()
    yield server
    server.stop()


def asked(post: Post, person: Person, key: str) -> int:
    """A message with a button, put into the outbox."""

    def work(work: Work) -> int:
        chat = work.session.scalars(select(Chat).order_by(Chat.id)).all()[post.people.index(person)]
        return put_replies(work, chat, [QUESTION], key=key, fields={"none": "needed"})[0].id

    number: int = post.run(work)
    return number


def tidied(post: Post, number: int, chosen: str | None = None, minutes: int = 0) -> None:
    """Its buttons are to be put away, decided so many minutes before now."""

    def work(work: Work) -> None:
        then = Work(work.session, work.study, work.now - timedelta(minutes=minutes))
        put_away(then, OutboxRow.id == number, chosen=chosen)

    post.run(work)


def tidying(post: Post) -> list[OutboxRow]:
    query = select(OutboxRow).where(OutboxRow.lane == Lane.TIDY)
    return post.app.db.read(lambda session: list(session.scalars(query)))


def has_got(post: Post, person: Person, number: int) -> None:
    """Wait for so many messages."""
    until = time.monotonic() + 15
    while len(post.account.sent_to(person)) < number and time.monotonic() < until:
        time.sleep(0.02)


def labels(post: Post, person: Person) -> list[list[str]]:
    return [[label for row in message.buttons for label, _ in row] for message in post.account.sent_to(person)]


async def test_the_buttons_go_and_the_chosen_one_stays_marked(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram)
    ana, ben, noise = post.phones(3)
    of_ana, of_ben, _ = (asked(post, person, f"to {person.first_name}") for person in (ana, ben, noise))
    async with post.delivering():
        pass
    tidied(post, of_ana)
    tidied(post, of_ben, "Severe")
    tidied(post, of_ben, "Severe")  # decided twice, done once
    async with post.delivering():
        pass
    assert [labels(post, person) for person in (ana, ben, noise)] == [[[]], [["✓ Severe"]], [["Start"]]]
    assert [row.state for row in tidying(post)] == [OutboxState.SENT] * 2


async def test_the_mark_that_stays_does_nothing_more(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram)
    (ana,) = post.phones(1)
    number = asked(post, ana, "question")
    async with post.delivering():
        pass
    tidied(post, number, "Severe")
    (row,) = tidying(post)
    token = row.keyboard[0][0]["token"]
    assert post.app.db.read(lambda session: session.get_one(Button, token).tap) == {"do": "done"}
    assert post.app.db.read(lambda session: unseal(session, row.text_sealed)) == ""


async def test_what_was_not_sent_or_had_no_buttons_is_left_alone(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram)
    (ana,) = post.phones(1)
    waiting = asked(post, ana, "not sent yet")
    tidied(post, waiting)
    plain = post.put(ana, "without buttons")
    async with post.delivering():
        pass
    tidied(post, plain)
    assert tidying(post) == []


async def test_it_waits_while_the_answer_is_worked_out_and_goes_after_it(
    tmp_path: Path, telegram: TelegramServer
) -> None:
    post = Post(tmp_path, telegram)
    (ana,) = post.phones(1)
    number = asked(post, ana, "question")
    async with post.delivering():
        pass
    owner: Any = "a worker"
    post.run(lambda work: setattr(work.session.scalars(select(Chat)).one(), "lease_owner", owner))
    tidied(post, number)
    async with post.delivering():
        post.put(ana, "the next question")
        await asyncio.to_thread(has_got, post, ana, 2)
        assert labels(post, ana)[0] == ["Start"]
        post.run(lambda work: setattr(work.session.scalars(select(Chat)).one(), "lease_owner", None))
    assert labels(post, ana) == [[], []]


async def test_a_refusal_drops_it_and_bothers_nobody(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram)
    (ana,) = post.phones(1)
    number = asked(post, ana, "question")
    async with post.delivering():
        pass
    chat = post.account.chats[ana.id]
    chat.change(chat.messages[1], deleted=True)  # so that Telegram says "message to edit not found"
    tidied(post, number)
    async with post.delivering():
        post.put(ana, "and on it goes")
    (row,) = tidying(post)
    assert (row.state, row.reason) == (OutboxState.SKIPPED, "BadRequest")
    assert post.account.sent_to(ana)[-1].text == "and on it goes"


async def test_what_nobody_minds_any_more_is_not_done(tmp_path: Path, telegram: TelegramServer) -> None:
    post = Post(tmp_path, telegram)
    (ana,) = post.phones(1)
    number = asked(post, ana, "question")
    async with post.delivering():
        pass
    tidied(post, number, minutes=11)
    async with post.delivering():
        pass
    (row,) = tidying(post)
    assert (row.state, row.reason) == (OutboxState.SKIPPED, "stale")
    assert labels(post, ana) == [["Start"]]
    assert row.created_at == MONDAY - timedelta(minutes=11)
