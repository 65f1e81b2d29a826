"""What was read of sentences is kept for the next training: less to read, the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nlu.components.memory import Memory


class Reader:
    """Reads the length of a text and its vowels, and notes what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.given += texts
        return np.array([[len(text), sum(letter in "aeiou" for letter in text)] for text in texts], dtype=np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sentences.npz"


def test_only_what_is_new_is_read_and_rows_stand_in_the_order_asked_for(file: Path) -> None:
    first, second = Reader(), Reader()
    memory = Memory(file, b"one")
    memory.rows(["abc", "what about wine", "abc"], first)
    memory.keep()
    found = Memory(file, b"one").rows(["new", "what about wine", "abc", "new"], second)
    assert first.given == ["abc", "what about wine"]
    assert second.given == ["new"]
    assert np.array_equal(found, Reader()(["new", "what about wine", "abc", "new"]))


def test_what_nobody_asked_for_any_more_is_not_kept(file: Path) -> None:
    for texts in (["old", "abc"], ["abc"]):
        memory = Memory(file, b"one")
        memory.rows(texts, Reader())
        memory.keep()
    last = Reader()
    Memory(file, b"one").rows(["old", "abc"], last)
    assert last.given == ["old"]


def test_what_other_weights_have_read_is_read_anew(file: Path) -> None:
    memory = Memory(file, b"one")
    memory.rows(["abc"], Reader())
    memory.keep()
    other = Reader()
    Memory(file, b"two").rows(["abc"], other)
    assert other.given == ["abc"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off", b"\x93NUMPY\x01\x00"])
def test_a_broken_file_is_an_empty_one_and_is_mended(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    memory, reader = Memory(file, b"one"), Reader()
    memory.rows(["abc"], reader)
    memory.keep()
    assert reader.given == ["abc"]
    again = Reader()
    Memory(file, b"one").rows(["abc"], again)
    assert again.given == []


def test_it_holds_no_words_and_leaves_nothing_beside_it(file: Path) -> None:
    memory = Memory(file, b"one")
    memory.rows(["my secret sentence"], Reader())
    memory.keep()
    assert b"secret" not in file.read_bytes()
    assert list(file.parent.iterdir()) == [file]


def test_where_nothing_can_be_written_the_training_goes_on(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "away" / "sentences.npz", b"one")
    assert memory.rows(["abc"], Reader()).shape == (1, 2)
    memory.keep()
