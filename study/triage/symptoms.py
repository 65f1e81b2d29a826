"""Symptoms named in lay words: the term they stand for (PRO-CTCAE's and our own), and whether denied.

The lexicon is symptoms.yml, in the notation of the red flags. Symptoms of somebody else, asked about in
general or long past are no symptoms of today and are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from study.triage.phrases import Match, PhraseBook
from study.triage.rules_files import read_rules
from study.triage.scope import SentenceScope, Standing, scope_rules

SYMPTOMS_FILE = Path(__file__).with_name("symptoms.yml")
_JOINS = frozenset({",", "and", "but", "so", "though"})


@dataclass(frozen=True)
class Symptom:
    """A symptom term, and whether the message denies it ("no more nausea")."""

    term: str
    negated: bool


@dataclass(frozen=True)
class Lexicon:
    """The lexicon, compiled."""

    version: str
    terms: tuple[str, ...]
    book: PhraseBook
    idioms: PhraseBook
    gone: PhraseBook
    no_more: PhraseBook
    well: PhraseBook


def symptoms(text: str) -> list[Symptom]:
    """The symptoms of a message in the order they are named; one told and denied counts as told."""
    return _named(_mentions(text))


def _named(mentions: Iterable[tuple[str, Standing]]) -> list[Symptom]:
    found: dict[str, bool] = {}
    for term, standing in mentions:
        if standing in (Standing.TOLD, Standing.NEGATED):
            found[term] = found.get(term, True) and standing is Standing.NEGATED
    return [Symptom(term, negated) for term, negated in found.items()]


@dataclass(frozen=True)
class Heard:
    """A term the model heard, and the words of the message it heard it in: all of them, or a part."""

    term: str
    said: str


def with_heard(text: str, heard: Iterable[Heard]) -> list[Symptom]:
    """The same, and the terms the model heard in words in which the lexicon finds none told; denied where those words
    say that all is well. A term the lexicon has seen and set aside (asked about, of somebody else, long past, a figure
    of speech) is not brought back: it reads more closely than the model."""
    mentions = list(_mentions(text))
    seen, known = {term for term, _ in mentions}, lexicon().terms
    new = [one for one in heard if one.term in known and one.term not in seen and not tells_one(one.said)]
    told = {one.term: False for one in new if not _is_well(one.said)}
    well = {one.term: True for one in new}
    return [*_named(mentions), *(Symptom(term, negated) for term, negated in {**well, **told}.items())]


def told_terms(text: str, heard: Iterable[Heard]) -> list[str]:
    """The terms of it that are there today."""
    return [symptom.term for symptom in with_heard(text, heard) if not symptom.negated]


def _is_well(words: str) -> bool:
    """ "My appetite is fine": what is named is all right. Only of one clause, and not of "sleep is not fine"."""
    read = scope_rules().read(words)
    if len(read) != 1 or not _JOINS.isdisjoint(read[0].tokens):
        return False
    tokens = read[0].tokens
    return any(
        "not" not in tokens[max(one.start - 2, 0) : one.start] + tokens[one.start + 1 : one.end]
        for one in lexicon().well.matches(tokens)
    )


def tells_one(words: str) -> bool:
    """Whether the lexicon finds a symptom told in the words, one that is there."""
    return any(not one.negated for one in symptoms(words))


def _mentions(text: str) -> Iterator[tuple[str, Standing]]:
    words = lexicon()
    for sentence in scope_rules().read(text):
        silent = {at for idiom in words.idioms.matches(sentence.tokens) for at in range(idiom.start, idiom.end)}
        for match in _widest(list(words.book.matches(sentence.tokens)), len(sentence.tokens)):
            standing = sentence.standing(match)
            if not silent.isdisjoint(match.positions):
                standing = Standing.IDIOM
            elif standing is Standing.TOLD and _is_over(words, sentence, match):
                standing = Standing.NEGATED
            yield match.phrase.label, standing


def _is_over(words: Lexicon, sentence: SentenceScope, match: Match) -> bool:
    """ "The dizziness has gone", "no more headaches": named as something that is no longer there."""
    after = any(one.start == match.end for one in words.gone.matches(sentence.tokens))
    return after or any(one.end == match.start for one in words.no_more.matches(sentence.tokens))


def _widest(matches: Sequence[Match], length: int) -> list[Match]:
    """Without those whose own words are part of a wider phrase of another term."""
    widest: list[Match | None] = [None] * length
    for match in matches:
        for at in match.positions:
            holder = widest[at]
            if holder is None or len(match.positions) > len(holder.positions):
                widest[at] = match
    return [one for one in matches if any(_is_level(widest[at], one) for at in one.positions)]


def _is_level(holder: Match | None, match: Match) -> bool:
    if holder is None or holder.phrase.label == match.phrase.label:
        return True
    return len(holder.positions) <= len(match.positions)


@cache
def lexicon(path: Path = SYMPTOMS_FILE) -> Lexicon:
    """Read once, on first use. ProtocolError names the file and the place."""
    rules = read_rules(path)
    lists = rules.lists()
    terms = rules.section(rules.content.get("terms"), "terms")
    phrases = [one for term, entry in terms.items() for one in rules.phrases(entry, f"terms.{term}", term, lists)]
    idioms, gone, no_more, well = (
        PhraseBook(rules.phrases(rules.content.get(name, []), name, name, lists))
        for name in ("ignore", "gone", "no_more", "well")
    )
    return Lexicon(rules.version, tuple(terms), PhraseBook(phrases), idioms, gone, no_more, well)
