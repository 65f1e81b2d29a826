"""What Rasa and its training find in their environment. As `python -m nlu.environment run ...` it becomes Rasa's own
command line in that environment, under the same pid."""

import os
import sys
from pathlib import Path
from typing import Dict, List, Optional

# numpy's OpenBLAS (0.3.20, with the newest numpy that TensorFlow 2.12 allows) knows no processor made since 2022. It
# takes one for the oldest there is and multiplies five times slower. So it is told which kernels to use, by what the
# processor says it can; the first that fits.
KERNELS = (("avx512bw", "SkylakeX"), ("avx2", "Haswell"))
LARGE = str(512 * 1024)  # bytes; a layer of the sentence model is larger, what one message needs is smaller

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


def environment(processors: Path = Path("/proc/cpuinfo")) -> Dict[str, str]:
    """What is to be set. `processors` is where Linux says what its processors can; elsewhere no kernels are named."""
    kernels = _kernels(processors)
    return {
        **QUIET,
        **({} if kernels is None else {"OPENBLAS_CORETYPE": kernels}),
        # Large pieces of memory go back when they are let go: reading the sentence model needs 60 MB for a moment.
        "MALLOC_MMAP_THRESHOLD_": LARGE,
        "MALLOC_TRIM_THRESHOLD_": LARGE,
    }


def _kernels(processors: Path) -> Optional[str]:
    try:
        said = processors.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    flags = next((line.split() for line in said.splitlines() if line.startswith("flags")), [])
    return next((kernels for flag, kernels in KERNELS if flag in flags), None)


def main(arguments: List[str]) -> None:
    os.execve(sys.executable, [sys.executable, "-m", "rasa", *arguments], {**os.environ, **environment()})  # noqa: S606 -- our own interpreter


if __name__ == "__main__":
    main(sys.argv[1:])
