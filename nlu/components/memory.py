"""Sentences that were read in an earlier training. There are 25,000 to read, which takes half of a training, and a
coordinator changes ten of them."""

import contextlib
import hashlib
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Callable, Dict, Sequence, Set

import numpy as np

DIGEST = 16  # bytes

Read = Callable[[Sequence[str]], np.ndarray]


class Memory:
    """Rows of numbers by what was read, in a file that `keep` writes: digests, no words. `reader` names what reads, in
    up to 64 bytes: what another one read is not found. A file that cannot be read is an empty one."""

    def __init__(self, file: Path, reader: bytes) -> None:
        self._file = file
        self._reader = reader
        self._rows: Dict[bytes, np.ndarray] = {}
        self._used: Set[bytes] = set()
        # An .npz that is none is a BadZipFile or a ValueError, by how its first bytes look.
        with (
            contextlib.suppress(OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile),
            np.load(file, allow_pickle=False) as kept,
        ):
            self._rows = dict(zip((key.tobytes() for key in kept["keys"]), kept["rows"], strict=True))

    def rows(self, texts: Sequence[str], read: Read) -> np.ndarray:
        """One row a text; `read` is given those that are not known."""
        keys = [self._key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if new:
            self._rows.update(zip(new, read(list(new.values())), strict=True))
        self._used.update(keys)
        return np.array([self._rows[key] for key in keys])

    def keep(self) -> None:
        """What was asked for since this was made, and nothing else, for the next training. Where it cannot be written
        the next one reads all again."""
        keys = sorted(self._used)
        digests = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, DIGEST)
        rows = np.array([self._rows[key] for key in keys], dtype=np.float32)
        with (
            contextlib.suppress(OSError),
            tempfile.TemporaryDirectory(prefix=".memory-", dir=self._file.parent) as folder,
        ):
            whole = Path(folder) / self._file.name
            np.savez(whole, keys=digests, rows=rows)
            os.replace(whole, self._file)

    def _key(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST, key=self._reader).digest()
