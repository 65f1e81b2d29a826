"""A rules file with a mistake says in one line where it is; the reviewed files are read once, on first use."""

import subprocess
import sys
from pathlib import Path

import pytest

from study.errors import ProtocolError
from study.triage.doses import dose_rules
from study.triage.red_flags import RED_FLAGS_FILE, red_flag_rules
from study.triage.scope import SCOPE_FILE, scope_rules
from study.triage.symptoms import lexicon

HEAD = "version: 1\nreviewed_by: A\nreviewed_on: 2026-02-11\n"
FLAGS = HEAD + "kinds:\n  bleeding:\n    entries:\n      - find: [bleed*]\n        must_flag: [I bleed]\n"


def broken(folder: Path, content: str | bytes) -> str:
    file = folder / "rules.yml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ProtocolError) as error:
        red_flag_rules(file)
    assert "\n" not in str(error.value)
    return str(error.value).split("/", 1)[1]


def test_a_small_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(FLAGS)
    assert red_flag_rules(tmp_path / "rules.yml").kinds == ("bleeding",)


def test_a_phrase_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    said = broken(tmp_path, FLAGS.replace("[bleed*]", "\n          - bleed*\n          - ~3 blood"))
    assert said.startswith("rules.yml:9: kinds.bleeding.entries[0].find[1]: '~3 blood'")


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    assert "rules.yml:8: kinds.bleeding.entries[0].must_flg: is not known" in broken(
        tmp_path, FLAGS.replace("must_flag:", "must_flg:")
    )


def test_an_entry_without_examples_is_refused(tmp_path: Path) -> None:
    assert "must_flag: is missing" in broken(tmp_path, FLAGS.replace("[I bleed]", "[]"))


def test_a_bare_no_is_refused_because_yaml_reads_it_as_false(tmp_path: Path) -> None:
    assert "find[0]: False is not a text; put it in quotes" in broken(tmp_path, FLAGS.replace("bleed*", "no"))


def test_an_unknown_list_is_named(tmp_path: Path) -> None:
    assert "there is no list called 'waste'" in broken(tmp_path, FLAGS.replace("bleed*", "blood <waste>"))


@pytest.mark.parametrize("key", ["version", "reviewed_by", "reviewed_on"])
def test_an_unreviewed_file_is_refused(tmp_path: Path, key: str) -> None:
    lines = [line for line in FLAGS.splitlines() if not line.startswith(key)]
    assert f"{key}: is missing" in broken(tmp_path, "\n".join(lines))


@pytest.mark.parametrize("content", ["", "- a", "a: [", "!!python/object:os.system {}", b"\xff\xfe\x00"])
def test_what_is_no_rules_file_is_refused_in_one_line(tmp_path: Path, content: str | bytes) -> None:
    assert broken(tmp_path, content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="cannot be read"):
        red_flag_rules(tmp_path / "none.yml")


def test_a_missing_section_of_scope_is_named(tmp_path: Path) -> None:
    file = tmp_path / "scope.yml"
    file.write_text(SCOPE_FILE.read_text(encoding="utf-8").replace("  negators:", "  negations:"), encoding="utf-8")
    with pytest.raises(ProtocolError, match=r"negation\.negators: is missing"):
        scope_rules(file)


def test_files_are_read_once() -> None:
    assert red_flag_rules() is red_flag_rules()
    assert lexicon() is lexicon()
    assert dose_rules() is dose_rules()


def test_importing_the_rules_opens_no_file() -> None:
    code = (
        "import sys, yaml\n"
        "yaml.load = yaml.safe_load = lambda *_, **__: sys.exit('read at import')\n"
        "import study.triage.red_flags, study.triage.symptoms, study.triage.doses, study.triage.answers\n"
    )
    root = RED_FLAGS_FILE.parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
