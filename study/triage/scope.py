"""Whether what a phrase names is told of the participant now, or denied, asked about, another's or past.

The rules lean one way: a mention counts as told unless the words around it clearly say otherwise. Every look
around a phrase goes at most `_FAR` words, so the cost of a message grows with its length only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from study.triage.normalising import Sentence, normalise, sentences
from study.triage.phrases import Match, PhraseBook
from study.triage.rules_files import RulesFile, read_rules
from study.triage.spelling import Spelling

SCOPE_FILE = Path(__file__).with_name("scope.yml")
_FAR = 14


class Standing(StrEnum):
    """How a phrase stands in its sentence."""

    TOLD = "told"
    NEGATED = "negated"
    ASKED = "asked"
    OTHER_PERSON = "other_person"
    PAST = "past"
    IDIOM = "idiom"


@dataclass(frozen=True)
class ScopeRules:
    """The word lists and phrases of scope.yml."""

    version: str
    words: dict[str, frozenset[str]]
    books: dict[str, PhraseBook]
    spelling: Spelling

    def read(self, text: str) -> list["SentenceScope"]:
        """The sentences of a message, their spelling mended, ready to be asked how a phrase stands."""
        mended = [
            Sentence(_in_laws(word for token in one.tokens for word in self.spelling.read(token)), one.question)
            for one in sentences(text)
        ]
        answers = [*mended[1:], Sentence(())]
        return [
            SentenceScope(self, one.tokens, one.question and self._says_no(answer.tokens))
            for one, answer in zip(mended, answers, strict=False)
        ]

    def _says_no(self, tokens: Sequence[str]) -> bool:
        """ "No.", "Never got it.", "Not me.": short, or a comma follows."""
        if tuple(tokens[:2]) in (("not", "me"), ("not", "here"), ("not", "once")):
            return True
        said = bool(tokens) and tokens[0] in self.words["answers"]
        return said and (len(tokens) == 1 or tokens[1] == "," or (tokens[0] == "never" and len(tokens) <= 4))


def _in_laws(words: Iterable[str]) -> tuple[str, ...]:
    """ "Mother in law" is one word, and not the mother of whoever writes."""
    joined: list[str] = []
    for word in words:
        if word in ("law", "laws") and len(joined) > 1 and joined[-1] == "in":
            joined[-2:] = [f"{joined[-2]}_in_law"]
        else:
            joined.append(word)
    return tuple(joined)


@cache
def scope_rules(path: Path = SCOPE_FILE) -> ScopeRules:
    """Read once, on first use. ProtocolError names the file and the place."""
    rules = read_rules(path)
    lists = rules.lists()
    words: dict[str, frozenset[str]] = {}
    books: dict[str, PhraseBook] = {}
    wanted: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "negation": (("negators", "fillers", "list_words", "list_ends", "comparing", "answers"), ()),
        "asking": (
            ("directly_fillers", "not_after", "may_fillers", "articles", "openers", "soft_starts"),
            ("directly", "may", "before", "after", "listed"),
        ),
        "people": (("others", "determiners", "intros", "own", "opinions", "going_on"), ()),
        "past": (("present", "returning", "ends"), ("markers",)),
    }
    for name, (word_lists, phrase_lists) in wanted.items():
        section = rules.section(rules.content.get(name), name)
        for key in word_lists:
            words[key] = frozenset(rules.texts(_entry(rules, section, name, key), f"{name}.{key}"))
        for key in phrase_lists:
            entry = _entry(rules, section, name, key)
            books[key] = PhraseBook(rules.phrases(entry, f"{name}.{key}", key, lists))
    return ScopeRules(rules.version, words, books, _spelling(rules))


def _entry(rules: RulesFile, section: dict[str, Any], name: str, key: str) -> Any:
    if key not in section:
        raise rules.error(f"{name}.{key}", "is missing")
    return section[key]


def _spelling(rules: RulesFile) -> Spelling:
    variants = rules.section(rules.content.get("spellings"), "spellings")
    for wrong, right in variants.items():
        rules.texts(right, f"spellings.{wrong}")
    long_words = rules.texts(rules.content.get("long_words"), "long_words")
    others = rules.texts(rules.content.get("other_words"), "other_words")
    known = {word for right in variants.values() for word in right.split()}
    return Spelling({normalise(w): r for w, r in variants.items()}, long_words, known, others)


class SentenceScope:
    """One sentence, and the places in it from which a phrase can be denied, asked about or another's."""

    def __init__(self, rules: ScopeRules, tokens: tuple[str, ...], answered_no: bool = False) -> None:
        self.tokens = tokens
        self._words = rules.words
        self._answered_no = answered_no
        found = {name: list(book.matches(tokens)) for name, book in rules.books.items()}
        not_after = rules.words["not_after"]
        self._directly = {
            one.end for one in found["directly"] if one.start == 0 or tokens[one.start - 1] not in not_after
        }
        self._may = {one.end for one in found["may"]}
        self._before = {one.end for one in found["before"]}
        self._after = {one.start for one in found["after"]}
        self._listed = {one.start for one in found["listed"]}
        self._past: dict[int, list[int]] = {}
        for one in found["markers"]:
            self._past.setdefault(one.start, []).append(one.end)
        self._others = [at for at, word in enumerate(tokens) if word in self._words["others"] and self._leads(at)]

    def standing(self, match: Match, whoever: bool = False) -> Standing:
        """How the phrase stands; `whoever` for what matters of anybody (a child took the tablets)."""
        if self._is_negated(match):
            return Standing.NEGATED
        if self._is_asked(match):
            return Standing.ASKED
        if not whoever and self._is_of_another(match):
            return Standing.OTHER_PERSON
        if self._is_past(match):
            return Standing.PAST
        return Standing.TOLD

    def is_of_oneself(self, match: Match) -> bool:
        """Whether the writer names themself in or just before the phrase ("what if I ...")."""
        return any(word in ("i", "me", "my", "myself") for word in self.tokens[max(match.start - 4, 0) : match.end])

    def quote(self, match: Match) -> str:
        return " ".join(self.tokens[match.start : match.end])

    def _back_over(self, at: int, names: str) -> int:
        """The place of the first word left of `at` that is none of the named words; -1 at the beginning."""
        words, least = self._words[names], max(at - _FAR, 0)
        at -= 1
        while at >= least and self.tokens[at] in words:
            at -= 1
        return at

    def _is_negated(self, match: Match) -> bool:
        if self._denied_after(match):
            return True
        for start in match.starts:
            if start != match.start and start - 1 in match.positions:
                continue
            at = self._back_over(start, "fillers")
            negator = self.tokens[at] if at >= 0 else ""
            if at not in match.positions and negator in self._words["negators"]:
                return not self._compares(match, at) and not self._cannot_without(at)
        return self._ends_denied_list(match)

    def _compares(self, match: Match, negator: int) -> bool:
        """ "Never had chest pain like this" is chest pain now."""
        if self.tokens[negator] not in ("never", "not"):
            return False
        compared = any(self._is_comparing(at) for at in range(match.end, min(match.end + 2, len(self.tokens))))
        return compared or "such" in self.tokens[negator : match.start]

    def _is_comparing(self, at: int) -> bool:
        """ "Like this"; not "like they warned"."""
        following = self.tokens[at + 1 : at + 2]
        compares_now = not following or following[0] in ("this", "that", "it", "now")
        return self.tokens[at] in self._words["comparing"] and (self.tokens[at] != "like" or compares_now)

    def _cannot_without(self, negator: int) -> bool:
        """ "I can't climb the stairs without fighting for air" is fighting for air."""
        return self.tokens[negator] == "without" and "not" in self.tokens[max(negator - 8, 0) : negator]

    def _denied_after(self, match: Match) -> bool:
        after = self.tokens[match.end : match.end + 6]
        if not after and self._answered_no:
            return True
        rest = [word for word in after if word not in (",", "is", "was", "came", "back", "test", "tests", "were")]
        return bool(rest) and rest[0] in self._words["answers"] and self._closes(match.end, rest[0])

    def _closes(self, start: int, word: str) -> bool:
        at = self.tokens.index(word, start) + 1
        return at == len(self.tokens) or self.tokens[at] in (",", "but") or word == "negative"

    def _ends_denied_list(self, match: Match) -> bool:
        """ "No fever, chest pain or bleeding": a list after "no" that is joined by "or"."""
        lists, ends = self._words["list_words"], self._words["list_ends"]
        at = self._back_over(match.start, "fillers")
        if at < 0 or (self.tokens[at] != "," and self.tokens[at] not in lists):
            return False
        joined = self.tokens[at] in lists or any(
            word in lists for word in self.tokens[match.end : match.end + 6] if word not in ends
        )
        while joined and at >= max(match.start - _FAR, 0):
            word = self.tokens[at]
            if word in self._words["negators"]:
                return word != "not" or self.tokens[at + 1] in (
                    "have",
                    "had",
                    "having",
                    "got",
                    "any",
                    "experienced",
                )
            if word in ends and word not in ("and",):
                return False
            at -= 1
        return False

    def _is_asked(self, match: Match) -> bool:
        start = match.start
        if match.end in self._listed or self._reaches_back(start, self._directly, "directly_fillers"):
            return True
        if self._reaches_back(start, self._may, "may_fillers"):
            return True
        for at in range(start, max(start - 9, -1), -1):
            if at in self._before:
                return True
            if at > 0 and self.tokens[at - 1] in self._words["own"]:
                break
        return self._is_asked_around(match)

    def _reaches_back(self, start: int, ends: set[int], fillers: str) -> bool:
        for at in range(start, max(start - _FAR, -1), -1):
            if at in ends:
                return True
            if at == 0 or self.tokens[at - 1] not in self._words[fillers]:
                break
        return False

    def _is_asked_around(self, match: Match) -> bool:
        at = match.start - 1
        while at >= 0 and self.tokens[at] in self._words["articles"]:
            at -= 1
        if at < 0 or self.tokens[at] not in self._words["openers"]:
            return False
        if at > 0 and self.tokens[at - 1] not in self._words["soft_starts"]:
            return False
        own = self._words["own"]
        for after in range(match.end, min(match.end + 9, len(self.tokens))):
            if self.tokens[after] in own:
                return False
            if after in self._after:
                return True
        return False

    def _leads(self, at: int) -> bool:
        """Whether the sentence, or this part of it, is about the person named at `at`."""
        before = self._back_over(at, "determiners")
        alone = before == at - 1
        if alone and self.tokens[at] not in ("someone", "somebody", "people") and "_" not in self.tokens[at]:
            return False
        return before < 0 or self.tokens[before] in self._words["intros"]

    def _is_of_another(self, match: Match) -> bool:
        own, going_on = self._words["own"], self._words["going_on"]
        if any(word in own for word in self.tokens[match.start : match.end]):
            return False
        for at in range(match.start, max(match.start - _FAR, -1), -1):
            word = self.tokens[at]
            if at in self._others and (at < match.start or at in match.positions):
                return True
            if word == "i" and not self._words["opinions"].isdisjoint(self.tokens[at + 1 : at + 2]):
                continue
            if word == "mine" and self.tokens[at - 1 : at] == ("of",):
                continue
            if at < match.start and word in own:
                return at - 1 in self._others  # "my friend's dad"
            joins = word in (",", "and", "but", "then", "so") and at + 1 < len(self.tokens)
            if joins and self.tokens[at + 1] not in going_on:
                return False
        return False

    def _stands_alone(self, comma: int, end: int) -> bool:
        """ "A rash, years back, in Malta"; not "chest pain, last summer I was fine"."""
        closes = end == len(self.tokens) or self.tokens[end] == ","
        return closes and self.tokens[comma] == ","

    def _is_past(self, match: Match) -> bool:
        ends = self._words["ends"] | {","}
        low, high = match.start, match.end
        while low > max(match.start - _FAR, 0) and self.tokens[low - 1] != "," and self.tokens[low - 1] not in ends:
            low -= 1
        most = min(match.end + _FAR, len(self.tokens))
        while high < most and self.tokens[high] != "," and self.tokens[high] not in ends:
            high += 1
        if any(word in self._words["present"] for word in self.tokens[low:high]):
            return False
        if any(word in self._words["returning"] for word in self.tokens[high : high + _FAR]):
            return False
        return any(
            (low <= start and end <= high)
            or (low == end + 1 and self.tokens[end] == ",")
            or (start == high + 1 and self._stands_alone(high, end))
            for start in range(max(low - _FAR, 0), high + 2)
            for end in self._past.get(start, ())
        )
