"""Fault 41: no word of a person, no name, number, token or key lies open in logs, database, files or backups, whatever
went wrong while they wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from alongside import backup
from rehearsal.fake_telegram import Person
from rehearsal.fake_telegram.chats import Chat as PhoneChat
from rehearsal.stack import Stack
from study.bootstrap import master_key
from study.clock import StudyClock
from study.heartbeats import beat
from study.inbox import InboxRow
from study.keys import seal, unseal
from study.participants import by_code
from study.services.enrolling import add_staff, invite
from study.work import Work
from tests.conftest import ROOT
from tests.factories import MONDAY
from tests.faults.canaries import Canaries
from tests.faults.installation import PARTICIPANTS_TOKEN, STAFF_TOKEN, Installation
from tests.faults.stub_rasa import SECRET, echoed

Install = Callable[..., Installation]
SITE = "S1"


def introduced(installation: Installation, canaries: Canaries, number: int, where: str) -> Person:
    """Somebody with a phone whose names and Telegram number are canaries too."""
    person = Person(
        int(canaries.secret(f"Telegram number of {where}", f"67{number:02d}3141592")),
        canaries.word(f"first name of {where}"),
        canaries.word(f"last name of {where}"),
        canaries.word(f"user name of {where}"),
    )
    for bot in (installation.participants, installation.staff):
        bot.chats[person.id] = PhoneChat.private(person)
    return person


def everything_goes_wrong(one: Installation, canaries: Canaries) -> None:
    """Everybody writes everywhere, and what can fail does."""
    word = canaries.word
    ana, nora, ben, stranger = (
        introduced(one, canaries, number, who)
        for number, who in enumerate(("a participant", "a nurse", "somebody invited", "a stranger"))
    )
    link = one.run(lambda work: invite(work, "P-501", SITE))
    nurse_link = one.run(lambda work: add_staff(work, word("name of a nurse"), "nurse", SITE))
    bens_link = one.run(lambda work: invite(work, "P-502", SITE))
    for where, token in (("a link", link), ("a link of staff", nurse_link), ("another link", bens_link)):
        canaries.secret(where, token)
    one.staff.say(nora, f"/start {nurse_link}")
    one.participants.say(ana, f"/start {link}")
    one.participants.say(ben, f"/start {bens_link}")
    one.settle()
    enrol_by_talking(one, canaries, ana)
    keep_contacts(one, canaries)

    say = one.participants.say
    first = say(ana, f"is it normal to feel like this {word('typed')}")
    one.settle()
    one.participants.edit(ana, first.message_id, f"is it normal to feel {word('edited')}")
    one.participants.photo(ana, f"look at this {word('caption of a photo')}")
    one.participants.voice(ana, word("caption of a voice message"))
    one.participants.document(ana, word("caption of a document"))
    one.participants.contact(ana)
    canaries.secret("telephone in a contact card", "447700900123")
    one.participants.forward(ana, word("forwarded"), stranger)
    say(ana, f"this is {word('name of a daughter')}, her daughter. she feels sick")
    say(ana, f"/start {canaries.secret('a wrong link', 'zqwronglinkwronglinkqz')}")
    say(ana, f"/{word('a command')}")
    one.participants.add_to_group(-100500, word("name of a group"), ana)
    one.participants.say_in_group(-100500, ana, word("said in a group"))
    say(ben, f"wait, {word('before consent')}")
    one.participants.edit(ben, say(ben, "hello").message_id, word("edited before consent"))
    one.participants.photo(ben, word("caption before consent"))
    say(stranger, f"who is this {word('by somebody unknown')}")
    say(stranger, f"my chest feels tight and i cant breathe {word('red flag of somebody unknown')}")
    one.staff.say(nora, f"please see to it {word('by staff')}")
    one.staff.say(stranger, word("by somebody unknown to the staff bot"))
    say(ana, f"i cant breathe {word('red flag')}")
    one.settle()
    for label in ("Acknowledge", "Show their words", "Resolve"):
        if any(label in row_labels(message) for message in one.staff.sent_to(nora)):
            one.staff.press(nora, label)
            one.settle()

    # Rasa away, hanging on to words in its errors, answering nonsense, or what our own code cannot use
    one.rasa.stop()
    say(ana, f"nobody there {word('while Rasa is away')}")
    one.wait_until(lambda: any(row.last_error for row in one.rows("P-501")))
    one.rasa.start()
    one.settle()
    for status, body in (
        (500, {"error": "turn_failed", "text": word("in an error of Rasa")}),
        (502, {"error": word("as an error of Rasa"), "at": word("place of an error of Rasa")}),
        (200, b"{" + word("half a JSON").encode()),
        (200, {"complete": False, "text": word("incomplete")}),
        (200, {"complete": True, "replies": [{"say": word("a reply that is none")}], "understood": {}}),
        (200, {"complete": True, "replies": [no_such_wording(word("a field"))], "state_after": {}, "understood": {}}),
    ):
        one.rasa.answers(status, body)
        row = say(ana, f"an answer goes wrong {status} {word(f'wrong {len(canaries.words)}')}")
        one.wait_until(lambda row=row: trouble_with(one, row.message_id))  # type: ignore[misc]
        one.rasa.answer = echoed
        one.settle()

    # Telegram away, refusing, or speaking nonsense; an update that is broken
    for fault in ("forbidden", "bad_json", "server_error", "too_many_requests", "accept_then_drop"):
        reason = {"reason": word("reason of a refusal")} if fault == "forbidden" else {}
        one.participants.faults.next("sendMessage", fault, chat=ana.id, **reason)
        say(ana, f"telegram fails {word(f'while Telegram says {fault}')}")
        one.settle()
        one.run(lambda work: setattr(by_code(work.session, "P-501"), "reachable", True))
    one.participants.push_raw(
        {"message": {"message_id": 77, "text": word("in a broken update"), "chat": {"id": ana.id, "type": "private"}}}
    )
    one.participants.push_raw(f'["{word("what is no update")}"]', verbatim=True)
    one.participants.push_raw({"teleportation": {"of": word("an unknown kind of update")}})
    one.participants.block(ana)
    say(stranger, "still there?")
    one.settle()


def row_labels(message: object) -> list[str]:
    return [button[0] for row in message.buttons for button in row]  # type: ignore[attr-defined]


def no_such_wording(field: str) -> dict[str, object]:
    return {"say": {"wording": "no.such.wording", "params": {"field": field}, "buttons": [], "asks": None}}


def trouble_with(one: Installation, message_id: int) -> bool:
    return any(row.message_id == message_id and (row.attempts > 1 or row.done_at) for row in one.all_rows())


def enrol_by_talking(one: Installation, canaries: Canaries, ana: Person) -> None:
    """Yes to everything that is asked; where words are asked for, a canary."""
    for number in range(12):
        participant = one.read(lambda session: by_code(session, "P-501"))
        newest = one.participants.sent_to(ana)[-1]
        if participant is not None and participant.has_consented and participant.joining is None:
            return
        labels = row_labels(newest)
        if participant is not None and participant.joining == "telephone":
            one.participants.say(ana, canaries.secret("telephone", "+34 600 271 828"))
        elif participant is not None and participant.joining == "emergency_contact":
            one.participants.say(ana, f"{canaries.word('emergency contact')}, +34 600 314 159")
        elif labels:
            one.participants.press(ana, labels[0])
        else:
            one.participants.say(ana, canaries.word(f"answer while joining {number}"))
        one.settle()
    raise AssertionError("joining does not come to an end")


def keep_contacts(one: Installation, canaries: Canaries) -> None:
    """Telephone and emergency contact, as the staff may have them."""

    def keep(work: Work) -> None:
        ana = by_code(work.session, "P-501")
        assert ana is not None
        told = canaries.secret("telephone", "+34 600 271 828")
        ana.telephone_sealed = ana.telephone_sealed or seal(work.session, ana.key_id, told)
        contact = canaries.word("emergency contact")
        ana.emergency_contact_sealed = ana.emergency_contact_sealed or seal(work.session, ana.key_id, contact)

    one.run(keep)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_word_name_number_token_or_key_lies_open_anywhere(install: Install, tmp_path: Path, kind: str) -> None:
    one = install(kind, log_level="DEBUG")
    canaries = Canaries()
    for where, secret in (
        ("participants' token", PARTICIPANTS_TOKEN.partition(":")[2]),
        ("staff's token", STAFF_TOKEN.partition(":")[2]),
        ("master key", master_key(one.settings).get_secret_value()),
        ("Rasa's secret", SECRET),
    ):
        canaries.secret(where, secret)
    one.start()
    everything_goes_wrong(one, canaries)
    assert one.terminate() == 0

    shelf = tmp_path / "shelf"
    shelf.mkdir(mode=0o700)
    if kind == "sqlite":
        assert backup.copied(one.folder / "test.db", shelf / "backup.db").whole
    assert canaries.in_files(one.folder, shelf) == {}
    assert canaries.in_tables(one.app.db) == {}
    assert one.log.stat().st_size > 1000, "there was something to search"
    kept = one.read(lambda session: {unseal(session, row.words_sealed) for row in session.scalars(select(InboxRow))})
    assert sum(canaries.word("typed") in (words or "") for words in kept) == 1, "and the words are there, sealed"

    plant(one, canaries, shelf)
    in_the_file = {"test.db-wal"} if kind == "sqlite" else set()
    assert set(canaries.in_files(one.folder, shelf)) >= {"forgotten.log", *in_the_file}
    assert canaries.in_tables(one.app.db) == {"heartbeat": {"control"}, "outbox": {"control"}}


def plant(one: Installation, canaries: Canaries, shelf: Path) -> None:
    """The search would find one: in a log, in a column of text, in a column of bytes."""
    word = canaries.word("control")
    (shelf / "forgotten.log").write_text(f"INFO said {word}\n")

    def forget_to_seal(work: Work) -> None:
        from study.outbox import OutboxRow

        beat(work.session, "control", MONDAY, word)
        work.session.query(OutboxRow).first().text_sealed = word.encode()  # type: ignore[union-attr]

    one.run(forget_to_seal)


@pytest.fixture(scope="module")
def whole(rasa: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`alongside up` with the real Rasa and the real actions."""
    folder = tmp_path_factory.mktemp("canary")
    url, secret = rasa
    with Stack(ROOT / "protocols" / "harbor", folder, MONDAY, rasa_url=url, rasa_secret=secret) as stack:
        yield stack


