"""Red flags, found by rule in our own process: no model, no database, no network, milliseconds.

The kinds, their phrases and the messages that prove them stand in red_flags.yml, a reviewed file with its own
version (21 CFR 11: the rules that raised a concern can be named later). Negation, questions, other people and
the past are read by study/triage/scope.py. When in doubt between a flag and none, there is a flag.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from study.triage.language import is_other_language
from study.triage.phrases import PhraseBook
from study.triage.rules_files import RulesFile, read_rules
from study.triage.scope import SentenceScope, Standing, scope_rules

RED_FLAGS_FILE = Path(__file__).with_name("red_flags.yml")
RULES_VERSION: str  # read from the two rules files on first use, see __getattr__


@dataclass(frozen=True)
class Flag:
    """One red flag: its kind, the phrase that found it and the words it was found in (plain form)."""

    kind: str
    phrase: str
    quote: str


@dataclass(frozen=True)
class Entry:
    """One reviewed entry of a kind: its phrases, its idioms, and the messages that prove both."""

    kind: str
    find: PhraseBook
    must_flag: tuple[str, ...]
    must_not: tuple[str, ...]
    whoever: bool


@dataclass(frozen=True)
class RedFlagRules:
    """The reviewed file, compiled."""

    version: str
    kinds: tuple[str, ...]
    entries: tuple[Entry, ...]
    book: PhraseBook
    idioms: PhraseBook
    for_anybody: frozenset[int]
    asked_of_oneself: frozenset[str]


def red_flags(text: str) -> list[Flag]:
    """The red flags told in a message, in the order of the kinds; each phrase once."""
    return _told(_mentions(text))


def _told(mentions: Iterable[tuple[Standing, Flag]]) -> list[Flag]:
    found = {(flag.kind, flag.phrase): flag for standing, flag in mentions if standing is Standing.TOLD}
    order = red_flag_rules().kinds
    return sorted(found.values(), key=lambda flag: order.index(flag.kind))


def kinds(text: str) -> list[str]:
    """The kinds of red flag told in a message, in the order of the file."""
    return _kinds(red_flags(text))


def _kinds(flags: Iterable[Flag]) -> list[str]:
    return list(dict.fromkeys(flag.kind for flag in flags))


def asked_about(text: str) -> list[str]:
    """Kinds only asked about in general ("is chest pain a side effect?"): worth a gentle check later."""
    standings: dict[str, set[Standing]] = {}
    for standing, flag in _mentions(text):
        standings.setdefault(flag.kind, set()).add(standing)
    return [
        kind
        for kind in red_flag_rules().kinds
        if Standing.ASKED in standings.get(kind, ()) and Standing.TOLD not in standings[kind]
    ]


def with_hints(text: str, hints: Iterable[str]) -> list[str]:
    """The kinds the rules find, then those that only the model heard."""
    mentions = list(_mentions(text))
    return [*_kinds(_told(mentions)), *_unmentioned(text, mentions, hints)]


def set_aside(text: str) -> list[str]:
    """The kinds that hints of the model do not bring back in this text: those the rules have seen and found not told,
    and of another language every kind."""
    if is_other_language(text):
        return list(red_flag_rules().kinds)
    mentions = list(_mentions(text))
    told = _kinds(_told(mentions))
    return [kind for kind in _kinds(flag for _, flag in mentions) if kind not in told]


def only_hinted(text: str, hints: Iterable[str]) -> list[str]:
    """The kinds the model heard and the rules have nothing to say of. A kind they have seen and set aside (denied,
    asked in general, of somebody else, long past, an idiom) is not brought back by the model: they read more closely
    than it does."""
    return _unmentioned(text, _mentions(text), hints)


def _unmentioned(text: str, mentions: Iterable[tuple[Standing, Flag]], hints: Iterable[str]) -> list[str]:
    heard = list(dict.fromkeys(hints))
    # Of another language the model knows nothing: it hears suicide in the way to the station.
    if not heard or is_other_language(text):
        return []
    seen = {flag.kind for _, flag in mentions}
    known = red_flag_rules().kinds
    return [kind for kind in heard if kind in known and kind not in seen]


def rules_version() -> str:
    """Names the rules in force: the versions of red_flags.yml and scope.yml ("1.1")."""
    return red_flag_rules().version


def __getattr__(name: str) -> Any:
    if name == "RULES_VERSION":
        return rules_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _mentions(text: str) -> Iterator[tuple[Standing, Flag]]:
    rules = red_flag_rules()
    told: set[int] = set()
    for sentence in scope_rules().read(text):
        idioms = _idioms(rules, sentence)
        for match in rules.book.matches(sentence.tokens):
            phrase = id(match.phrase)
            if phrase in told:
                continue
            standing = sentence.standing(match, whoever=phrase in rules.for_anybody)
            if not idioms.get(match.phrase.label, frozenset()).isdisjoint(match.positions):
                standing = Standing.IDIOM
            if standing is Standing.ASKED and match.phrase.label in rules.asked_of_oneself:
                standing = Standing.TOLD if sentence.is_of_oneself(match) else standing
            if standing is Standing.TOLD:
                told.add(phrase)
            yield standing, Flag(match.phrase.label, match.phrase.written, sentence.quote(match))


def _idioms(rules: RedFlagRules, sentence: SentenceScope) -> dict[str, set[int]]:
    places: dict[str, set[int]] = {}
    for match in rules.idioms.matches(sentence.tokens):
        places.setdefault(match.phrase.label, set()).update(range(match.start, match.end))
    return places


@cache
def red_flag_rules(path: Path = RED_FLAGS_FILE) -> RedFlagRules:
    """Read once, on first use. ProtocolError names the file and the place."""
    rules = read_rules(path)
    lists = rules.lists()
    entries: list[Entry] = []
    idioms: list[Any] = []
    described = rules.section(rules.content.get("kinds"), "kinds")
    for kind, content in described.items():
        place = f"kinds.{kind}"
        section = rules.section(content, place)
        _only(rules, section, place, {"means", "ignore", "entries", "asked_of_oneself"})
        idioms += rules.phrases(section.get("ignore", []), f"{place}.ignore", kind, lists)
        blocks = section.get("entries")
        if not isinstance(blocks, list) or not blocks:
            raise rules.error(f"{place}.entries", "at least one entry is needed")
        for index, block in enumerate(blocks):
            here = f"{place}.entries[{index}]"
            one = rules.section(block, here)
            _only(rules, one, here, {"find", "must_flag", "must_not", "ignore", "whoever"})
            idioms += rules.phrases(one.get("ignore", []), f"{here}.ignore", kind, lists)
            entries.append(_entry(rules, one, here, kind, lists))
    phrases = [phrase for entry in entries for phrase in entry.find.phrases]
    anybody = frozenset(id(phrase) for entry in entries if entry.whoever for phrase in entry.find.phrases)
    oneself = frozenset(kind for kind, content in described.items() if content.get("asked_of_oneself"))
    version = f"{rules.version}.{scope_rules().version}"
    return RedFlagRules(
        version, tuple(described), tuple(entries), PhraseBook(phrases), PhraseBook(idioms), anybody, oneself
    )


def _entry(rules: RulesFile, one: dict[str, Any], here: str, kind: str, lists: dict[str, list[str]]) -> Entry:
    for key in ("find", "must_flag"):
        if not one.get(key):
            raise rules.error(f"{here}.{key}", "is missing")
    return Entry(
        kind,
        PhraseBook(rules.phrases(one["find"], f"{here}.find", kind, lists)),
        tuple(rules.texts(one["must_flag"], f"{here}.must_flag")),
        tuple(rules.texts(one.get("must_not", []), f"{here}.must_not")),
        bool(one.get("whoever", False)),
    )


def _only(rules: RulesFile, section: dict[str, Any], place: str, known: set[str]) -> None:
    for key in section:
        if key not in known:
            raise rules.error(f"{place}.{key}", f"is not known; known are {', '.join(sorted(known))}")
