"""The held-out sets and what is measured on them. One number a goal, each with how many sentences it rests on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REACHED = HERE / "reached.json"
UNSEEN = ("flags", "near_misses", "symptoms", "doses")
OWN = ("questions", *UNSEEN)
SETS = (
    *OWN,
    *(f"independent/{name}" for name in (*OWN, "indirect")),
    *(f"unseen/{name}" for name in UNSEEN),
)
PASSED_ON = frozenset({"nlu_fallback", "out_of_scope"})
SLACK = 0.02  # a figure may fall back by so much before it is a failure

Row = dict[str, Any]
Understand = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """`goal` is reached from it upwards, or downwards where `at_most`. Shares of one."""

    name: str
    value: float
    goal: float
    rows: int
    at_most: bool = False

    @property
    def is_reached(self) -> bool:
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def falls_back_behind(self, before: float) -> bool:
        """Whether it is worse than a figure kept earlier by more than SLACK."""
        return self.value > before + SLACK if self.at_most else self.value < before - SLACK


@dataclass(frozen=True)
class Mistake:
    """A sentence that was got wrong: what it should have been, what it was taken for, and how sure or where it went."""

    whose: str
    meant: str
    taken_for: str
    text: str
    more: str = ""

    def __str__(self) -> str:
        return f"{self.whose}{self.meant}: {self.text!r} -> {self.taken_for}{self.more}"


def confusions(mistakes: list[Mistake]) -> list[tuple[str, str, int]]:
    """What was taken for what, and how often, the most frequent first. What was passed on was taken for nothing."""
    pairs = Counter((one.meant, one.taken_for) for one in mistakes if one.taken_for not in PASSED_ON)
    return [(*pair, times) for pair, times in pairs.most_common()]


def rows_of(name: str) -> list[Row]:
    """What is below `independent` was written by people who had seen the list of topics and terms, and nothing else; a
    third of `indirect` is told without the word it is about, or a long way round. By `unseen` nothing was ever mended,
    and nothing may be: it tells how words are understood that nobody here has met."""
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines() if line]


def every_sentence() -> list[str]:
    return [row["text"] for name in SETS for row in rows_of(name)]


def measure(understand: Understand) -> tuple[list[Figure], list[Mistake]]:
    """The figures of the goals, and every sentence that was got wrong. First on our own sets, then on
    those by another hand, then on questions that go a long way round, and last on words nobody had seen."""
    wrong: list[Mistake] = []
    figures = []
    for whose, folder in (("", ""), ("by another hand: ", "independent/")):
        figures += _questions(understand, wrong, f"{folder}questions", whose)
        figures += _told(understand, wrong, folder, whose)
    figures += _questions(understand, wrong, "independent/indirect", "indirect: ")
    figures += _told(understand, [], "unseen/", "unseen: ")  # its mistakes are not shown: they would be mended
    return figures, wrong


def _told(understand: Understand, wrong: list[Mistake], folder: str, whose: str) -> list[Figure]:
    return [figure for part in (_flags, _symptoms, _doses) for figure in part(understand, wrong, folder, whose)]


def _questions(understand: Understand, wrong: list[Mistake], name: str, whose: str) -> list[Figure]:
    read = [(row, understand(row["text"])) for row in rows_of(name)]
    faq = [(row, found) for row, found in read if row["kind"] == "faq"]
    strange = [(row, found) for row, found in read if row["kind"] == "out_of_scope"]
    told = [(row, found) for row, found in read if row["kind"] == "intent"]
    answered = [(row, found) for row, found in faq if found["route"] == "answer"]
    right = [row for row, found in answered if found["answer"] == row["topic"]]
    known = [(row, found) for row, found in strange if found["route"] == "answer"]
    meant = [row for row, found in told if found["intent"] == row["intent"]]
    missed = [(f"question {row['topic']}", row, found) for row, found in faq if found["answer"] != row["topic"]]
    missed += [("out of scope", row, found) for row, found in known]
    missed += [(f"intent {row['intent']}", row, found) for row, found in told if found["intent"] != row["intent"]]
    wrong += [Mistake(whose, what, found["intent"], row["text"], _how(found)) for what, row, found in missed]
    return [
        Figure(f"{whose}question, right when answered", len(right) / max(1, len(answered)), 0.95, len(answered)),
        Figure(f"{whose}question, answered", len(answered) / len(faq), 0.85, len(faq)),
        Figure(
            f"{whose}out of scope, answered as if known", len(known) / len(strange), 0.05, len(strange), at_most=True
        ),
        Figure(f"{whose}other intents, right", len(meant) / len(told), 0.85, len(told)),
    ]


def _flags(understand: Understand, wrong: list[Mistake], folder: str, whose: str) -> list[Figure]:
    must = [(row, understand(row["text"])["red_flags"]) for row in rows_of(f"{folder}flags")]
    near = [(row, understand(row["text"])["red_flags"]) for row in rows_of(f"{folder}near_misses")]
    missed = [row for row, found in must if not set(row["flags"]) <= set(found)]
    alarms = [(row, found) for row, found in near if found]
    wrong += [Mistake(whose, f"red flag {', '.join(row['flags'])}", "no red flag", row["text"]) for row in missed]
    wrong += [Mistake(whose, "no red flag", f"red flag {', '.join(found)}", row["text"]) for row, found in alarms]
    return [
        Figure(f"{whose}red flag, found", 1 - len(missed) / len(must), 0.98, len(must)),
        Figure(f"{whose}red flag, false alarms on near misses", len(alarms) / len(near), 0.10, len(near), at_most=True),
    ]


def _symptoms(understand: Understand, wrong: list[Mistake], folder: str, whose: str) -> list[Figure]:
    rows = rows_of(f"{folder}symptoms")
    hits = extra = missing = 0
    for row in rows:
        told = {(one["term"], one["negated"]) for one in row["symptoms"]}
        found = {(one["term"], one["negated"]) for one in understand(row["text"])["symptoms"]}
        hits, extra, missing = hits + len(told & found), extra + len(found - told), missing + len(told - found)
        if told != found:
            missed, invented = _terms(told - found), _terms(found - told)
            wrong.append(Mistake(whose, f"symptom {missed}", f"symptom {invented}", row["text"]))
    return [
        Figure(f"{whose}symptom terms, found", hits / (hits + missing), 0.85, len(rows)),
        Figure(f"{whose}symptom terms, right when found", hits / (hits + extra), 0.90, len(rows)),
    ]


def _doses(understand: Understand, wrong: list[Mistake], folder: str, whose: str) -> list[Figure]:
    read = [(row, understand(row["text"])["dose"]) for row in rows_of(f"{folder}doses")]
    missed = [(row, found) for row, found in read if found != row["dose"]]
    wrong += [Mistake(whose, f"dose {row['dose']}", f"dose {found}", row["text"]) for row, found in missed]
    return [Figure(f"{whose}dose statements, right", 1 - len(missed) / len(read), 0.90, len(read))]


def _terms(symptoms: set[tuple[str, bool]]) -> str:
    return ", ".join(f"no {term}" if negated else term for term, negated in sorted(symptoms)) or "none"


def _how(found: dict[str, Any]) -> str:
    return f" ({found['confidence']:.2f}, {found['route']})"
