"""Words planted where people write, and a search for them wherever an installation keeps something."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import text

from study.db.session import Database

KEYS = {"data.key", "rasa.secret"}  # where a key is kept it may be found


class Canaries:
    """Each `word` is made once and is unlike anything else; `secret` adds what was there before, such as a token."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    def word(self, where: str) -> str:
        """A word that no program would write by itself."""
        return self.words.setdefault(where, f"zq{len(self.words):02d}{where.replace(' ', '')}qz")

    def secret(self, where: str, value: str) -> str:
        self.words[where] = value
        return value

    def found_in(self, content: bytes) -> set[str]:
        """Which of them are in there, plain or as programs write them down: hexadecimal, base64, UTF-16."""
        low = content.lower()
        return {
            where
            for where, word in self.words.items()
            if any(form in content for form in _forms(word)) or word.encode().hex().encode() in low
        }

    def in_files(self, *folders: Path) -> dict[str, set[str]]:
        """File -> what was found in it, of all files below the folders, open databases and their logs included."""
        found = {}
        for file in (file for folder in folders for file in sorted(folder.rglob("*"))):
            if file.is_file() and file.name not in KEYS and (here := self.found_in(file.read_bytes())):
                found[file.name] = here
        return found

    def in_tables(self, db: Database) -> dict[str, set[str]]:
        """Table -> what was found in it, every column as text."""
        found = {}
        for name, content in dumped(db):
            if here := self.found_in(content):
                found[name] = here
        return found


def _forms(word: str) -> Iterable[bytes]:
    plain = word.encode()
    yield plain
    yield word.encode("utf-16-le")
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        yield coded[4 if shift else 0 : -4]  # the ends depend on what stands beside it


def dumped(db: Database) -> Iterator[tuple[str, bytes]]:
    """Every table as its text, the way a dump shows it."""
    from study.tables import Base

    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if db.is_postgresql:
                rows = [str(row[0]) for row in connection.execute(text(f'SELECT t::text FROM "{table.name}" t'))]  # noqa: S608
            else:
                rows = [repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))]  # noqa: S608
            yield table.name, "\n".join(rows).encode("utf-8", "backslashreplace")
