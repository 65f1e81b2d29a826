"""What a message says of a dose: its status, which day and why. Questions tell no dose ("if I miss ...").

Several days in one message are read by doses_by_day.py. A double dose is no overdose; the whole pack is a red flag as
well (study/triage/red_flags.py).
Silence and "not yet" are no missed dose: that is decided when the check-in closes, not here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path

from study.triage.phrases import Match, PhraseBook
from study.triage.rules_files import RulesFile, read_rules
from study.triage.scope import SentenceScope, Standing, scope_rules

DOSES_FILE = Path(__file__).with_name("doses.yml")
SPEAKS_FOR_ITSELF = 3  # words of a phrase
STRANGE_BESIDE_IT = 2  # words of no dose in "took it with my porridge"; more may be about something else


class DoseStatus(StrEnum):
    """What became of a dose, as told."""

    TAKEN = "taken"
    MISSED = "missed"
    PARTIAL = "partial"
    STOPPED = "stopped"
    CHANGED = "changed"
    DOUBLED = "doubled"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True)
class Dose:
    """A statement on a dose. `day_offset` counts from today (-1 last night), `weekday` is "tuesday".

    None is what was not said. `reason` is one of the keys under `reasons` of doses.yml. `days` holds every
    day named, in order.
    """

    status: DoseStatus
    day_offset: int | None = None
    weekday: str | None = None
    reason: str | None = None
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class DoseRules:
    """doses.yml, compiled; `by_day` names the statuses of one day among several, `examples` is kept for the tests."""

    statuses: tuple[str, ...]
    by_day: tuple[str, ...]
    words: dict[str, frozenset[str]]
    books: dict[str, PhraseBook]
    examples: dict[str, tuple[str, ...]]


def dose_statement(text: str) -> Dose:
    """The dose told in a message, as one statement; status none where none is told. A double dose is a change."""
    told = stated(text)
    return replace(told, status=DoseStatus.CHANGED) if told.status is DoseStatus.DOUBLED else told


def stated(text: str) -> Dose:
    """The same, with a double dose as what it is."""
    rules = dose_rules()
    read = [sentence for sentence in scope_rules().read(text) if sentence.tokens]
    told = {status for sentence in read for status in _statuses(rules, sentence)}
    may_be_taken = DoseStatus.MISSED in told and DoseStatus.DOUBLED not in told
    if may_be_taken and any(in_the_end(rules, one) for one in read):
        told = {DoseStatus.TAKEN}
    for name in rules.statuses:
        if name in told:
            return _described(rules, DoseStatus(name), read)
    return Dose(DoseStatus.NONE)


def with_hint(text: str, heard: str) -> DoseStatus:
    """The status told, by the rules and by what the model heard. The rules decide, but of a bare "took" the model may
    hear more ("took myself off the tablets"); and it hears nothing in words the rules know for something else ("stopped
    smoking", "not yet")."""
    status = dose_statement(text).status
    if status is DoseStatus.NONE:
        return DoseStatus.NONE if is_set_aside(text) else DoseStatus(heard)
    return DoseStatus(heard) if is_more(status, heard) else status


def is_more(status: DoseStatus, heard: str) -> bool:
    """Whether the model heard something more particular than that a dose was taken."""
    return status is DoseStatus.TAKEN and heard in (DoseStatus.STOPPED, DoseStatus.PARTIAL, DoseStatus.CHANGED)


def is_set_aside(text: str) -> bool:
    """Whether the words look like a dose and are known for something else, or for "not yet"."""
    return _says(text, "ignore", "not_yet")


def is_not_yet(text: str) -> bool:
    """ "Not yet", "I'll take it later": no dose, and nothing to look into."""
    return _says(text, "not_yet")


def _says(text: str, *names: str) -> bool:
    books = [dose_rules().books[name] for name in names]
    return any(any(book.matches(sentence.tokens)) for sentence in scope_rules().read(text) for book in books)


def names_tablet(rules: DoseRules, sentence: SentenceScope) -> bool:
    """Whether a sentence is about the tablet for certain."""
    return any(rules.books["medicine"].matches(sentence.tokens))


def strange_words(rules: DoseRules, sentence: SentenceScope) -> int:
    """How many words of a sentence belong to no statement about a dose."""
    known: set[int] = set()
    for name in ("statuses", "by_day", "days", "reasons", "in_the_end", "generally", "not_yet"):
        known.update(at for match in rules.books[name].matches(sentence.tokens) for at in match.positions)
    known |= places(rules.books["around"], sentence)
    plain = rules.words["plain_words"] | rules.words["ranges"]
    return sum(at not in known and word not in plain and word != "," for at, word in enumerate(sentence.tokens))


def is_about_doses(rules: DoseRules, sentence: SentenceScope) -> bool:
    """ "Took the stairs today" and "no pain today" are not: what such a sentence is about, doses.yml tells."""
    if names_tablet(rules, sentence) or _is_told_at_length(rules, sentence):
        return True
    strange = strange_words(rules, sentence)
    if not strange:
        return True
    beside = places(rules.books["not_object"], sentence)
    objects = rules.books["object"].matches(sentence.tokens)
    return strange <= STRANGE_BESIDE_IT and any(beside.isdisjoint(one.positions) for one in objects)


def _is_told_at_length(rules: DoseRules, sentence: SentenceScope) -> bool:
    """ "Came off the things": a phrase of so many words speaks for itself. Days say nothing."""
    days = places(rules.books["days"], sentence)
    matches = rules.books["statuses"].matches(sentence.tokens)
    return any(len(set(match.positions) - days) >= SPEAKS_FOR_ITSELF for match in matches)


def _statuses(rules: DoseRules, sentence: SentenceScope) -> Iterator[DoseStatus]:
    matches = list(rules.books["statuses"].matches(sentence.tokens))
    if not matches or not is_about_doses(rules, sentence):
        return
    silent = places(rules.books["ignore"], sentence)
    waiting = any(rules.books["not_yet"].matches(sentence.tokens))
    for match in matches:
        status = DoseStatus(match.phrase.label)
        if not silent.isdisjoint(match.positions) or is_own_question(sentence, match):
            continue
        standing = sentence.standing(match)
        if standing is Standing.NEGATED and status is DoseStatus.MISSED:
            yield DoseStatus.TAKEN
        if standing is Standing.TOLD and not (waiting and status in (DoseStatus.MISSED, DoseStatus.TAKEN)):
            yield status


def in_the_end(rules: DoseRules, sentence: SentenceScope) -> bool:
    """ "Forgot, but then I took it"; not "fell asleep and never took it"."""
    found = rules.books["in_the_end"].matches(sentence.tokens)
    return any("never" not in sentence.tokens[one.start : one.end] for one in found)


def is_own_question(sentence: SentenceScope, match: Match) -> bool:
    """ "Should I take two?", "do I take it ...", "when do I ...": a question word, then the subject."""
    before = sentence.tokens[max(match.start - 5, 0) : match.start + 1]
    asks = ("can", "could", "should", "shall", "may", "must", "do", "would", "will", "when", "how")
    return any(
        word in asks and following in ("i", "we", "you", "he", "she", "do", "should")
        for word, following in pairwise(before)
    )


def places(book: PhraseBook, sentence: SentenceScope) -> set[int]:
    """Where the words of its matches stand."""
    return {at for match in book.matches(sentence.tokens) for at in range(match.start, match.end)}


def _described(rules: DoseRules, status: DoseStatus, read: list[SentenceScope]) -> Dose:
    days = [one.phrase.label for sentence in read for one in days_named(rules, sentence)]
    book = rules.books["reasons"]
    reasons = {one.phrase.label for sentence in read for one in book.matches(sentence.tokens)}
    offset = next((int(day) for day in days if day.lstrip("-").isdigit()), None)
    weekday = next((day for day in days if day.isalpha()), None)
    reason = next((one for one in book.phrases if one.label in reasons), None)
    if status is DoseStatus.TAKEN and "forgot" not in reasons:
        reason = None
    return Dose(status, offset, weekday, reason.label if reason else None, tuple(dict.fromkeys(days)))


def days_named(rules: DoseRules, sentence: SentenceScope) -> list[Match]:
    """The days of a sentence. "I sat down" names none."""
    silent = places(rules.books["ignore"], sentence)
    return [one for one in longest(rules.books["days"], sentence) if silent.isdisjoint(one.positions)]


def longest(book: PhraseBook, sentence: SentenceScope) -> Iterator[Match]:
    """ "The day before yesterday" is one day, not two."""
    end = 0
    for match in sorted(book.matches(sentence.tokens), key=lambda one: (one.start, -one.end)):
        if match.start >= end:
            end = match.end
            yield match


@cache
def dose_rules(path: Path = DOSES_FILE) -> DoseRules:
    """Read once, on first use. ProtocolError names the file and the place."""
    rules = read_rules(path)
    lists = rules.lists()
    books = {
        name: PhraseBook(rules.phrases(rules.content.get(name), name, name, lists))
        for name in ("not_yet", "in_the_end", "ignore", "generally", "medicine", "object", "not_object", "around")
    }
    books["statuses"] = _labelled(rules, ("statuses",), lists)
    books["reasons"] = _labelled(rules, ("reasons",), lists)
    books["days"] = _labelled(rules, ("days", "weekdays"), lists)
    books["by_day"] = _labelled(rules, ("by_day",), lists)
    statuses = tuple(rules.section(rules.content.get("statuses"), "statuses"))
    by_day = tuple(rules.section(rules.content.get("by_day"), "by_day"))
    for place, names in (("statuses", statuses), ("by_day", by_day)):
        for status in names:
            if status not in set(DoseStatus):
                raise rules.error(f"{place}.{status}", f"is not known; known are {', '.join(DoseStatus)}")
    words = {name: frozenset(rules.texts(rules.content.get(name), name)) for name in ("joins", "ranges", "plain_words")}
    examples = rules.section(rules.content.get("examples"), "examples")
    kept = {message: tuple(rules.texts(told, f"examples.{message}")) for message, told in examples.items()}
    return DoseRules(statuses, by_day, words, books, kept)


def _labelled(rules: RulesFile, names: tuple[str, ...], lists: dict[str, list[str]]) -> PhraseBook:
    found = []
    for name in names:
        for label, entry in rules.section(rules.content.get(name), name).items():
            found += rules.phrases(entry, f"{name}.{label}", label, lists)
    return PhraseBook(found)
