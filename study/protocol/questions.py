"""The questions of a study, when they come round, and the answers staff must hear of."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from study.protocol.blocks import AnswerValue, Block, Code, ItemId, Name, Severity
from study.protocol.durations import Duration, HourOfDay
from study.protocol.wording import WordingId


class Attribute(StrEnum):
    """What is asked about a term. The first five are PRO-CTCAE's; the others are our own."""

    FREQUENCY = "frequency"
    SEVERITY = "severity"
    INTERFERENCE = "interference"
    AMOUNT = "amount"
    PRESENCE = "presence"
    TAKEN = "taken"
    REASON = "reason"
    WORDS = "words"  # answered in the participant's own words; its one choice says that there is nothing


class Choice(Block):
    value: AnswerValue = Field(description="what is stored")
    label: WordingId = Field(description="the wording id of the button")


class AskIf(Block):
    """The branch: asked only when an earlier item was answered above (numbers) or with (words) this."""

    item: ItemId = Field(description="an item asked earlier in the same check-in")
    above: int | None = Field(None, description="asked when that answer is greater than this")
    equals: AnswerValue | None = Field(None, description="asked when that answer is this")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.above is None) == (self.equals is None):
            raise ValueError("needs either above or equals, and not both")
        return self

    def holds(self, answer: AnswerValue | None) -> bool:
        """No answer asks no further: what was branched off is 0, what was not answered is missing."""
        if answer is None:
            return False
        if self.above is not None:
            return isinstance(answer, int) and answer > self.above
        return answer == self.equals


class Item(Block):
    """One question. `pro_ctcae` marks it as scored like that PRO-CTCAE item (0-4); its words are our own."""

    id: str = Field("", description="the item's own key; not written twice")
    term: Name = Field(description="what it asks about, such as nausea")
    attribute: Attribute = Field(
        description="frequency, severity, interference, amount, presence, taken, reason or words"
    )
    pro_ctcae: bool = Field(False, description="true if scored as the PRO-CTCAE item of this term and attribute")
    wording: WordingId = Field(description="the wording id of the question")
    short: WordingId | None = Field(None, description="the wording id of its short name, in summaries and on buttons")
    recall: str = Field(min_length=1, description="the time asked about, such as the past 7 days")
    scale: Name | None = Field(None, description="a scale of this file that gives the choices")
    choices: tuple[Choice, ...] = Field((), description="the choices, where no scale is named")
    ask_if: AskIf | None = Field(None, description="asked only after a certain answer to an earlier item")

    @property
    def values(self) -> tuple[AnswerValue, ...]:
        return tuple(choice.value for choice in self.choices)

    def choice(self, value: AnswerValue) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)


TOLD = "symptom_"
"""Begins the code of a check-in that nobody planned: the items of one term, asked because it was told."""


class CheckInKind(StrEnum):
    SYMPTOMS = "symptoms"
    DOSE = "dose"


class CheckIn(Block):
    """A set of items that comes round. Its occurrences are rows of their own; here is only the pattern."""

    code: str = Field("", description="the check-in's own key; not written twice")
    kind: CheckInKind = Field(description="symptoms or dose")
    items: tuple[ItemId, ...] = Field(min_length=1, description="item ids, in the order they are asked")
    first_day: int = Field(ge=1, description="the study day of the first one")
    every_days: int = Field(ge=1, description="days from one to the next")
    hour: HourOfDay | None = Field(None, description='such as "20:00"; leave out for the participant\'s own hour')
    opens_wording: WordingId = Field(description="the wording id of the message that opens it")
    nudge_wording: WordingId = Field(description="the wording id of the one reminder")
    nudge_after: Duration = Field(description="reminder after this long without an answer, such as 24h")
    closes_after: Duration = Field(description="counts as missed after this long, such as 72h")
    stale_after: Duration = Field(description="a message later than this is skipped, such as 3h")
    missed_in_a_row: int | None = Field(
        None, ge=2, description="staff are asked to call after so many without an answer, such as 2"
    )
    starts: Literal["tap", "direct"] = Field(description="tap: Start or Later first; direct: the question at once")

    def open_days(self, study_days: int) -> range:
        """The study days it opens on, to the end of the study (Day 1 is the first dose)."""
        return range(self.first_day, study_days + 1, self.every_days)


class Threshold(Block):
    """An answer that staff must hear of. A PRO-CTCAE score is not a CTCAE grade; it only starts a look."""

    code: Code = Field(description="a short code, such as nausea-severe")
    item: ItemId = Field(description="the item it looks at")
    at_least: int | None = Field(None, description="this score or a higher one")
    equals: AnswerValue | None = Field(None, description="exactly this answer")
    rises_by: int | None = Field(None, ge=1, description="so many points above the first answer, the baseline")
    severity: Severity = Field(description="emergency, urgent or routine")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if [self.at_least, self.equals, self.rises_by].count(None) != 2:
            raise ValueError("needs one of at_least, equals and rises_by, and no second one")
        return self

    def met_by(self, value: AnswerValue, baseline: int | None = None) -> bool:
        """Whether an answer reaches it. A change needs a baseline: without one it is not reached."""
        if self.rises_by is not None:
            return isinstance(value, int) and baseline is not None and value - baseline >= self.rises_by
        if self.at_least is not None:
            return isinstance(value, int) and value >= self.at_least
        return value == self.equals