def test_nor_where_the_whole_system_runs_and_an_action_fails(whole: Stack) -> None:
    """The real model and the real actions, with words in every kind of answer, and `up` with its files."""
    canaries = Canaries()
    word = canaries.word
    whole.add_staff("nora", "nurse", SITE)
    ana = whole.add_participant("P-001", SITE, None, enrolled=True)
    for text in (
        f"can i leave the study if i change my mind {word('a question')}",
        f"i feel sick since yesterday {word('a symptom')}",
        f"pretty bad {word('a loose answer')}",
        f"i forgot my pill last night because of {word('a reason')}",
        f"asdf {word('not understood')}",
        f"please tell the nurse {word('for the nurse')}",
        f"i want to stop taking part {word('a wish')}",
        f"my chest feels tight {word('a red flag')}",
    ):
        ana.bot.say(ana.person, text)
        whole.settle()
    answered = failing_action(whole, word("in an action that fails"))
    assert word("in an action that fails") not in answered.text
    whole.go_to(whole.now() + timedelta(days=7))
    for text in ("start", f"quite a lot {word('in a check-in')}", "3", "severe", f"well {word('own words')}"):
        ana.bot.say(ana.person, text)
        whole.settle()
    whole.kill_process("actions")
    ana.bot.say(ana.person, f"are you there {word('while actions restart')}")
    whole.settle()
    for where, secret in (
        ("participants' token", whole.settings.participant_bot_token),
        ("staff's token", whole.settings.staff_bot_token),
        ("master key", master_key(whole.settings)),
        ("Rasa's secret", whole.settings.rasa_secret),
    ):
        assert secret is not None
        canaries.secret(where, secret.get_secret_value())
    assert (whole.folder / "run.json").exists()
    assert "failed for" in (whole.folder / "logs" / "actions.log").read_text()
    assert canaries.in_files(whole.folder) == {}
    assert canaries.in_tables(whole.app.db) == {}


def failing_action(whole: Stack, words: str) -> httpx.Response:
    """A call like Rasa's, for a participant who is not there."""
    call = {
        "next_action": "action_pass_on",
        "sender_id": f"{whole.settings.run}:P-999",
        "tracker": {
            "sender_id": f"{whole.settings.run}:P-999",
            "slots": {"now": StudyClock(whole.clock.file).now().isoformat(), "inbox_id": 1},
            "latest_message": {"text": words, "intent": {}, "entities": []},
            "events": [],
            "paused": False,
            "active_loop": {},
            "latest_action_name": "action_listen",
        },
        "domain": {},
    }
    url = f"http://127.0.0.1:{whole.settings.actions_port}/webhook"
    return httpx.post(url, json=call, timeout=20, trust_env=False)
