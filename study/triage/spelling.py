"""Spelling tolerance for the words that matter: "bleedng", "pregnent", "hosptial" are read as what they mean.

Short words are corrected only from a list a coordinator can read (`spellings` of scope.yml). The words of
`long_words` are also known with one slip: a letter too many, too few, wrong, or two swapped, the first letter
right. A real word that lies that near ("breeding") is named under `other_words` and left alone.
"""

from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST = 5


class Spelling:
    """Reads a word as one of the known words, or gives it back as it is."""

    def __init__(
        self,
        variants: Mapping[str, str],
        long_words: Iterable[str],
        known: Iterable[str],
        other_words: Iterable[str],
    ) -> None:
        self._variants = {wrong: tuple(right.split()) for wrong, right in variants.items()}
        words = sorted(set(long_words))
        self._known = {*known, *words, *other_words}
        self._single: dict[str, str] = {}
        self._by_letter: dict[str, list[str]] = {}
        for word in words:
            self._single.setdefault(_single_letters(word), word)
            self._by_letter.setdefault(word[0], []).append(word)

    def read(self, token: str) -> tuple[str, ...]:
        """The words meant by one word as typed (a variant may be two: "chestpain")."""
        if token in self._variants:
            return self._variants[token]
        if token in self._known or not _SHORTEST <= len(token) <= 20:
            return (token,)
        if token[-1] == token[-2] and token[:-1] in self._known:  # "painn", what is left of "painnnn"
            return (token[:-1],)
        if (single := self._single.get(_single_letters(token))) and single[0] == token[0]:
            return (single,)
        near = process.extractOne(token, self._by_letter.get(token[0], ()), scorer=OSA.distance, score_cutoff=1)
        return (near[0],) if near is not None else (token,)


def _single_letters(word: str) -> str:
    return "".join(letter for at, letter in enumerate(word) if at == 0 or letter != word[at - 1])
