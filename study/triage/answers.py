"""Reading of a typed answer to an item with choices. Only a clear answer is taken; else the bot asks again.

Scores go into the study's data (PRO-CTCAE 0-4), so "pretty bad" is never turned into a number by us: it is
unclear with a best guess, and the bot offers the choices once more. The words stand in answers.yml.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from study.triage.doses import DoseStatus, dose_statement
from study.triage.normalising import normalise
from study.triage.phrases import number
from study.triage.rules_files import read_rules

ANSWERS_FILE = Path(__file__).with_name("answers.yml")
Value = int | str
Choice = tuple[Value, str]

_BETWEEN = re.compile(r"\d[.,]\d|\d\s*/\s*\d|(?<![\w])[-\u2212]\s?\d")  # 2.5, 2/3, -1: none of the choices
_LONGEST_GUESSED = 12  # words; a longer message is not guessed at
_LONGEST_ANSWER = 25  # words; a longer message that only mentions a label is no answer


_WORD_LISTS = (
    "fillers",
    "hedges",
    "corrections",
    "questions",
    "counted",
    "vague",
    "yes",
    "no",
    "denials",
    "agrees",
    "refuses",
    "nothing",
    "like_before",
)


class Certainty(StrEnum):
    """Whether a typed answer may be stored as it is."""

    CERTAIN = "certain"
    UNCLEAR = "unclear"
    NONE = "none"


@dataclass(frozen=True)
class Reading:
    """A typed answer as read: `value` when certain, else `guesses`, the likeliest first, often empty."""

    certainty: Certainty
    value: Value | None = None
    guesses: tuple[Value, ...] = ()

    @property
    def guess(self) -> Value | None:
        return self.guesses[0] if self.guesses else None


@dataclass(frozen=True)
class AnswerWords:
    """answers.yml as read."""

    words: dict[str, frozenset[str]]
    near: dict[str, tuple[str, ...]]

    def __getitem__(self, name: str) -> frozenset[str]:
        return self.words[name]


@dataclass(frozen=True)
class _Mention:
    value: Value
    start: int
    end: int


def read_choice(text: str, choices: Sequence[Choice]) -> Reading:
    """Read an answer against an item's choices of (value, label).

    None: the message is no answer to the item at all (a question, another subject).
    """
    known = answer_words()
    tokens = normalise(text).split()
    words = _words(tokens)
    asked = "?" in tokens
    if not words or (words[0] in known["questions"] and len(words) > 1):
        return Reading(Certainty.NONE)
    mentions = _mentions(words, choices, known)
    values = tuple(dict.fromkeys(mention.value for mention in mentions))
    between = bool(_BETWEEN.search(text))
    if not values and between and len(words) <= 4:
        return Reading(Certainty.UNCLEAR)
    if (told := _dose_told(text, choices, asked)) is not None:
        return told
    if not values:
        return _without_mention(words, choices, asked, known)
    if between:
        return Reading(Certainty.UNCLEAR)
    if len(values) > 1 or asked:
        corrected = any(word in known["corrections"] for word in words)
        return Reading(Certainty.UNCLEAR, guesses=values[::-1] if corrected else values)
    named = {at for mention in mentions for at in range(mention.start, mention.end)}
    rest = [word for at, word in enumerate(words) if at not in named and word not in known["fillers"]]
    if not rest or (values[0] == "taken" and all(word in known["yes"] for word in rest)):
        return Reading(Certainty.CERTAIN, value=values[0])
    if any(word in known["denials"] for word in words[: mentions[0].start]):
        return Reading(Certainty.UNCLEAR)
    if len(words) <= _LONGEST_GUESSED:
        return Reading(Certainty.UNCLEAR, guesses=values)
    return Reading(Certainty.NONE if len(words) > _LONGEST_ANSWER else Certainty.UNCLEAR)


def says_yes(text: str) -> bool:
    """A yes and nothing but it, to something that was shown back."""
    known = answer_words()
    rest = [word for word in _words(normalise(text).split()) if word not in known["fillers"]]
    return bool(rest) and "?" not in text and all(word in known["yes"] | known["agrees"] for word in rest)


def says_no(text: str) -> bool:
    """A no and nothing but it, to something that was shown back."""
    known = answer_words()
    rest = [word for word in _words(normalise(text).split()) if word not in known["fillers"]]
    return bool(rest) and "?" not in text and all(word in known["no"] | known["refuses"] for word in rest)


def says_nothing(text: str) -> bool:
    """Whether a message as a whole says that there is nothing to tell."""
    rest = _words(normalise(text).split())
    nothing = {tuple(_words(normalise(phrase).split())) for phrase in answer_words()["nothing"]}
    longest = max(len(phrase) for phrase in nothing)
    said = bool(rest)
    while rest and said:
        length = next((n for n in range(longest, 0, -1) if tuple(rest[:n]) in nothing), 0)
        said, rest = length > 0, rest[length:]
    return said


def means_the_same(text: str) -> bool:
    """ "Same as last week" names no answer: what it was is not looked up, the week asked about is another."""
    line = f" {' '.join(_words(normalise(text).split()))} "
    same = line.strip() == "same" or any(f" {words} " in line for words in answer_words()["like_before"])
    return same and len(line.split()) <= _LONGEST_GUESSED


def _mentions(words: Sequence[str], choices: Sequence[Choice], known: AnswerWords) -> list[_Mention]:
    """Every choice named by label, value or number, the longest first ("very severe" is not "severe")."""
    names = [(tuple(_words(normalise(label).split())), value) for value, label in choices]
    names += [
        (tuple(_words(normalise(value.replace("_", " ")).split())), value)
        for value, _ in choices
        if isinstance(value, str)
    ]
    names = sorted((one for one in names if one[0]), key=lambda one: -len(one[0]))
    numbers = {value for value, _ in choices if isinstance(value, int)}
    found: list[_Mention] = []
    at = 0
    while at < len(words):
        named = next(((n, v) for n, v in names if tuple(words[at : at + len(n)]) == n), None)
        typed = number(words[at])
        if named:
            found.append(_Mention(named[1], at, at + len(named[0])))
            at += len(named[0])
            continue
        if typed is not None and typed in numbers and not _counts(words, at, known):
            found.append(_Mention(typed, at, at + 1))
        at += 1
    return found


def _counts(words: Sequence[str], at: int, known: AnswerWords) -> bool:
    """ "That one", "one of those days", "3 days", "2 times": no score."""
    if words[at] == "one" and at and words[at - 1] in ("this", "that", "last", "which", "the"):
        return True
    return at + 1 < len(words) and words[at + 1] in known["counted"]


def _words(tokens: Sequence[str]) -> list[str]:
    return [piece for piece in tokens if piece not in ",.!?;"]


def _dose_told(text: str, choices: Sequence[Choice], asked: bool) -> Reading | None:
    """ "Forgot it" and "just took it" answer a dose question as clearly as the buttons do.

    "Forgot last night" may be about another dose than the one asked for, so it is only a guess.
    """
    values = {value for value, _ in choices}
    if asked or "taken" not in values:
        return None
    dose = dose_statement(text)
    status = str(dose.status)
    if dose.status not in (DoseStatus.TAKEN, DoseStatus.MISSED) or status not in values:
        return None
    if any(day != "0" for day in dose.days):
        return Reading(Certainty.UNCLEAR, guesses=(status,))
    return Reading(Certainty.CERTAIN, value=status)


def _without_mention(words: Sequence[str], choices: Sequence[Choice], asked: bool, known: AnswerWords) -> Reading:
    values = [value for value, _ in choices]
    rest = [word for word in words if word not in known["fillers"]]
    if "taken" in values and not asked:
        if rest and all(word in known["yes"] for word in rest):
            return Reading(Certainty.CERTAIN, value="taken")
        if rest and all(word in known["no"] for word in rest):
            return Reading(Certainty.UNCLEAR, guesses=tuple(v for v in ("not_yet", "missed") if v in values))
        return Reading(Certainty.NONE)
    if len(words) > _LONGEST_GUESSED:
        return Reading(Certainty.NONE)
    if (plain := _yes_or_no(rest, choices, known)) is not None and not asked:
        return Reading(Certainty.CERTAIN, value=plain)
    by_label = {" ".join(_words(normalise(label).split())): value for value, label in choices}
    line = f" {' '.join(words)} "
    for word, labels in known.near.items():
        if f" {word} " in line:
            for label in labels:
                if label in by_label:
                    return Reading(Certainty.UNCLEAR, guesses=(by_label[label],))
    vague = known["vague"] | known["hedges"] | known["yes"] | known["no"]
    if any(word in vague for word in words) or (rest and number(rest[0]) is not None):
        return Reading(Certainty.UNCLEAR)
    return Reading(Certainty.NONE)


def _yes_or_no(rest: Sequence[str], choices: Sequence[Choice], known: AnswerWords) -> Value | None:
    """ "Yep" and "nope" to a question whose choices are Yes and No."""
    values = {label.casefold(): value for value, label in choices}
    if set(values) != {"yes", "no"} or not rest:
        return None
    return next((values[name] for name in ("yes", "no") if all(word in known[name] for word in rest)), None)


@cache
def answer_words(path: Path = ANSWERS_FILE) -> AnswerWords:
    """Read once, on first use. ProtocolError names the file and the place."""
    rules = read_rules(path)
    words = rules.section(rules.content.get("words"), "words")
    for name in _WORD_LISTS:
        if name not in words:
            raise rules.error(f"words.{name}", "is missing")
    near = rules.section(rules.content.get("near"), "near")
    return AnswerWords(
        {name: frozenset(rules.texts(entry, f"words.{name}")) for name, entry in words.items()},
        {word: tuple(rules.texts(entry, f"near.{word}")) for word, entry in near.items()},
    )
