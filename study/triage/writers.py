"""Who is writing: the participant, somebody close to them, or a doctor who treats them. By rule, from writers.yml.

In doubt it is the participant. What somebody else writes is passed to people and recorded as nobody's answer, so a
wrong "somebody else" costs an answer, and a wrong "participant" may record a relative's guess as theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from study.triage.normalising import Sentence, sentences
from study.triage.phrases import PhraseBook
from study.triage.rules_files import RulesFile, read_rules
from study.triage.scope import SentenceScope, Standing, scope_rules

WRITERS_FILE = Path(__file__).with_name("writers.yml")
NAMES_AT_MOST = 4  # words between "this is" and "daughter": "maria lopez , antonio"
SUPPOSING = frozenset(("if", "when", "whether", "suppose", "until", "unless"))
WHOSE = ("his", "her", "their")
ENDS = ("here", "and", "of", "writing", "typing", "speaking")


class Writer(StrEnum):
    PARTICIPANT = "participant"
    OTHER_PERSON = "other_person"
    TREATING_DOCTOR = "treating_doctor"


@dataclass(frozen=True)
class WriterRules:
    """writers.yml, compiled; the examples are kept for the tests."""

    books: dict[str, PhraseBook]
    relatives: frozenset[str]
    not_names: frozenset[str]
    must_find: dict[str, tuple[str, ...]]
    must_not: dict[str, tuple[str, ...]]


def writer(text: str) -> Writer:
    """Who writes this. A doctor comes before a relative: the number for doctors must not be missed."""
    rules = writer_rules()
    read = [(one, without_commas(one)) for one in sentences(text)]
    if _is_doctor(rules, read):
        return Writer.TREATING_DOCTOR
    for sentence, plain in read:
        if sentence.question and not _is_introduction(rules, sentence.tokens):
            continue
        if _found(rules.books["other_person"], plain) or _is_introduction(rules, sentence.tokens):
            return Writer.OTHER_PERSON
    return Writer.PARTICIPANT


def _is_doctor(rules: WriterRules, read: Sequence[tuple[Sentence, tuple[str, ...]]]) -> bool:
    if any(_found(rules.books["treating_doctor"], plain) for _, plain in read):
        return True
    says_so = any(_found(rules.books["self"], plain) for _, plain in read)
    return says_so and any(any(rules.books["clues"].matches(plain)) for _, plain in read)


def _found(book: PhraseBook, tokens: tuple[str, ...]) -> bool:
    """A phrase that is told: not denied, not asked in general ("if a doctor needs to unblind me")."""
    scope = SentenceScope(scope_rules(), tokens)
    told = (Standing.TOLD, Standing.OTHER_PERSON, Standing.PAST)
    return any(
        scope.standing(match) in told and SUPPOSING.isdisjoint(tokens[: match.start]) for match in book.matches(tokens)
    )


def _is_introduction(rules: WriterRules, tokens: tuple[str, ...]) -> bool:
    """ "This is maria , antonio daughter": names, what they are to the participant, and an end. A name may open it
    too: "antonio wife here"."""
    begins = [match.end for match in rules.books["named"].matches(tokens)]
    for begin in [0, *begins]:
        for at in range(begin + 1, min(begin + 1 + NAMES_AT_MOST, len(tokens))):
            if tokens[at] not in rules.relatives:
                continue
            after = tokens[at + 1 : at + 2]
            if begin == 0 and after[:1] not in (("here",), ("writing",), ("typing",)):
                continue
            ends = not after or after[0] == "," or after[0] in ENDS
            if ends and _names_them(rules, tokens[begin:at], after):
                return True
    return False


def _names_them(rules: WriterRules, words: Sequence[str], after: Sequence[str]) -> bool:
    """The words before "daughter": names ("maria , antonio"), or names and "his"; "maria , daughter" needs "of"."""
    if words[-1] in WHOSE:
        return _are_names(rules, words[:-1])
    return (words[-1] != "," or after[:1] == ("of",)) and _are_names(rules, words)


def _are_names(rules: WriterRules, words: Sequence[str]) -> bool:
    """Nothing in a list of names is a word of the language that often stands there; "-ing" is something one does."""
    return all(word == "," or (word not in rules.not_names and not word.endswith("ing")) for word in words)


def without_commas(sentence: Sentence) -> tuple[str, ...]:
    """People put commas where they like in introductions; gaps of phrases would end at them."""
    return tuple(word for word in sentence.tokens if word != ",")


@cache
def writer_rules(path: Path = WRITERS_FILE) -> WriterRules:
    """Read once, on first use. ProtocolError names the file and the place."""
    rules = read_rules(path)
    lists = rules.lists()
    others = rules.section(rules.content.get("other_person"), "other_person")
    doctors = rules.section(rules.content.get("treating_doctor"), "treating_doctor")

    def book(section: dict[str, Any], name: str, key: str) -> PhraseBook:
        return PhraseBook(rules.phrases(section.get(key), f"{name}.{key}", key, lists))

    sections = {"other_person": others, "treating_doctor": doctors}
    return WriterRules(
        {
            "other_person": book(others, "other_person", "find"),
            "named": book(others, "other_person", "named"),
            "treating_doctor": book(doctors, "treating_doctor", "find"),
            "self": book(doctors, "treating_doctor", "self"),
            "clues": book(doctors, "treating_doctor", "clues"),
        },
        frozenset(lists["relative"]),
        frozenset(rules.texts(others.get("not_names"), "other_person.not_names")),
        _examples(rules, sections, "must_find"),
        _examples(rules, sections, "must_not"),
    )


def _examples(rules: RulesFile, sections: dict[str, dict[str, Any]], key: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(rules.texts(one.get(key), f"{name}.{key}")) for name, one in sections.items()}
