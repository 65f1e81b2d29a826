"""Spelling tolerance for the words that matter: "bleedng", "pregnent", "hosptial" are read as what they mean.

Short words are corrected only from a list a coordinator can read (`spellings` of scope.yml). The words of
`long_words` are also known with one slip: a letter too many, too few, wrong, or two swapped, the first letter
right. A real word that lies that near ("breeding") is named under `other_words` and left alone.
"""

from collections.abc import Iterable, Mapping

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
        self._near: dict[str, str] = {}
        for word in words:
            self._single.setdefault(_single_letters(word), word)
            for form in (word, *_one_letter_less(word)):
                self._near.setdefault(form, word)

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
        for form in (token, *_one_letter_less(token)):
            near = self._near.get(form)
            if near and near[0] == token[0] and one_slip(token, near):
                return (near,)
        return (token,)


def one_slip(one: str, other: str) -> bool:
    """At most one letter added, lost, wrong or swapped with its neighbour."""
    if abs(len(one) - len(other)) > 1:
        return False
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    one, other = one[head:], other[head:]
    if len(one) != len(other):
        return one[1:] == other or other[1:] == one
    return one[1:] == other[1:] or (one[:2] == other[1::-1] and one[2:] == other[2:])


def _one_letter_less(word: str) -> list[str]:
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def _single_letters(word: str) -> str:
    return "".join(letter for at, letter in enumerate(word) if at == 0 or letter != word[at - 1])
