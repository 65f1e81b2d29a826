"""Misspelt words that matter are read as meant, other words are left alone."""

import pytest

from study.triage.doses import dose_rules
from study.triage.phrases import Phrase
from study.triage.red_flags import red_flag_rules
from study.triage.scope import scope_rules
from study.triage.symptoms import lexicon


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bleedng", "bleeding"),
        ("bleeeding", "bleeding"),
        ("pregnent", "pregnant"),
        ("hosptial", "hospital"),
        ("breathee", "breathe"),
        ("chst", "chest"),
        ("chestpain", "chest pain"),
        ("siezure", "seizure"),
        ("tounge", "tongue"),
        ("breeding", "breeding"),
        ("threat", "threat"),
        ("painted", "painted"),
        ("kitchen", "kitchen"),
        ("a", "a"),
    ],
)
def test_words_are_read_as_meant(typed: str, meant: str) -> None:
    assert " ".join(scope_rules().spelling.read(typed)) == meant


def all_phrases() -> list[Phrase]:
    flags, words, doses = red_flag_rules(), lexicon(), dose_rules()
    books = [
        flags.book,
        flags.idioms,
        words.book,
        words.idioms,
        *doses.books.values(),
        *scope_rules().books.values(),
    ]
    return [one for book in books for one in book.phrases]


def test_no_word_of_a_phrase_is_corrected_into_another() -> None:
    """A phrase with such a word could never be found."""
    spelling = scope_rules().spelling
    lost = {
        (one.written, word.text)
        for one in all_phrases()
        for step in one.steps
        for words in step.alternatives
        for word in words
        if not word.beginning and word.least is None and spelling.read(word.text) != (word.text,)
    }
    assert lost == set()
