"""Reads the training files as a coordinator wrote them and says what is wrong with them, one line a fault.

Rasa's own messages speak of schemas and regexes, and some faults it accepts silently: a sentence under two
topics, a misspelt intent, a topic without an answer. Needs PyYAML only, no Rasa, so either environment can
use it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

import yaml

TOP_KEYS = {"version", "nlu", "responses"}
FIELD = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Fault:
    file: str
    line: int
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.mend}"


@dataclass(frozen=True)
class Place:
    file: str
    line: int


class Found:
    """What has been read so far, across files."""

    def __init__(self) -> None:
        self.faults: List[Fault] = []
        self.sentences: Dict[str, Tuple[str, Place]] = {}
        self.intents: Dict[str, Place] = {}
        self.answers: Dict[str, Place] = {}
        self.fields: List[Tuple[str, Place]] = []

    def fault(self, place: Place, mend: str) -> None:
        self.faults.append(Fault(place.file, place.line, mend))


def training_files(root: Path) -> List[Path]:
    """The files with examples and answers, in a fixed order."""
    return [*sorted((root / "nlu" / "faq").glob("*.yml")), *sorted((root / "nlu" / "data").glob("*.yml"))]


def examples_by_intent(root: Path) -> Dict[str, List[str]]:
    """The examples of every intent and topic, of files in which `check` finds no fault."""
    found: Dict[str, List[str]] = {}
    for path in training_files(root):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or []:
            lines = (line.strip()[2:].strip() for line in entry["examples"].splitlines() if line.strip())
            found.setdefault(entry["intent"], []).extend(lines)
    return found


def check(root: Path) -> List[Fault]:
    """Every fault of domain.yml, nlu/faq/*.yml and nlu/data/*.yml, by file and line. Empty when all is well."""
    found = Found()
    domain = _composed(root / "domain.yml", root, found)
    for path in training_files(root):
        tree = _composed(path, root, found)
        if tree is not None and path.name != "rules.yml":
            _read_file(tree, path.relative_to(root).as_posix(), found)
    if domain is not None:
        _check_against_domain(_built(domain) or {}, found)
    _check_topics(found)
    return sorted(found.faults, key=lambda fault: (fault.file, fault.line))


def _composed(path: Path, root: Path, found: Found) -> Optional[yaml.Node]:
    """The file as a tree of nodes, which know their lines; None when it is no YAML."""
    name = path.relative_to(root).as_posix()
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        _refuse_doubled_keys(tree, name, found)
        if tree is not None:
            _built(tree)
    except FileNotFoundError:
        found.fault(Place(name, 1), "is missing")
    except UnicodeDecodeError:
        found.fault(Place(name, 1), "must be saved as UTF-8")
    except yaml.MarkedYAMLError as error:
        unclosed = (error.context or "").startswith("while scanning a quoted")  # found at the end, begun elsewhere
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        found.fault(Place(name, line), f"cannot be read ({error.problem}): look at spaces, quotes and ':' here")
    except yaml.YAMLError:
        found.fault(Place(name, 1), "cannot be read: it holds a character that no text has, save it again as UTF-8")
    else:
        if isinstance(tree, yaml.MappingNode):
            return tree
        found.fault(Place(name, 1), 'must begin with version: "3.1" and have nlu: and responses: below')
    return None


def _refuse_doubled_keys(node: Optional[yaml.Node], name: str, found: Found) -> None:
    """YAML keeps the second of two equal keys and says nothing: an answer would be gone."""
    if isinstance(node, yaml.MappingNode):
        seen: Set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.fault(Place(name, _line(key)), f"'{key.value}' stands here twice: keep one")
            seen.add(str(key.value))
            _refuse_doubled_keys(value, name, found)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_doubled_keys(child, name, found)


def _read_file(tree: yaml.Node, name: str, found: Found) -> None:
    for key, node in tree.value:
        place = Place(name, _line(key))
        if key.value not in TOP_KEYS:
            found.fault(place, f"unknown key '{key.value}': known are version, nlu, responses")
        elif key.value == "nlu":
            if not isinstance(node, yaml.SequenceNode):
                found.fault(place, "nlu: must be a list, each entry with '- intent:'")
                continue
            for entry in node.value:
                _read_intent(entry, name, found)
        elif key.value == "responses":
            if not isinstance(node, yaml.MappingNode):
                found.fault(place, "responses: must hold utter_faq/<topic>: entries")
                continue
            for answer, variants in node.value:
                _read_answer(answer, variants, name, found)


def _read_intent(entry: yaml.Node, name: str, found: Found) -> None:
    place = Place(name, _line(entry))
    parts = _parts(entry)
    intent = parts.get("intent")
    if intent is None or not isinstance(intent.value, str):
        found.fault(place, "an entry of nlu: needs 'intent:' with a name")
        return
    if intent.value in found.intents:
        other = found.intents[intent.value]
        found.fault(place, f"'{intent.value}' is already in {other.file}:{other.line}: put the examples together")
    found.intents.setdefault(intent.value, place)
    examples = parts.get("examples")
    if not isinstance(examples, yaml.ScalarNode) or examples.style != "|":
        found.fault(place, f"'{intent.value}' needs 'examples: |' and below it one '- sentence' a line")
        return
    count = 0
    for offset, line in enumerate(examples.value.splitlines()):
        if line.strip():
            count += 1
            _read_sentence(line.strip(), intent.value, Place(name, _line(examples) + 1 + offset), found)
    if count == 0:
        found.fault(place, f"'{intent.value}' has no examples: write at least ten")


def _read_sentence(line: str, intent: str, place: Place, found: Found) -> None:
    sentence = line[2:].strip() if line.startswith("- ") else ""
    if not sentence:
        found.fault(place, "an example must begin with '- ' and have words after it")
    elif sentence.startswith("/") or set("[]{}") & set(sentence):
        found.fault(place, "an example must not begin with '/' or hold [ ] { }: Rasa reads them as commands")
    else:
        known = found.sentences.setdefault(sentence.lower(), (intent, place))
        if known[0] != intent:
            where = f"{known[1].file}:{known[1].line}"
            found.fault(place, f"the same sentence is an example of '{known[0]}' ({where}): keep it in one of them")


def _read_answer(answer: yaml.Node, variants: yaml.Node, name: str, found: Found) -> None:
    place = Place(name, _line(answer))
    if not str(answer.value).startswith("utter_faq/"):
        found.fault(place, f"'{answer.value}' must be called utter_faq/<topic>")
        return
    if answer.value in found.answers:
        other = found.answers[answer.value]
        found.fault(place, f"'{answer.value}' is already in {other.file}:{other.line}: keep one")
    found.answers.setdefault(answer.value, place)
    if not isinstance(variants, yaml.SequenceNode) or len(variants.value) != 1:
        found.fault(place, f"'{answer.value}' needs exactly one '- text:', so that one version is what was approved")
        return
    parts = _parts(variants.value[0])
    text = parts.get("text")
    if text is None or not isinstance(text.value, str) or not text.value.strip():
        found.fault(place, f"'{answer.value}' needs 'text:' with words")
        return
    found.fields += [(field, Place(name, _line(text))) for field in FIELD.findall(text.value)]
    if "{" in FIELD.sub("", text.value) or "}" in FIELD.sub("", text.value):
        found.fault(Place(name, _line(text)), "braces only around a name, as in {team_phone}")
    about = _parts(parts["metadata"]) if "metadata" in parts else {}
    expected = "faq." + str(answer.value).partition("/")[2]
    if "id" not in about or about["id"].value != expected:
        found.fault(place, f"'{answer.value}' needs metadata: with id: {expected}")
    version = about.get("version")
    if version is None or not str(version.value).isdigit() or int(version.value) < 1:
        found.fault(place, f"'{answer.value}' needs metadata: with version: a whole number from 1")


def _check_against_domain(domain: Dict[str, Any], found: Found) -> None:
    known = {intent if isinstance(intent, str) else next(iter(intent)) for intent in domain.get("intents") or []}
    for intent, place in found.intents.items():
        if intent.partition("/")[0] not in known:
            found.fault(place, f"'{intent}' is no intent of domain.yml: topics are written faq/<topic>")
    for field, place in found.fields:
        if field not in (domain.get("slots") or {}):
            found.fault(
                place,
                f"{{{field}}} is nothing that can be filled in: known are {{team_phone}}, {{emergency_number}}",
            )


def _check_topics(found: Found) -> None:
    for intent, place in found.intents.items():
        if "/" in intent and f"utter_{intent}" not in found.answers:
            found.fault(place, f"'{intent}' has no answer: add utter_{intent} under responses:")
    for answer, place in found.answers.items():
        if answer[len("utter_") :] not in found.intents:
            found.fault(place, f"'{answer}' has no examples: add intent {answer[len('utter_') :]} under nlu:")


def _parts(node: yaml.Node) -> Dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return dict(_pairs(node))


def _pairs(node: yaml.MappingNode) -> Iterator[Tuple[str, yaml.Node]]:
    for key, value in node.value:
        yield str(key.value), value


def _built(node: yaml.Node) -> Any:
    """The node as plain data; raises for a tag that would make an object (`!!python/...`)."""
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
