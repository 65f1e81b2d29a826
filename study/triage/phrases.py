"""The notation of the phrase files, and the search for phrases in a message.

    chest|breast_bone ~3 pain|tight*

A phrase is steps parted by spaces. `|` parts alternatives, `_` joins words that belong together, `*` stands
for any ending, `?` after a step makes it optional (never the first), `~3` lets up to three other words stand
before the next step, `<name>` is a list of the file's `lists`, `#5` is a number of 5 or more, `#1950-2019`
one in between, and `.` is the end of the clause. Gaps never cross a comma. `can not` is how "can't" reads here
(study/triage/normalising.py).

The search goes once over the words; the work for one word is bounded by the phrases that begin with it and by
their gaps, so a message of 10,000 characters costs ten times one of 1,000.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from study.triage.normalising import normalise

NUMBERS = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "dozen": 12, "dozens": 24}

_GAP = re.compile(r"~(\d)")
_NUMBER = re.compile(r"#(\d+)(?:-(\d+))?")
_LIST = re.compile(r"<(\w+)>")


def number(token: str) -> int | None:
    """The whole number a word stands for, in digits or written out."""
    if token.isascii() and token.isdigit():
        return int(token[:9])
    return NUMBERS.get(token)


@dataclass(frozen=True)
class Word:
    """One word of a phrase: exact, a beginning (`bleed*`) or a number between two bounds."""

    text: str
    beginning: bool = False
    least: int | None = None
    most: int | None = None

    def fits(self, token: str) -> bool:
        if self.least is not None:
            value = number(token)
            return value is not None and self.least <= value and (self.most is None or value <= self.most)
        return token.startswith(self.text) if self.beginning else token == self.text


_END: tuple[Word, ...] = ()  # the alternative written "."


@dataclass(frozen=True)
class Step:
    """One place of a phrase: its alternatives, how many words may stand before it, whether it must stand."""

    alternatives: tuple[tuple[Word, ...], ...]
    gap: int = 0
    optional: bool = False

    @cached_property
    def _by_word(self) -> dict[str, list[tuple[Word, ...]]]:
        filed: dict[str, list[tuple[Word, ...]]] = {}
        for words in self.alternatives:
            if words and not words[0].beginning and words[0].least is None:
                filed.setdefault(words[0].text, []).append(words)
        return filed

    @cached_property
    def _others(self) -> list[tuple[Word, ...]]:
        return [one for one in self.alternatives if not one or one[0].beginning or one[0].least is not None]

    def fitting(self, tokens: Sequence[str], at: int) -> Iterator[tuple[Word, ...]]:
        """The alternatives that stand at the place `at`."""
        filed = self._by_word.get(tokens[at], ()) if at < len(tokens) else ()
        for words in (*filed, *self._others):
            if _stand(words, tokens, at):
                yield words


@dataclass(frozen=True)
class Phrase:
    """A phrase as written, its steps and the label of what it tells (a kind, a term, a status)."""

    label: str
    written: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Match:
    """Where a phrase stands: `positions` are its own words, without its gaps; `starts` opens each step."""

    phrase: Phrase
    positions: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def start(self) -> int:
        return self.positions[0]

    @property
    def end(self) -> int:
        return self.positions[-1] + 1


def phrase(written: str, label: str = "", lists: Mapping[str, Sequence[str]] | None = None) -> Phrase:
    """Read one phrase. ValueError says what is wrong with it."""
    steps: list[Step] = []
    gap = 0
    for part in written.split():
        if found := _GAP.fullmatch(part):
            gap = int(found[1])
            continue
        optional = part.endswith("?")
        alternatives = tuple(_alternatives(part.removesuffix("?"), lists or {}))
        if optional and not steps:
            raise ValueError(f"'{written}': the first step cannot be left out")
        steps.append(Step(alternatives, gap, optional))
        gap = 0
    if not steps or gap or steps[0].gap or any(alternative == _END for alternative in steps[0].alternatives):
        raise ValueError(f"'{written}': a phrase begins with a word, and a gap needs a word after it")
    return Phrase(label, written, tuple(steps))


def _alternatives(part: str, lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[Word, ...]]:
    for alternative in part.split("|"):
        if alternative == ".":
            yield _END
        elif found := _LIST.fullmatch(alternative):
            if found[1] not in lists:
                raise ValueError(f"'{part}': there is no list called '{found[1]}'")
            for entry in lists[found[1]]:
                yield from _alternatives(entry, lists)
        elif found := _NUMBER.fullmatch(alternative):
            yield (Word("#", least=int(found[1]), most=int(found[2]) if found[2] else None),)
        else:
            yield _words(alternative)


def _words(alternative: str) -> tuple[Word, ...]:
    words = []
    for word in alternative.split("_"):
        plain = normalise(word.removesuffix("*")).split()
        if not plain or not all(token.isalnum() for token in plain):
            raise ValueError(f"'{alternative}' has a word that no message can contain")
        words += [Word(token) for token in plain[:-1]]
        words.append(Word(plain[-1], beginning=word.endswith("*")))
    return tuple(words)


@dataclass
class PhraseBook:
    """Phrases filed by the first word they can begin with."""

    phrases: Sequence[Phrase]
    _by_word: dict[str, list[Phrase]] = field(default_factory=dict, init=False, repr=False)
    _by_beginning: dict[str, list[Phrase]] = field(default_factory=dict, init=False, repr=False)
    _by_number: list[Phrase] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        for one in self.phrases:
            for first in dict.fromkeys(alternative[0] for alternative in one.steps[0].alternatives):
                if first.least is not None:
                    self._by_number.append(one)
                elif first.beginning:
                    self._by_beginning.setdefault(first.text, []).append(one)
                else:
                    self._by_word.setdefault(first.text, []).append(one)
        self._lengths = sorted({len(beginning) for beginning in self._by_beginning})

    def words(self) -> set[str]:
        """Every exact word a phrase may contain."""
        steps = (step for one in self.phrases for step in one.steps)
        return {word.text for step in steps for words in step.alternatives for word in words if not word.beginning}

    def matches(self, tokens: Sequence[str]) -> Iterator[Match]:
        """Every place where a phrase stands, from left to right; the first way to read it is taken."""
        for at, token in enumerate(tokens):
            for one in self._beginning_with(token):
                if found := match(one, tokens, at):
                    yield found

    def _beginning_with(self, token: str) -> Iterable[Phrase]:
        yield from self._by_word.get(token, ())
        for length in self._lengths:
            if length > len(token):
                break
            yield from self._by_beginning.get(token[:length], ())
        if self._by_number and number(token) is not None:
            yield from self._by_number


def match(one: Phrase, tokens: Sequence[str], at: int) -> Match | None:
    """The phrase beginning at the word `at`, or None."""
    dead: set[tuple[int, int]] = set()

    def rest(index: int, place: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        if index == len(one.steps):
            return (), ()
        if (index, place) in dead:
            return None
        step = one.steps[index]
        for start in range(place, min(place + step.gap, len(tokens)) + 1):
            if start > place and tokens[start - 1] == ",":
                break
            for words in step.fitting(tokens, start):
                if (after := rest(index + 1, start + len(words))) is not None:
                    own = range(start, start + len(words))
                    return (*own, *after[0]), (*own[:1], *after[1])
        if step.optional and (after := rest(index + 1, place)) is not None:
            return after
        dead.add((index, place))
        return None

    found = rest(0, at)
    return Match(one, *found) if found else None


def _stand(words: Sequence[Word], tokens: Sequence[str], at: int) -> bool:
    if words == _END:
        return at == len(tokens) or tokens[at] == ","
    return at + len(words) <= len(tokens) and all(word.fits(tokens[at + i]) for i, word in enumerate(words))
