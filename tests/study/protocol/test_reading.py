"""Each mistake in a study's files is one line that names file, line, place and mend."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from study.errors import ProtocolError
from study.protocol import Study, load_study
from study.protocol.marked_yaml import read_marked
from tests.study.protocol.broken_files import BROKEN, STUDY, V3, WORDING
from tests.study.protocol.conftest import FOLDER, HARBOR, ROOT, Copy


@pytest.mark.parametrize(("file", "before", "after", "marker", "place", "mend"), BROKEN)
def test_a_mistake_is_one_line_that_names_place_and_mend(
    copy: Copy, file: str, before: str, after: str, marker: str, place: str, mend: str
) -> None:
    copy.change(file, before, after)
    line = copy.line(file, marker)
    if marker.startswith("    text: ") or place.endswith(".text"):
        line = _line_of_text_key(copy, file, marker)
    where = f"{FOLDER.name}/{file}:{line}"
    assert copy.errors() == [": ".join(part for part in (where, place, mend) if part)]


def _line_of_text_key(copy: Copy, file: str, marker: str) -> int:
    """Texts may stand below their key `text:`, whose line is named."""
    lines = copy.path(file).read_text(encoding="utf-8").splitlines()
    number = copy.line(file, marker)
    while not lines[number - 1].lstrip().startswith("text:"):
        number -= 1
    return number


def test_harbor_loads(harbor: Study) -> None:
    assert (harbor.code, harbor.days, list(harbor.sites)) == ("HARBOR", 168, ["S1", "S2"])
    assert harbor.sites["S2"].code == "S2"
    assert harbor.items["nausea.frequency"].values == (0, 1, 2, 3, 4)
    assert harbor.wordings.get("button.start").ref == "button.start@1"


def test_all_mistakes_of_both_files_are_told_at_once(copy: Copy) -> None:
    copy.change(STUDY, V3, V3.replace("after: 3", "after: -1"))
    copy.change(STUDY, "country: ES", "country: Spain")
    copy.change(WORDING, '    text: "I forgot"', "    text: ''")
    told = copy.errors()
    assert [line.split(": ")[1] for line in told] == [
        "sites.S1.country",
        "visits[2].window.after",
        "wordings[choice.forgot].text",
    ]


def test_cross_checks_of_the_study_are_told_together_with_a_broken_wording_file(copy: Copy) -> None:
    copy.change(STUDY, "roles: [coordinator, investigator]", "roles: [coordinator, doctor]")
    copy.change(WORDING, "language: en", "language: es")
    assert [line.split(": ")[1] for line in copy.errors()] == [
        "ladders.emergency.steps[1].roles[1]",
        "language",
    ]


def test_a_missing_file_is_one_line(copy: Copy) -> None:
    copy.path(WORDING).unlink()
    assert copy.errors() == ["harbor/wording.en.yml:1: there is no such file"]


def test_text_that_is_not_utf_8_names_its_line(copy: Copy) -> None:
    copy.path(WORDING).write_bytes(b"language: en\nwordings: caf\xe9\n")
    assert copy.errors() == ["harbor/wording.en.yml:2: is not UTF-8 text: save it as UTF-8"]


def test_a_tag_that_would_run_code_runs_nothing(copy: Copy) -> None:
    copy.path(STUDY).write_text('code: !!python/object/apply:os.mkdir ["made"]\n', encoding="utf-8")
    assert "must not use the tag" in copy.errors()[0]
    assert not Path("made").exists()


def test_hours_and_numbers_mean_what_people_read(tmp_path: Path) -> None:
    """YAML 1.1 makes 1320 of 22:00, 20 of 024 and false of NO."""
    path = tmp_path / "plain.yml"
    path.write_text("hour: 22:00\nline: 024\ncountry: NO\nanswer: yes\nnumber: 112\n", encoding="utf-8")
    assert read_marked(path).data == {
        "hour": "22:00",
        "line": "024",
        "country": "NO",
        "answer": "yes",
        "number": 112,
    }


def test_the_deepest_nesting_is_refused_and_not_a_crash(copy: Copy) -> None:
    copy.path(STUDY).write_text("a: " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    assert copy.errors() == ["harbor/study.yml:1: is nested more than 30 deep"]


def test_importing_the_package_reads_no_file_of_a_study() -> None:
    script = (
        "import builtins, io, sys\nopened = []\nreal = io.open\n"
        "def spy(file, *a, **k):\n    opened.append(str(file))\n    return real(file, *a, **k)\n"
        "io.open = builtins.open = spy\nimport study.protocol\n"
        "sys.exit(any(name.endswith(('.yml', '.tab')) for name in opened))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0  # our own


LINES = HARBOR.joinpath(STUDY).read_text(encoding="utf-8").splitlines()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(0, len(LINES) - 1),
    damage=st.one_of(
        st.just(""),
        st.text(st.characters(codec="utf-8"), max_size=12),
        st.sampled_from(["- x", "\t", "{", "]", ": :", "a: b: c", "*x", "&x", "!!int x", "? x", "%", "@", "'", '"']),
    ),
    keep=st.booleans(),
)
def test_whatever_is_written_into_a_line_every_error_names_the_file_and_a_line(
    copy: Copy, number: int, damage: str, keep: bool
) -> None:
    lines = list(LINES)
    lines[number] = lines[number] + damage if keep else damage
    written = "\n".join(lines)
    copy.path(STUDY).write_text(written, encoding="utf-8")
    try:
        load_study(FOLDER)
    except ProtocolError as error:
        for one in error.errors:
            match = re.fullmatch(r"harbor/(study|wording\.en)\.yml:(\d+): .+", str(one))
            assert match, str(one)
            assert 1 <= one.line <= max(written.count("\n") + 2, 2000)
