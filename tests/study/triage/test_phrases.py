"""The notation of the phrase files and the search, without the reviewed files."""

import pytest

from study.triage.phrases import PhraseBook, match, phrase


class CountedWords(list[str]):
    """A list of words that counts how often it is looked into."""

    looks = 0

    def __getitem__(self, at):  # type: ignore[no-untyped-def]  # list's own overloads, only counted
        self.looks += 1
        return super().__getitem__(at)


def found(written: str, text: str, **lists: list[str]) -> str | None:
    words = text.split()
    for one in PhraseBook([phrase(written, lists=lists)]).matches(words):
        return " ".join(words[one.start : one.end])
    return None


@pytest.mark.parametrize(
    ("written", "text", "quote"),
    [
        ("chest pain", "my chest pain is back", "chest pain"),
        ("chest pain", "my chest and pain", None),
        ("chest ~2 pain", "chest and arm pain", "chest and arm pain"),
        ("chest ~2 pain", "chest and arm and leg pain", None),
        ("chest ~2 pain", "chest , pain", None),
        ("chest|breast_bone ~1 pain", "breast bone pain", "breast bone pain"),
        ("bleed*", "still bleeding", "bleeding"),
        ("pass me? out", "pass out", "pass out"),
        ("pass me? out", "pass me out", "pass me out"),
        ("took #5 pills", "took 4 pills", None),
        ("took #5 pills", "took twelve pills", "took twelve pills"),
        ("in #1950-2019", "in 2024", None),
        ("in #1950-2019", "in 2012", "in 2012"),
        ("go on .", "can not go on", "go on"),
        ("go on .", "can not go on , sorry", "go on"),
        ("go on .", "go on holiday", None),
        ("<ache> back", "sore back", "sore back"),
    ],
)
def test_the_notation(written: str, text: str, quote: str | None) -> None:
    assert found(written, text, ache=["sore", "bad_sore"]) == quote


@pytest.mark.parametrize("written", ["", "~3 pain", "pain ~2", "pain? now", "<nothing> now", "pain |", ". pain", "-"])
def test_a_phrase_that_means_nothing_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        phrase(written)


def test_a_match_knows_its_own_words_from_those_in_its_gaps() -> None:
    one = match(phrase("chest ~2 pain"), ["chest", "is", "all", "pain"], 0)
    assert one is not None
    assert one.positions == (0, 3)


def test_the_words_looked_at_grow_with_the_length_and_not_with_its_square() -> None:
    book = PhraseBook([phrase("a ~5 b ~5 c"), phrase("a|b ~5 a|b ~5 d"), phrase("a* ~9 z")])
    looks = []
    for length in (500, 1000, 2000):
        words = CountedWords(["a", "b"] * (length // 2))
        assert not list(book.matches(words))
        looks.append(words.looks)
    assert looks[1] <= 2.1 * looks[0]
    assert looks[2] <= 2.1 * looks[1]
