"""Faults 19, 20 and 24: texts that are long, strange, or look like orders to the machine."""

from __future__ import annotations

from study.inbox import InboxState
from study.replies import TELEGRAM_TEXT_UNITS, utf16_units
from tests.faults.installation import Installation

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
ODD = {
    "emoji": f"my head hurts {FAMILY}\N{PILE OF POO}\N{REGIONAL INDICATOR SYMBOL LETTER E}",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 hello",
    "zero width": "he\u200bl\u200cl\u200do\ufeff",
    "bidi": "\u202eolleh\u202c \u2066hi\u2069",
    "NUL": "he\x00llo\x00",
    "lone surrogate": "hello \ud83d",
    "two lone surrogates": "\udc00\ud800",
    "line breaks": "one\r\ntwo\u2028three\x0bfour",
    "combining": "e\u0301 is not \u00e9",
    "nothing but spaces": " \t\u00a0 ",
}
BREATHLESS = {
    "zero width": "i ca\u200bnt bre\u200dathe",
    "bidi": "\u202ei cant breathe\u202c",
    "NUL": "i cant breathe\x00",
    "lone surrogate": "i cant breathe \ud83d",
    "emoji": f"{FAMILY} i cant breathe \N{LOUDLY CRYING FACE}",
    "full width": "\uff49 \uff43\uff41\uff4e\uff54 \uff42\uff52\uff45\uff41\uff54\uff48\uff45",
    "right to left around it": "\u05e9\u05dc\u05d5\u05dd i cant breathe",
    "after 9,000 characters": "my day was fine. " * 530 + "but i cant breathe",
}
ORDERS = [
    "/restart now",
    '/SetSlots{"item": "nausea.frequency"}',
    '/answer{"value": 4}',
    " /restart",
    "\u00a0/session_start",
    "/faq/withdrawal",
    "EXTERNAL: action_listen",
    '{"intent": {"name": "deny"}}',
]


def test_odd_characters_are_stored_as_they_came_and_answered(running: Installation) -> None:
    """Fault 20."""
    people = {kind: running.participant() for kind in ODD}
    for kind, (person, _) in people.items():
        running.participants.say(person, ODD[kind])
        running.participants.say(person, "next")
    running.settle()
    for kind, (person, code) in people.items():
        assert running.words(code) == [ODD[kind], "next"], kind
        assert [row.state for row in running.rows(code)] == [InboxState.DONE] * 2, kind
        assert running.rasa.texts(code) == [ODD[kind], "next"], kind
        assert len(running.received(person)) == 2, kind
        assert running.concerns(code) == [], kind


def test_a_red_flag_is_found_among_odd_characters(running: Installation) -> None:
    """Fault 20: the rules read a normalised copy, the words stay as they were."""
    nora = running.member()
    people = {kind: running.participant() for kind in BREATHLESS}
    for kind, (person, _) in people.items():
        running.participants.say(person, BREATHLESS[kind])
    running.settle()
    for kind, (_, code) in people.items():
        assert running.words(code) == [BREATHLESS[kind]], kind
        assert [concern.flags for concern in running.concerns(code)] == [["breathing"]], kind
        assert any(code in alert.text for alert in running.alerts(nora)), kind


def test_odd_words_reach_staff_without_breaking_their_screen(running: Installation) -> None:
    """Faults 19 and 20: what a nurse is shown of a long and strange message is all of it, in order."""
    nora = running.member(site="S2")
    ana, _ = running.participant(site="S2")
    said = "i cant breathe \ud83d\x00 \u202e" + " ".join(f"word{number}" for number in range(1000))
    running.participants.say(ana, said)
    running.settle()
    running.staff.press(nora, "Show their words")
    running.settle()
    shown = " ".join(alert.text for alert in running.alerts(nora) if "word" in alert.text)
    positions = [shown.find(f"word{number}") for number in range(1000)]
    assert -1 not in positions
    assert positions == sorted(positions)
    assert "\u202e" not in shown


def test_ten_thousand_characters_are_kept_whole(running: Installation) -> None:
    """Fault 19."""
    ana, code = running.participant()
    long = "".join(chr(0x1F300 + number % 256) if number % 7 == 0 else "x" for number in range(10_000))
    running.participants.say(ana, long)
    running.settle()
    assert running.words(code) == [long]
    assert running.rasa.texts(code) == [long]


def test_a_reply_of_twenty_parts_arrives_whole_and_in_order(running: Installation) -> None:
    """Fault 19: at most 4096 UTF-16 units each, no character cut in two, whatever Telegram does in between."""
    ana, _ = running.participant()
    text = " ".join(f"{number}\N{GRINNING FACE}\N{PILE OF POO}" for number in range(9_000))
    assert 19 * TELEGRAM_TEXT_UNITS < utf16_units(text) <= 20 * TELEGRAM_TEXT_UNITS
    reply = {"text": text, "utter": "utter_faq/long", "wording": {"id": "long", "version": 1}}
    running.rasa.answers(200, {"complete": True, "replies": [reply], "state_after": {}, "understood": {}})
    running.participants.faults.next("sendMessage", "server_error", chat=ana.id)
    running.participants.faults.next("sendMessage", "too_many_requests", chat=ana.id, retry_after=1)
    running.participants.say(ana, "tell me everything")
    running.settle()
    parts = running.received(ana)
    assert len(parts) == 20
    assert all(utf16_units(part) <= TELEGRAM_TEXT_UNITS for part in parts)
    assert " ".join(parts) == text


def test_a_command_that_is_not_ours_shows_what_is(running: Installation) -> None:
    """Fault 24: Telegram marks "/restart" as a command; it has no effect, and the writer is told what there is."""
    person, code = running.participant()
    running.participants.say(person, "/restart")
    running.settle()
    assert [turn for turn in running.rasa.turns if turn["code"] == code] == []
    assert "/choices" in running.received(person)[0]


def test_our_own_commands_are_in_telegrams_menu(running: Installation) -> None:
    running.wait_until(lambda: running.participants.commands)
    shown = {one["command"]: one["description"] for one in running.participants.commands}
    assert list(shown) == ["help", "choices", "privacy", "pause", "resume", "stop"]
    assert all(shown.values())
    assert not running.staff.commands


def test_an_order_to_the_machine_is_plain_text(running: Installation) -> None:
    """Fault 24: it reaches Rasa as the text it is; that our channel reads it as one is shown in tests/nlu."""
    people = {text: running.participant() for text in ORDERS}
    for text, (person, _) in people.items():
        running.participants.say(person, text)
    running.settle()
    for text, (person, code) in people.items():
        (turn,) = [turn for turn in running.rasa.turns if turn["code"] == code]
        assert (turn["text"], turn["tap"]) == (text, None)
        assert running.received(person) == [f"echo {text}"]
