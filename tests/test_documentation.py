"""The documents say what is there: settings, commands, tests and links are compared with the code."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from pydantic_core import PydanticUndefined
from typer.core import TyperGroup

from alongside.__main__ import app
from study.settings import Settings
from study.tables import Base

ROOT = Path(__file__).parent.parent
ADR = ROOT / "docs" / "adr"
ADR_HEADINGS = ["Context", "Decision", "Consequences", "Alternatives"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
TEST_NAME = re.compile(r"\btest_\w+")
TEST_FUNCTION = re.compile(r"^ *(?:async )?def (test_\w+)", re.MULTILINE)
# Put together here, so that this file does not hold what it looks for.
ALARM = re.compile(r"\bsound\(\s*\w+,\s*\"(\w+)\"")
INDEX_ADDRESS = re.compile("|".join(["pypi" r"\.org", "pythonhosted" r"\.org", "(?:index|extra-index)-url"]))
HOME_PATH = re.compile(r"(?<![\w.~-])/(?:home|Users|root|work|workspace)/\w")
MORE_VARIABLES = {"ALONGSIDE_NO_BROWSER"}  # of one command, not of Settings


def files_of_the_repository() -> list[Path]:
    """What git has, or would have: everything that is not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [file for name in listed.split("\0") if name and (file := ROOT / name).is_file()]


def documents() -> list[Path]:
    found = [file for file in files_of_the_repository() if file.suffix == ".md"]
    assert len(found) > 15
    return found


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every row of every table, without heads and rules."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and re.match(r"^\|[-| :]+\|$", lines[number + 1])
        if line.startswith("|") and not is_head and not re.match(r"^\|[-| :]+\|$", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def section(text: str, heading: str) -> str:
    """What stands below `## heading`, up to the next of its kind."""
    return re.split(r"^## ", text.split(f"\n## {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def settings_table() -> dict[str, str]:
    """Setting and default, as docs/operations.md tells them."""
    table = section((ROOT / "docs" / "operations.md").read_text(), "Settings")
    return {cells[0].strip("`"): cells[1].strip("`") for cells in rows(table)}


def shown_default(default: object) -> str:
    assert default is not PydanticUndefined
    if default is None:
        return "not set"
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_the_settings_table_and_the_settings_are_the_same() -> None:
    ours = {f"ALONGSIDE_{name.upper()}": shown_default(one.default) for name, one in Settings.model_fields.items()}
    assert settings_table() == ours


def test_every_setting_named_in_a_document_exists() -> None:
    known = {f"ALONGSIDE_{name.upper()}" for name in Settings.model_fields} | MORE_VARIABLES
    named = {(name, word) for name, text in texts() for word in re.findall(r"ALONGSIDE_[A-Z_]+[A-Z]", text)}
    assert [(name, word) for name, word in sorted(named) if word not in known] == []


def texts() -> list[tuple[str, str]]:
    return [(name_of(file), file.read_text()) for file in documents()]


def code_in(text: str) -> Iterator[str]:
    """Code spans, and lines of code blocks (indented, or between fences)."""
    yield from CODE_SPAN.findall(text)
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if fenced or line.startswith("    "):
            yield line.strip()


def commands_in(text: str) -> set[str]:
    return {code for code in code_in(text) if re.match(r"alongside [a-z]", code)}


def what_is_wrong_with(command: str) -> str | None:
    """None where the command line knows the command and every option of it."""
    at = typer.main.get_command(app)
    words = command.split()[1:]
    while words and isinstance(at, TyperGroup):
        word = words.pop(0)
        if word not in at.commands:
            return f"{command}: no command {word}"
        at = at.commands[word]
    if isinstance(at, TyperGroup):
        return f"{command}: {at.name} needs a command"
    known = {option for parameter in at.params for option in parameter.opts}
    unknown = [word for word in words if word.startswith("--") and word not in known]
    return f"{command}: no option {unknown[0]}" if unknown else None


def test_every_command_in_the_documents_exists() -> None:
    wrong = [(name, found) for name, text in texts() for one in commands_in(text) if (found := what_is_wrong_with(one))]
    assert wrong == []


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("alongside study check protocols/harbor --json", False),
        ("alongside fly", True),
        ("alongside study", True),
        ("alongside enrol P-001 --place S1", True),
    ],
)
def test_a_command_that_is_not_there_would_be_found(command: str, wrong: bool) -> None:
    assert (what_is_wrong_with(command) is not None) is wrong


def test_the_readme_names_every_command() -> None:
    """`alongside study check` counts for its group."""
    named = {" ".join(one.split()[1:]) for one in commands_in((ROOT / "README.md").read_text())}
    top = typer.main.get_command(app)
    assert isinstance(top, TyperGroup)
    leaves = [
        f"{name} {below}" if below else name
        for name, command in top.commands.items()
        for below in (command.commands if isinstance(command, TyperGroup) else [""])
    ]
    assert [leaf for leaf in leaves if not any(f"{one} ".startswith(f"{leaf} ") for one in named)] == []


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wrong = [
        (name, code)
        for name, text in texts()
        for code in code_in(text)
        if (found := re.match(r"make ([a-z]+)\b", code)) and found[1] not in targets
    ]
    assert wrong == []


def test_every_folder_of_the_map_is_there_and_every_folder_is_on_it() -> None:
    table = section((ROOT / "README.md").read_text(), "What is where")
    on_the_map = {cells[0].strip("`").rstrip("/") for cells in rows(table)}
    there = {name_of(file).split("/")[0] for file in files_of_the_repository() if "/" in name_of(file)}
    assert on_the_map - {"var"} == {folder for folder in there if not folder.startswith(".")}


def decisions() -> list[Path]:
    return sorted(ADR.glob("*.md"))


def test_every_decision_has_its_number_and_four_headings() -> None:
    for number, file in enumerate(decisions(), start=1):
        text = file.read_text()
        assert file.name.startswith(f"{number:03d}-")
        assert text.startswith(f"# {number:03d}: "), file.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_HEADINGS, file.name


def test_every_decision_named_anywhere_exists() -> None:
    numbers = {file.name[:3] for file in decisions()}
    named = {
        (name_of(file), number)
        for file in files_of_the_repository()
        if file.suffix in (".py", ".md", ".yml", ".in")
        for number in re.findall(r"\bADR (\d{3})", file.read_text())
    }
    assert named
    assert [(name, number) for name, number in sorted(named) if number not in numbers] == []


def all_tests() -> set[str]:
    return {name for file in (ROOT / "tests").rglob("test_*.py") for name in TEST_FUNCTION.findall(file.read_text())}


def test_every_test_named_in_a_document_exists() -> None:
    known = all_tests()
    named = {(name, test) for name, text in texts() for code in CODE_SPAN.findall(text) for test in _tests(code)}
    assert len(named) > 40
    assert [(name, test) for name, test in sorted(named) if test not in known] == []


def _tests(code: str) -> list[str]:
    return [] if "/" in code or code.endswith(".py") else TEST_NAME.findall(code)


@pytest.mark.parametrize("to", ["participants", "staff"])
def test_every_promise_names_a_test(to: str) -> None:
    promises = list(rows(section((ROOT / "docs" / "safety.md").read_text(), f"What is promised to {to}")))
    assert len(promises) > 10
    assert [promise for promise, held_by in promises if not TEST_NAME.search(held_by)] == []


def test_every_sealed_and_hashed_column_is_in_the_privacy_guide() -> None:
    guide = (ROOT / "docs" / "privacy.md").read_text()
    columns = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith(("_sealed", "_hash"))
    ]
    assert len(columns) > 5
    assert [column for column in columns if f"`{column}`" not in guide] == []


