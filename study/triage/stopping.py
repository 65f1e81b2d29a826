"""What somebody says they wish to stop: messages, tablets, visits, the use of their data. By rule, from stopping.yml.

Only what is said plainly counts. A question ("can I stop the tablets?") is none, and "I want to leave" names no scope:
what they mean is then for them to say.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from study.triage.normalising import Sentence, sentences
from study.triage.phrases import Match, PhraseBook
from study.triage.rules_files import read_rules
from study.triage.scope import SentenceScope, Standing, scope_rules

STOPPING_FILE = Path(__file__).with_name("stopping.yml")
POLITE = (("can", "you"), ("could", "you"), ("will", "you"), ("would", "you"), ("please",))
ASKING = frozenset(("how", "what", "when", "if", "should", "whether", "why", "may", "can", "could", "is", "do", "does"))


@dataclass(frozen=True)
class StoppingRules:
    """stopping.yml, compiled; the examples are kept for the tests."""

    book: PhraseBook
    ignore: PhraseBook
    words: PhraseBook
    scopes: tuple[str, ...]
    must_find: dict[str, tuple[str, ...]]
    must_not: dict[str, tuple[str, ...]]


def wished_to_stop(text: str) -> list[str]:
    """The scopes named in a message (messages, tablets, visits, data_use), in the order of the file."""
    rules = stopping_rules()
    found = set()
    for sentence in sentences(text):
        scope = SentenceScope(scope_rules(), sentence.tokens)
        silent = {at for match in rules.ignore.matches(sentence.tokens) for at in range(match.start, match.end)}
        for match in rules.book.matches(sentence.tokens):
            if scope.standing(match) is Standing.NEGATED or not silent.isdisjoint(match.positions):
                continue
            if not _asks(sentence, match):
                found.add(match.phrase.label)
    return [scope for scope in rules.scopes if scope in found]


def speaks_of_stopping(text: str) -> bool:
    """Whether a message that breaks something off may mean more than "not now": "stop", "I want out"."""
    return any(any(stopping_rules().words.matches(sentence.tokens)) for sentence in sentences(text))


def _asks(sentence: Sentence, match: Match) -> bool:
    """A question, but for the polite one ("could you stop writing to me?")."""
    before = sentence.tokens[: match.start]
    if any(before[-len(words) :] == words for words in POLITE):
        return False
    return sentence.question or not ASKING.isdisjoint(before[-6:])


@cache
def stopping_rules(path: Path = STOPPING_FILE) -> StoppingRules:
    """Read once, on first use. ProtocolError names the file and the place."""
    rules = read_rules(path)
    lists = rules.lists()
    sections = {
        name: rules.section(entry, f"scopes.{name}")
        for name, entry in rules.section(rules.content.get("scopes"), "scopes").items()
    }
    phrases = [
        phrase
        for name, one in sections.items()
        for phrase in rules.phrases(one.get("find"), f"scopes.{name}.find", name, lists)
    ]
    examples = {
        key: {name: tuple(rules.texts(one.get(key), f"scopes.{name}.{key}")) for name, one in sections.items()}
        for key in ("must_find", "must_not")
    }
    ignore = PhraseBook(rules.phrases(rules.content.get("ignore"), "ignore", "ignore", lists))
    words = PhraseBook(rules.phrases(rules.content.get("words"), "words", "words", lists))
    return StoppingRules(
        PhraseBook(phrases), ignore, words, tuple(sections), examples["must_find"], examples["must_not"]
    )
