"""The plain form of a message, which only the rules read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.triage.normalising import normalise, sentences

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("I CAN'T Breathe!!!", "i can not breathe !"),
        ("I can\u2019t breathe", "i can not breathe"),
        ("I cant breathe", "i can not breathe"),
        ("I can t breathe", "i can not breathe"),
        ("dont", "do not"),
        ("it's hes im", "it is he is i am"),
        ("c h e s t  p a i n", "chest pain"),
        ("c.h.e.s.t", "chest"),
        ("c-h-e-s-t p-a-i-n", "chestpain"),
        ("breeeeathe", "breeathe"),
        ("che\u200bst pa\u00adin", "chest pain"),
        ("\u202echest pain\u202c", "chest pain"),
        ("chest\x00 pain\x07", "chest pain"),
        ("chest \ud83d pain", "chest pain"),
        ("\uff43\uff48\uff45\uff53\uff54", "chest"),
        ("с\u200dh\u0435st", "chest"),
        ("su1cide p@in", "suicide pain"),
        ("respiraci\u00f3n, \u00bfs\u00ed?", "respiracion ? si ?"),
        ("20mg", "20 mg"),
        ("2.5 at 8:30", "2.5 at 8:30"),
        ("pain comma bad full stop", "pain , bad ."),
        ("one\ntwo", "one ; two"),
        ("chest pain \u2013 no", "chest pain , no"),
        ("A&E at 5 p.m.", "a and e at 5 pm"),
        ("\u80f8\u53e3\u75bc", "\u80f8 \u53e3 \u75bc"),
        ("", ""),
        ("\U0001f600", ""),
    ],
)
def test_a_message_is_brought_to_its_plain_form(typed: str, plain: str) -> None:
    assert normalise(typed) == plain


def test_short_runs_of_single_letters_stay_as_they_are() -> None:
    assert normalise("I a m") == "i a m"
    assert normalise("plan b or c") == "plan b or c"


@settings(max_examples=300)
@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(ANY_TEXT)
def test_the_plain_form_holds_nothing_invisible(text: str) -> None:
    assert all(character.isprintable() for character in normalise(text))


def test_sentences_know_their_question_mark() -> None:
    first, second, third = sentences("Hello. Is it common?! My chest hurts, badly")
    assert (first.tokens, first.question) == (("hello",), False)
    assert second.question
    assert third.tokens == ("my", "chest", "hurts", ",", "badly")


@given(st.text(alphabet="ab .,!?\n'-", max_size=300))
def test_no_word_is_lost_between_sentences(text: str) -> None:
    words = [piece for piece in normalise(text).split() if piece not in ".!?;"]
    assert [piece for one in sentences(text) for piece in one.tokens] == words