def alarm_codes() -> set[str]:
    """Of every alarm that the code can sound."""
    code = [
        file.read_text() for room in ("study", "bot", "actions", "alongside") for file in (ROOT / room).rglob("*.py")
    ]
    return {found for text in code for found in ALARM.findall(text)}


def test_every_alarm_says_what_to_do() -> None:
    """docs/operations.md, "Alarms": each code the system can sound, and none it cannot."""
    table = (ROOT / "docs" / "operations.md").read_text().split("\n### Alarms\n", 1)[1].split("\n### ", 1)[0]
    told = {cells[0].strip("`"): cells[1:] for cells in rows(table)}
    assert set(told) == alarm_codes()
    assert all(means and do for means, do in told.values())


def test_an_alarm_in_the_code_is_seen() -> None:
    assert "concern_unowned" in alarm_codes()
    assert ALARM.findall('alarms.sound(\n    work, "a_new_one", member.code)') == ["a_new_one"]


def test_every_relative_link_leads_somewhere() -> None:
    dead = [
        (name_of(file), target)
        for file in documents()
        for target in LINK.findall(file.read_text())
        if not target.startswith(("http:", "https:", "mailto:", "#"))
        and not (file.parent / target.split("#")[0]).exists()
    ]
    assert dead == []


def words_in(file: Path) -> str:
    """Its text; nothing where it is no text (a picture)."""
    try:
        return file.read_text()
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("never", [INDEX_ADDRESS, HOME_PATH], ids=["address of a package index", "home folder"])
def test_no_file_tells_where_it_was_made(never: re.Pattern[str]) -> None:
    found = [
        (name_of(file), match[0]) for file in files_of_the_repository() for match in never.finditer(words_in(file))
    ]
    assert found == []


def test_what_tells_where_a_file_was_made_would_be_found() -> None:
    assert INDEX_ADDRESS.search("https://files.python" + "hosted.org/packages/x.whl")
    assert HOME_PATH.search("see " + "/ho" + "me/nora/alongside")
