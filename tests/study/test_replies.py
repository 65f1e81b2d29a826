"""Splitting of long texts, as Telegram counts them."""

from hypothesis import given
from hypothesis import strategies as st

from study.replies import split_text, utf16_units


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(4, 40))
def test_parts_fit_and_lose_nothing_but_white_space(text: str, most: int) -> None:
    parts = split_text(text, most)
    assert all(utf16_units(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_an_emoji_counts_two_and_is_never_cut_in_half() -> None:
    parts = split_text("😀" * 5000)
    assert [utf16_units(part) for part in parts] == [4096, 4096, 1808]
    assert "".join(parts) == "😀" * 5000


def test_a_short_text_is_left_as_it_is() -> None:
    assert split_text("Call 112 now.\n") == ["Call 112 now.\n"]
