"""Reads a study's folder: study.yml and wording.en.yml, checked, or every mistake of both files at once."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from study.errors import ProtocolError, ProtocolErrors
from study.protocol.crosschecks import study_problems, wording_problems
from study.protocol.marked_yaml import MarkedFile, read_marked
from study.protocol.mends import problems_of
from study.protocol.models import Study, StudyFile
from study.protocol.wording import Wordings

STUDY_FILE = "study.yml"
WORDING_FILE = "wording.en.yml"

M = TypeVar("M", bound=BaseModel)


def load_study(folder: Path) -> Study:
    """Raises ProtocolErrors with one line for every mistake of both files.

    What compares blocks with each other (a ladder's role, an item's wording) is judged once each file is
    right in itself. Unapproved texts load: `study check` refuses them, and a rehearsal may use them.
    """
    problems: list[ProtocolError] = []
    study_read = read_as(StudyFile, folder / STUDY_FILE, problems)
    wordings_read = read_as(Wordings, folder / WORDING_FILE, problems)
    if study_read is not None:
        marked, study = study_read
        problems.extend(marked.error(place, mend) for place, mend in study_problems(study))
        if wordings_read is not None:
            texts, wordings = wordings_read
            for in_study, place, mend in wording_problems(study, wordings):
                problems.append((marked if in_study else texts).error(place, mend))
    if study_read is None or wordings_read is None or problems:
        raise ProtocolErrors(in_order(problems))
    blocks = {name: getattr(study, name) for name in StudyFile.model_fields}
    return Study.model_construct(folder=folder, wordings=wordings, **blocks)


def read_as(model: type[M], path: Path, problems: list[ProtocolError]) -> tuple[MarkedFile, M] | None:
    """The file and its model, or None with what is wrong added to `problems`."""
    try:
        marked = read_marked(path)
    except ProtocolError as error:
        problems.extend(error.errors)
        return None
    try:
        return marked, model.model_validate(marked.data)
    except ValidationError as error:
        problems.extend(problems_of(marked, model, error))
        return None


def in_order(problems: list[ProtocolError]) -> list[ProtocolError]:
    """study.yml first, then by line."""
    return sorted(problems, key=lambda problem: (not problem.file.endswith(STUDY_FILE), problem.line))
