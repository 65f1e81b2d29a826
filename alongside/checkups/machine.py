"""Python, Rasa's environment, the model, the study's files, disk, and who may read the folder."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from alongside import processes
from alongside.checkups.keeping import is_missing, opened
from alongside.checkups.verdict import Check, look, ok, wrong
from alongside.models import kept_models, language_project, newest_trained, sha256_of
from alongside.processes import ROOT, CannotStart, check_port
from study.protocol.checking import check_study
from study.publications import Publication, published
from study.settings import Settings

ENOUGH_DISK, LEAST_DISK = 1024, 200  # MB: an upgrade of the database copies it once; below the second, writes fail soon
ENV_FILE = Path(".env")


def programs(_settings: Settings) -> list[Check]:
    """The two environments."""
    ours = sys.version_info >= (3, 11)
    found = [ok("Python", sys.version.split()[0]) if ours else wrong("Python", "3.11 or newer is needed")]
    if processes.RASA_PYTHON.exists():
        return [*found, ok("Rasa's environment", "nlu/.venv")]
    return [*found, wrong("Rasa's environment", "nlu/.venv is missing: run `make setup`")]


def model(settings: Settings) -> list[Check]:
    """Published, and the file that was published; before the first publication, trained from the files as they are."""
    served = _published(settings)
    if served is not None:
        return [_kept(settings, served)]
    newest = newest_trained(settings)
    if newest is None:
        return [wrong("Model", "none in nlu/models: run `make train`")]
    if newest.name != f"alongside-{fingerprint(settings)}.tar.gz":
        return [wrong("Model", f"{newest.name} is older than the FAQ or its examples: run `make train`")]
    return [ok("Model", newest.name)]


def _published(settings: Settings) -> Publication | None:
    """Nothing where there is no database yet, or none that can be asked: that is said elsewhere."""
    if is_missing(settings):
        return None
    with opened(settings) as db:
        try:
            return db.read(published)
        except SQLAlchemyError:
            return None


def _kept(settings: Settings, served: Publication) -> Check:
    file = kept_models(settings) / served.model
    mend = "put the file back from a backup, or `alongside faq rollback`"
    if not file.exists():
        return wrong("Model", f"{file} is missing, which {served.by} published: {mend}")
    if sha256_of(file) != served.sha256:
        return wrong("Model", f"{file} is not the file {served.by} published: {mend}")
    return ok("Model", f"{served.model}, published by {served.by}")


def fingerprint(settings: Settings) -> str:
    """Of everything the model depends on, as the files are now. nlu/ belongs to Rasa's environment: it is asked, not
    imported."""
    asked = "import sys, pathlib; from nlu.train import fingerprint; print(fingerprint(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", asked, str(language_project(settings))]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def study_files(settings: Settings) -> list[Check]:
    """As `alongside study check`: the first mistakes, and how many more there are."""
    found = check_study(settings.study, settings.faq, ROOT / "domain.yml")
    stops = [one for one in found if one.stops(rehearsal=settings.rehearsal)]
    if stops:
        more = f" (and {len(stops) - 1} more: `alongside study check`)" if len(stops) > 1 else ""
        return [wrong("Study", f"{stops[0]}{more}")]
    if found:
        return [look("Study", f"{settings.study}: {len(found)} to look at (`alongside study check`)")]
    return [ok("Study", f"{settings.study}: every text is approved")]


def never_in_a_real_study(settings: Settings) -> list[Check]:
    """Settings that are for rehearsals alone."""
    found = []
    if settings.rehearsal:
        found.append(look("Rehearsal", "ALONGSIDE_REHEARSAL is set: unapproved texts go out. Not for a real study"))
    if settings.clock_file is not None:
        found.append(look("Study time", "ALONGSIDE_CLOCK_FILE is set: study time is turned. Not for a real study"))
    return found


def disk(settings: Settings) -> list[Check]:
    free = shutil.disk_usage(settings.var_dir if settings.var_dir.exists() else ROOT).free // 2**20
    says = f"{free} MB free for {settings.var_dir}"
    if free < LEAST_DISK:
        return [wrong("Disk", f"{says}: make room, at least {ENOUGH_DISK} MB")]
    return [ok("Disk", says) if free >= ENOUGH_DISK else look("Disk", f"{says}: {ENOUGH_DISK} MB would be better")]


def who_may_read(settings: Settings) -> list[Check]:
    """The folder with the database and the key, and the file with the tokens, are their owner's alone."""
    found = []
    for file, mend in ((settings.var_dir, "chmod 700"), (ENV_FILE, "chmod 600")):
        if not file.exists():
            continue
        others = stat.S_IMODE(file.stat().st_mode) & 0o077
        if others:
            found.append(wrong("Files", f"{file} can be read by other accounts of this machine: `{mend} {file}`"))
        else:
            found.append(ok("Files", f"{file} is its owner's alone"))
    return found


def free_ports(settings: Settings) -> list[Check]:
    """Where nothing of ours runs yet: that nobody else has our ports."""
    found = []
    for name in ("rasa_port", "models_port", "actions_port", "health_port"):
        if name in ("rasa_port", "models_port") and settings.rasa_url:
            continue
        try:
            check_port(f"ALONGSIDE_{name.upper()}", getattr(settings, name))
        except CannotStart as error:
            found.append(wrong("Port", str(error)))
    return found or [ok("Ports", "free")]
