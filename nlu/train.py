"""Trains the model when its inputs changed: `nlu/.venv/bin/python -m nlu.train --out nlu/models`.

The model is named after its inputs (alongside-<fingerprint>.tar.gz): the same files give the same name, and a
name that is there already needs no training. Exit status 0 done, 2 a file is wrong (one line each: file,
line, mend).
"""

import argparse
import contextlib
import hashlib
import io
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import List, Optional

from nlu.environment import environment
from nlu.training_files import check, training_files

ROOT = Path(__file__).resolve().parent.parent
REVIEWED = (Path("study/triage/red_flags.yml"), Path("nlu/red_flags.yml"), Path("nlu/symptoms.yml"))
MEMORY = "sentences.npz"  # beside the models: what was read of sentences, for the next training
ENVIRONMENT = {
    **environment(),
    "RASA_MAX_CACHE_SIZE": "0",  # Rasa's own cache would fill .rasa/ with half models; the name does that job here
    "PYTHONHASHSEED": "0",
}


def inputs(root: Path) -> List[Path]:
    """Everything the model depends on, in a fixed order."""
    nlu = root / "nlu"
    code = sorted((nlu / "components").glob("*.py"))
    reviewed = [ROOT / file for file in REVIEWED]  # no copy of the language files has them
    return [root / "domain.yml", nlu / "config.yml", nlu / "requirements.txt", *training_files(root), *code, *reviewed]


def fingerprint(root: Path) -> str:
    """Sixteen hex digits over the names and contents of the inputs."""
    seen = hashlib.sha256()
    for path in inputs(root):
        content = path.read_bytes()
        name = path.relative_to(root if path.is_relative_to(root) else ROOT).as_posix()
        seen.update(f"{name}\0{len(content)}\0".encode())
        seen.update(content)
    return seen.hexdigest()[:16]


def train(root: Path, model: Path) -> None:
    """Train into a folder of its own and move the model into place when whole: a killed training leaves none."""
    os.environ.update(ENVIRONMENT)
    model.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=model.parent) as folder:
        logging.disable(logging.WARNING)
        noise = io.StringIO()
        with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
            from rasa.model_training import train as rasa_train
            from ruamel.yaml import SafeConstructor

            from nlu.components.embedding import the_embedder

            # `approved_on: 2026-02-11` is a date to YAML, and Rasa keeps its domain as JSON, which has none.
            SafeConstructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)
            with the_embedder().remembering(model.parent / MEMORY):
                result = rasa_train(
                    domain=str(root / "domain.yml"),
                    config=str(root / "nlu" / "config.yml"),
                    training_files=[str(path) for path in training_files(root)],
                    output=folder,
                    fixed_model_name=model.name,
                    force_training=True,
                )
        if result.model is None:
            raise RuntimeError("Rasa trained no model")
        os.replace(result.model, model)


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="nlu.train", description="Trains the Rasa model when it is stale.")
    parser.add_argument("--out", type=Path, default=ROOT / "nlu" / "models", help="folder of the models")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder with domain.yml and nlu/")
    parser.add_argument("--force", action="store_true", help="train even when the model is up to date")
    chosen = parser.parse_args(arguments)

    model = check_and_name(chosen.root, chosen.out)
    if model is None or not trained(chosen.root, model, chosen.force):
        return 2
    return 0


def check_and_name(root: Path, out: Path) -> Optional[Path]:
    """Where the model of these files belongs; None, with one line a fault on the error output, where one is wrong."""
    faults = check(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    return None if faults else out / f"alongside-{fingerprint(root)}.tar.gz"


def trained(root: Path, model: Path, force: bool = False) -> bool:
    """Whether the model is there now. It says what it does, and what Rasa refuses."""
    if model.exists() and not force:
        os.utime(model)  # Rasa loads the newest: going back to earlier files makes their model the newest again
        print(f"model {model.name} is up to date")
        return True
    print(f"training {model.name} (about half a minute) ...", end="", flush=True)
    begun = time.monotonic()
    try:
        train(root, model)
    except (Exception, SystemExit) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        print(" failed", flush=True)
        print(
            f"nlu/config.yml, domain.yml or nlu/data/rules.yml: Rasa refuses them: {' '.join(lines)[:600]}",
            file=sys.stderr,
        )
        return False
    print(f" done in {time.monotonic() - begun:.0f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
