"""Which arithmetic Rasa is told to use, by what the processor says it can."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nlu.environment import environment
from tests.nlu.real_rasa import PYTHON, ROOT

NAME = "OPENBLAS_CORETYPE"


@pytest.mark.parametrize(
    ("flags", "kernels"),
    [("fpu sse2 avx avx2 avx512f avx512bw", "SkylakeX"), ("fpu sse2 avx avx2", "Haswell"), ("fpu sse2 avx", None)],
)
def test_the_kernels_fit_the_processor(tmp_path: Path, flags: str, kernels: str | None) -> None:
    said = tmp_path / "cpuinfo"
    said.write_text(f"processor\t: 0\nmodel name\t: avx512bw in name only\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    assert environment(said).get(NAME) == kernels


@pytest.mark.parametrize("said", ["", "Features\t: fp asimd\n"])
def test_nothing_is_told_of_a_processor_nobody_knows(tmp_path: Path, said: str) -> None:
    (tmp_path / "cpuinfo").write_text(said)
    assert NAME not in environment(tmp_path / "cpuinfo")
    assert NAME not in environment(tmp_path / "none")


def test_rasas_own_numpy_multiplies_with_them() -> None:
    """On a processor it does not know it falls back to kernels of 2004."""
    wanted = environment().get(NAME)
    code = "import os; from nlu.environment import environment; os.environ.update(environment()); import numpy; "
    code += "from threadpoolctl import threadpool_info as told; print(*(one.get('architecture') for one in told()))"
    done = subprocess.run([str(PYTHON), "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert wanted is None or wanted in done.stdout.split()
