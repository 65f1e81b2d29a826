"""What all blocks of a study file share: kinds of words and numbers, and that nothing unknown goes by."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from study.protocol.countries import check_timezone

Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
ItemId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Telephone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()./-]{1,24}$")]
ShortNumber = Annotated[str, Field(pattern=r"^[0-9][0-9 -]{1,14}$")]
Timezone = Annotated[str, AfterValidator(check_timezone)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
AnswerValue = int | str


class Block(BaseModel):
    """Frozen, and nothing unknown goes by: a mistyped key must not become a silent default."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        serialize_by_alias=True,
        coerce_numbers_to_str=True,
        str_strip_whitespace=True,
    )


class RedFlagKind(StrEnum):
    """What study/triage finds by rule (interfaces of scripts rely on these names)."""

    CHEST_PAIN = "chest_pain"
    BREATHING = "breathing"
    ALLERGIC_REACTION = "allergic_reaction"
    SEIZURE_OR_FAINTING = "seizure_or_fainting"
    BLEEDING = "bleeding"
    PREGNANCY = "pregnancy"
    OVERDOSE = "overdose"
    STROKE = "stroke"
    SUICIDAL_THOUGHTS = "suicidal_thoughts"
    HOSPITALISED = "hospitalised"
    DEATH = "death"


class Severity(StrEnum):
    """How fast staff must know. Ordered: a higher one pages again on an open concern."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def rank(self) -> int:
        """3 emergency, 2 urgent, 1 routine."""
        return {Severity.EMERGENCY: 3, Severity.URGENT: 2, Severity.ROUTINE: 1}[self]
