"""Turns what pydantic found into a line a coordinator can act on: where it is, what it must be instead."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from study.errors import ProtocolError
from study.protocol.marked_yaml import MarkedFile, Place
from study.protocol.wording import WORDING_ID

_PATTERNS = {
    WORDING_ID: "must be the id of a wording, such as checkin.weekly.done",
    r"^[A-Za-z][A-Za-z0-9_-]{0,31}$": "must be a short code of letters, digits, - and _, such as V3",
    r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$": "must be an id in small letters, such as nausea.frequency",
    r"^[a-z][a-z0-9_]*$": "must be one word of small letters, digits and _",
    r"^\+?[0-9][0-9 ()./-]{1,24}$": "must be a telephone number, such as +34 910 000 000",
    r"^[0-9][0-9 -]{1,14}$": "must be a short telephone number, such as 112",
    r"^[A-Z]{2}$": "must be a country in two capital letters, such as ES",
}


def nearest(word: object, known: Iterable[str]) -> str:
    """` (did you mean window?)`, or nothing where nothing is near."""
    near = _meant(word, known)
    return f" (did you mean {near}?)" if near else ""


def one_of(word: object, known: Iterable[str]) -> str:
    names = list(known)
    return f"must be one of {', '.join(names)}{nearest(word, names)}"


def problems_of(marked: MarkedFile, model: type[BaseModel], error: ValidationError) -> list[ProtocolError]:
    """Every problem once, in the order of the file. A mistyped key is one problem, not two."""
    details = [
        (_place(marked, tuple(detail["loc"]), str(detail["type"])), detail)
        for detail in error.errors(include_url=False)
    ]
    mistyped = {
        (*place[:-1], meant)
        for place, detail in details
        if detail["type"] == "extra_forbidden" and (meant := _meant(place[-1], _known_keys(model, place[:-1])))
    }
    found: dict[tuple[Place, str], ProtocolError] = {}
    for place, detail in details:
        if detail["type"] == "missing" and place in mistyped:
            continue
        mend = _mend(model, place, detail)
        found.setdefault((place, mend), marked.error(place, mend))
    return sorted(found.values(), key=lambda problem: problem.line)


def _meant(word: object, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)), None)


def _place(marked: MarkedFile, loc: tuple[int | str, ...], kind: str) -> Place:
    """The part of pydantic's location that is in the file: it also names union members and validators."""
    place: Place = ()
    for part in loc:
        if (*place, part) not in marked.lines:
            return (*place, part) if kind == "missing" and part == loc[-1] else place
        place = (*place, part)
    return place


def _mend(model: type[BaseModel], place: Place, detail: Any) -> str:
    kind, given, context = detail["type"], detail.get("input"), detail.get("ctx", {})
    match kind:
        case "missing":
            meaning = _description(model, place)
            return f"is missing: {meaning}" if meaning else "is missing"
        case "extra_forbidden":
            known = _known_keys(model, place[:-1])
            return f"unknown key{nearest(place[-1], known)}; known here: {', '.join(known)}"
        case "value_error":
            return str(context["error"])
        case "greater_than_equal":
            return f"must be {context['ge']} or more"
        case "less_than_equal":
            return f"must be {context['le']} or less"
        case "int_type" | "int_parsing" | "int_from_float":
            return "must be a whole number"
        case "string_type":
            return "must be text"
        case "bool_type" | "bool_parsing":
            return "must be true or false"
        case "enum" | "literal_error":
            return one_of(given, _members(model, place))
        case "string_pattern_mismatch":
            return _PATTERNS.get(context["pattern"], "is not written as it must be")
        case "string_too_long":
            return f"must be at most {context['max_length']} characters"
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a block of keys{_keys_hint(_known_keys(model, place))}"
        case "tuple_type" | "list_type":
            return "must be a list"
        case kind if kind.startswith("date"):
            return "must be a day such as 2026-02-11"
        case _:
            return str(detail["msg"]).lower()


def _keys_hint(known: list[str]) -> str:
    return f": {', '.join(known)}" if known else ""


def _known_keys(model: type[BaseModel], place: Place) -> list[str]:
    block = _type_at(model, place)
    if not (isinstance(block, type) and issubclass(block, BaseModel)):
        return []
    own_key = {"id", "code"} if _is_keyed(model, place) else set()
    return [field.alias or name for name, field in block.model_fields.items() if name not in own_key]


def _is_keyed(model: type[BaseModel], place: Place) -> bool:
    """Whether the block stands in a dict, whose key is its id and not written twice."""
    return bool(place) and get_origin(_bare(_type_at(model, place[:-1]))) is dict


def _members(model: type[BaseModel], place: Place) -> list[str]:
    wanted = _type_at(model, place)
    if get_origin(wanted) is Literal:
        return [str(member) for member in get_args(wanted)]
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return [str(member.value) for member in wanted]
    outer = _bare(_type_at(model, place[:-1]))
    keys = get_args(outer)[0] if get_origin(outer) is dict else None
    if isinstance(keys, type) and issubclass(keys, Enum):
        return [str(member.value) for member in keys]
    return []


def _description(model: type[BaseModel], place: Place) -> str | None:
    field = _field_at(model, place)
    return field.description if field else None


def _field_at(model: type[BaseModel], place: Place) -> FieldInfo | None:
    block = _type_at(model, place[:-1])
    if not (isinstance(block, type) and issubclass(block, BaseModel)):
        return None
    return next((field for name, field in _named_fields(block) if name == place[-1]), None)


def _named_fields(block: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((field.alias or name, field) for name, field in block.model_fields.items())


def _type_at(model: Any, place: Place) -> Any:
    wanted: Any = model
    for part in place:
        wanted = _bare(wanted)
        if isinstance(wanted, type) and issubclass(wanted, BaseModel):
            field = next((field for name, field in _named_fields(wanted) if name == part), None)
            wanted = field.annotation if field else None
        elif get_origin(wanted) is dict:
            wanted = get_args(wanted)[1]
        elif get_origin(wanted) in (tuple, list):
            wanted = get_args(wanted)[0]
        else:
            return None
    return _bare(wanted)


def _bare(wanted: Any) -> Any:
    """The type without Annotated and without `| None`."""
    while get_origin(wanted) is Annotated:
        wanted = get_args(wanted)[0]
    if get_origin(wanted) in (Union, types.UnionType):
        rest = [member for member in get_args(wanted) if member is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 else wanted
    return wanted
