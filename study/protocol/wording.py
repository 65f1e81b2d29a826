"""The texts the bot itself sends. Each has an id, a version and the person who approved it.

A text may hold named fields, `{team_phone}`, and nothing cleverer: no positions, attributes, formats or
conversions, so that what a patient wrote can be filled in and never be read as part of the template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from study.errors import MissingField, UnknownWording

FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
WORDING_ID = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$"


def fields_of(text: str) -> frozenset[str]:
    """The names of the {fields} in a text. Raises ValueError, with the mend, where one is no plain name."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("has a brace without its partner: write {{ or }} for a brace itself") from None
    names = set()
    for _, name, layout, conversion in parts:
        if name is None:
            continue
        if not FIELD_NAME.fullmatch(name) or layout or conversion:
            raise ValueError("may only hold plain fields such as {team_phone}")
        names.add(name)
    return frozenset(names)


def _text_with_plain_fields(text: str) -> str:
    fields_of(text)
    if not text.strip():
        raise ValueError("must not be empty")
    return text.strip()


TemplateText = Annotated[str, AfterValidator(_text_with_plain_fields)]
WordingId = Annotated[str, Field(pattern=WORDING_ID)]


class Wording(BaseModel):
    """One approved text. `ref` (`checkin.done@2`) is what is kept beside every message sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field("", description="the wording's own key; not written twice")
    version: int = Field(ge=1, description="a whole number, one more with every change of the text")
    approved_by: str | None = Field(None, description="who approved this version")
    approved_on: date | None = Field(None, description="the day it was approved, such as 2026-02-11")
    tone: Literal["cheerful"] | None = Field(
        None, description="cheerful: held.reply takes its place while thoughts of suicide are with the staff"
    )
    text: TemplateText = Field(description="what the person reads")

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def approved(self) -> bool:
        return bool(self.approved_by and self.approved_by.strip()) and self.approved_on is not None

    @property
    def fields(self) -> frozenset[str]:
        return fields_of(self.text)

    def filled(self, params: Mapping[str, object]) -> str:
        """The words with their fields. Raises MissingField for one that is missing or None; more than is needed is
        fine. What is filled in is never read as a template again."""
        for field in sorted(self.fields):
            if params.get(field) is None:
                raise MissingField(self.id, field)
        return self.text.format_map({field: params[field] for field in self.fields})

    @property
    def first_line(self) -> str:
        """What a locked phone shows of it."""
        return self.text.split("\n", 1)[0]


class Wordings(BaseModel):
    """All texts of one language. The file is `wording.<language>.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Literal["en"] = Field(description="the language of the texts: en")
    wordings: dict[WordingId, Wording] = Field(min_length=1, description="the texts, by their id")

    def model_post_init(self, _context: object) -> None:
        for key, wording in self.wordings.items():
            if not wording.id:
                self.wordings[key] = wording.model_copy(update={"id": key})

    def __contains__(self, wording_id: object) -> bool:
        return wording_id in self.wordings

    def get(self, wording_id: str) -> Wording:
        """Raises UnknownWording."""
        try:
            return self.wordings[wording_id]
        except KeyError:
            raise UnknownWording(wording_id) from None

    def render(self, wording_id: str, **params: object) -> str:
        """The text of this id, filled in. Raises UnknownWording and MissingField."""
        return self.get(wording_id).filled(params)
