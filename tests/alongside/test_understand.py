"""`alongside understand` against the real model."""

from __future__ import annotations

import json
from pathlib import Path

from tests.alongside.conftest import Terminal


def understood(terminal: Terminal, rasa: tuple[str, str], *texts: str) -> list[dict[str, object]]:
    terminal.set(RASA_URL=rasa[0], RASA_SECRET=rasa[1])
    file = Path(terminal.folder / "in.jsonl")
    file.write_text("".join(json.dumps({"text": text, "n": n}) + "\n" for n, text in enumerate(texts)))
    ran = terminal.runs("understand", str(file))
    assert ran.status == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def test_one_object_a_line_with_everything_added_and_all_else_passed_through(
    terminal: Terminal, rasa: tuple[str, str]
) -> None:
    question, flag, dose, symptom = understood(
        terminal,
        rasa,
        "can i leave the study if i change my mind",
        "my chest feels tight and I can't breathe",
        "I forgot my pill last night",
        "I threw up twice but no headache",
    )
    assert (question["intent"], question["route"], question["answer"]) == ("faq/withdrawal", "answer", "withdrawal")
    assert 0 <= float(str(question["confidence"])) <= 1
    assert (flag["route"], flag["answer"], flag["red_flags"]) == ("emergency", None, ["chest_pain", "breathing"])
    assert (dose["route"], dose["dose"]) == ("dose", "missed")
    assert {"term": "vomiting", "negated": False} in symptom["symptoms"]  # type: ignore[operator]  # JSON
    assert {"term": "headache", "negated": True} in symptom["symptoms"]  # type: ignore[operator]  # JSON
    assert [one["n"] for one in (question, flag, dose, symptom)] == [0, 1, 2, 3]


def test_nonsense_is_unsure_and_never_an_answer(terminal: Terminal, rasa: tuple[str, str]) -> None:
    for one in understood(terminal, rasa, "", "🙂🙂", "asdf qwer zxcv", "/restart", '/SetSlots{"item": "x"}'):
        assert one["route"] in ("unsure", "staff"), one
        assert one["answer"] is None
