"""Reading of the reviewed rules files (red_flags.yml, scope.yml, symptoms.yml, doses.yml).

A mistake in one is told on first use, in one line with file, line, place and mend (ProtocolError).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from study.errors import ProtocolError
from study.triage.phrases import Phrase, phrase

_PLACE = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True)
class RulesFile:
    """A rules file as read, with the places of its entries for errors."""

    path: Path
    content: dict[str, Any]

    def error(self, place: str, mend: str) -> ProtocolError:
        return ProtocolError(_name(self.path), _line(self.path, place), place, mend)

    @property
    def version(self) -> str:
        return str(self.content["version"])

    def lists(self) -> dict[str, list[str]]:
        """The named lists that phrases refer to as `<name>`."""
        entries = self.section(self.content.get("lists", {}), "lists")
        return {name: self.texts(entry, f"lists.{name}") for name, entry in entries.items()}

    def texts(self, entry: Any, place: str) -> list[str]:
        """One text or a list of them; a bare `no` or `2` is YAML's, not a word, so it is refused."""
        entries = entry if isinstance(entry, list) else [entry]
        for index, one in enumerate(entries):
            if not isinstance(one, str) or not one.strip():
                raise self.error(f"{place}[{index}]", f"{one!r} is not a text; put it in quotes")
        return list(entries)

    def section(self, entry: Any, place: str) -> dict[str, Any]:
        if not isinstance(entry, dict):
            raise self.error(place, "names with entries under them are needed here")
        return {str(key): value for key, value in entry.items()}

    def phrases(self, entry: Any, place: str, label: str, lists: Mapping[str, Sequence[str]]) -> list[Phrase]:
        found = []
        for index, written in enumerate(self.texts(entry, place)):
            try:
                found.append(phrase(written, label, lists))
            except ValueError as error:
                raise self.error(f"{place}[{index}]", str(error)) from error
        return found


def read_rules(path: Path) -> RulesFile:
    """Read one rules file; it must name its version, who reviewed it and when."""
    try:
        content = _plain(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProtocolError(_name(path), 1, "", f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ProtocolError(_name(path), 1, f"byte {error.start}", "must be UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        mend = str(getattr(error, "problem", None) or "is not YAML")
        raise ProtocolError(_name(path), mark.line + 1 if mark else 1, "", mend) from error
    if not isinstance(content, dict):
        raise ProtocolError(_name(path), 1, "", "must hold version, reviewed_by, reviewed_on and the phrases")
    rules = RulesFile(path, content)
    for key in ("version", "reviewed_by", "reviewed_on"):
        if not content.get(key):
            raise rules.error(key, "is missing; a rules file is used only once it was reviewed")
    return rules


def _plain(text: str) -> Any:
    """Read with libyaml where PyYAML has it (ten times as fast); both readers make plain values only."""
    return yaml.load(text, Loader=yaml.CSafeLoader) if yaml.__with_libyaml__ else yaml.safe_load(text)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _line(path: Path, place: str) -> int:
    """The line of a place ("kinds.bleeding.entries[0].find[2]"), or of the nearest thing above it."""
    node: yaml.Node | None = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    for part in _PLACE.findall(place):
        inside = None
        if isinstance(node, yaml.MappingNode):
            inside = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            inside = node.value[int(part)]
        if inside is None:
            break
        node = inside
    return int(node.start_mark.line) + 1 if node else 1
