"""Plain YAML that remembers on which line everything stands.

Only what a study file needs: text, whole and broken numbers, true/false, dates, lists and blocks. Three of
YAML's surprises are switched off, because each has put a wrong number into somebody's file: 22:00 is not
1320, 024 is not 20, and NO (Norway) is not false. Tags such as `!!python/...`, anchors and keys written twice
are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from study.errors import ProtocolError, ProtocolErrors

Place = tuple[str | int, ...]
LARGEST_FILE = 2_000_000
DEEPEST = 30


class _Unplain(Exception):
    def __init__(self, line: int, mend: str) -> None:
        self.line = line
        self.mend = mend
        super().__init__(mend)


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader with the resolvers of YAML 1.2 (and dates), given to it below.

    Tags, anchors and deep nesting are met before anything is built of them, so that the line can be named.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = super().peek_event()
        line = event.start_mark.line + 1
        if self.depth >= DEEPEST:
            raise _Unplain(line, f"is nested more than {DEEPEST} deep")
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise _Unplain(line, "must not use anchors (& and *): write the text out, or in quotes")
        if event.tag not in (None, "!"):
            mend = f"must not use the tag {_short(event.tag)}: only plain text, numbers and lists"
            raise _Unplain(line, mend)
        self.depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


_PlainLoader.yaml_implicit_resolvers = {}
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|false|False)$"), list("tTfF"))
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]{0,14})$"), list("-0123456789")
)
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"), list("-0123456789")
)
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:timestamp", re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), list("0123456789")
)


@dataclass
class MarkedFile:
    """What a file says, and where. `lines` has a line (from 1) for every place that can be named."""

    name: str
    data: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int:
        """The line of the place, or of the nearest block around it."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return 1

    def error(self, place: Place, mend: str) -> ProtocolError:
        return ProtocolError(self.name, self.line_of(place), written(place), mend)


def written(place: Place) -> str:
    """A place as people write it: `visits[2].window.after`, `items[nausea.frequency].recall`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z0-9_-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]"
    return text


def read_marked(path: Path) -> MarkedFile:
    """Raises ProtocolError (or ProtocolErrors, with all keys written twice) when this is not plain YAML."""
    name = path.as_posix()
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ProtocolError(name, 1, "", "there is no such file") from None
    except OSError as error:
        raise ProtocolError(name, 1, "", f"cannot be read ({error.strerror})") from None
    if len(raw) > LARGEST_FILE:
        raise ProtocolError(name, 1, "", f"is larger than {LARGEST_FILE:,} bytes, which no study file is")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ProtocolError(name, line, "", "is not UTF-8 text: save it as UTF-8") from None
    marked = MarkedFile(name, None)
    problems: list[ProtocolError] = []
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        if node is None:
            raise ProtocolError(name, 1, "", "is empty")
        marked.data = _plain(loader, node, (), marked, problems)
    except _Unplain as error:
        raise ProtocolError(name, error.line, "", error.mend) from None
    except yaml.YAMLError as error:
        raise _broken(name, text, error) from None
    if problems:
        raise ProtocolErrors(problems)
    return marked


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")[:60]


def _broken(name: str, text: str, error: yaml.YAMLError) -> ProtocolError:
    """Broken YAML on one line. The scanner's own words are kept: they name what it met."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if position is not None else 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    hint = ""
    if "mapping values are not allowed" in problem:
        hint = " (put a text that has a colon in quotes)"
    elif "cannot start any token" in problem and "\\t" in problem:
        hint = " (indent with spaces, not tabs)"
    return ProtocolError(name, line, "", f"is not proper YAML: {' '.join(problem.split())}{hint}")


def _plain(
    loader: _PlainLoader, node: yaml.Node, place: Place, marked: MarkedFile, problems: list[ProtocolError]
) -> Any:
    marked.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*place, n), marked, problems) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        block: dict[str, Any] = {}
        for key, value_node in _keys(loader, node, place, marked, problems):
            block[key] = _plain(loader, value_node, (*place, key), marked, problems)
        return block
    try:
        return loader.construct_object(node, deep=True)
    except ValueError:
        problems.append(marked.error(place, f"is no proper date or number: {str(node.value)[:40]}"))
        return None


def _keys(
    loader: _PlainLoader,
    node: yaml.MappingNode,
    place: Place,
    marked: MarkedFile,
    problems: list[ProtocolError],
) -> Iterator[tuple[str, yaml.Node]]:
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(ProtocolError(marked.name, line, written(place), "a key must be a word"))
            continue
        key = str(key_node.value)
        if (*place, key) in marked.lines:
            first = marked.lines[*place, key]
            problems.append(
                ProtocolError(marked.name, line, written((*place, key)), f"is written twice, first on line {first}")
            )
            continue
        marked.lines[*place, key] = line
        yield key, value_node
