"""Who is told of a concern and when, and the hours in which staff read and participants are left in peace."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from study.protocol.blocks import Block, Name, Severity
from study.protocol.durations import Duration, HourOfDay
from study.protocol.wording import WordingId


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> Weekday:
        return list(cls)[day.weekday()]


class Step(Block):
    after: Duration = Field(description="how long after the concern was raised, such as 0m or 10m")
    roles: tuple[Name, ...] = Field(min_length=1, description="who is told")


class Repeat(Block):
    every: Duration = Field(description="from one repetition to the next, such as 15m")
    times: int = Field(ge=0, le=200, description="how many times everyone on the ladder is told again")


class Ladder(Block):
    """Who is told, and when the next one is. After the last repetition the concern is unowned, which is loud.

    Copied onto the concern when it is raised: model_dump(mode="json") and model_validate give the same ladder
    back.
    """

    steps: tuple[Step, ...] = Field(min_length=1, description="who is told after how long, first one first")
    repeat: Repeat = Field(description="every and times")
    pages: Literal["any_hour", "monitoring_hours"] = Field(description="any_hour or monitoring_hours")

    @property
    def roles(self) -> tuple[str, ...]:
        """Everyone on the ladder, each once, in the order they are first told."""
        return tuple(dict.fromkeys(role for step in self.steps for role in step.roles))

    @property
    def unowned_after(self) -> timedelta:
        return self.steps[-1].after + self.repeat.every * (self.repeat.times + 1)


class Hours(Block):
    """From one hour to another, local time; may run over midnight. The end itself is outside."""

    starts: HourOfDay = Field(alias="from", description='the first hour, such as "22:00"')
    ends: HourOfDay = Field(alias="to", description='the hour it ends, such as "08:00"')

    def cover(self, local: time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= local < self.ends
        return local >= self.starts or local < self.ends

    def end_after(self, local: datetime) -> datetime | None:
        """Their end, if `local` (aware) lies within them, in the same zone; None outside them."""
        if not self.cover(local.time()):
            return None
        ends = (datetime.combine(local.date() + timedelta(days=n), self.ends, local.tzinfo) for n in (0, 1))
        return next((end for end in ends if end > local), None)


class WhoReads(Block):
    """For each severity the wording that says who reads this and when."""

    emergency: WordingId = Field(description="the wording id that says who reads an emergency, and when")
    urgent: WordingId = Field(description="the wording id that says who reads something urgent, and when")
    routine: WordingId = Field(description="the wording id that says who reads something routine, and when")

    def for_severity(self, severity: Severity) -> str:
        wording_id: str = getattr(self, severity.value)
        return wording_id


class Monitoring(Block):
    """When staff read messages, in the site's own time, and what participants are told then and otherwise."""

    days: tuple[Weekday, ...] = Field(min_length=1, description="mon, tue, wed, thu, fri, sat, sun")
    starts: HourOfDay = Field(alias="from", description='the hour staff begin to read, such as "08:00"')
    ends: HourOfDay = Field(alias="to", description='the hour they stop, such as "18:00"')
    in_hours: WhoReads = Field(description="for each severity the wording told within these hours")
    out_of_hours: WhoReads = Field(description="for each severity the wording told outside them")

    def open_at(self, local: datetime) -> bool:
        return Weekday.of(local) in self.days and self.starts <= local.time() < self.ends

    def opens_next(self, local: datetime) -> datetime:
        """The next opening at or after `local` (itself, if open), as an aware time in the same zone."""
        if self.open_at(local):
            return local
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            opening = datetime.combine(day, self.starts, tzinfo=local.tzinfo)
            if Weekday.of(day) in self.days and opening >= local:
                return opening
        raise AssertionError("a week has every weekday in it")

    def who_reads(self, severity: Severity, local: datetime) -> str:
        """The wording id that says honestly who reads this and when. May use the fields {team_phone} and
        {opens}.
        """
        return (self.in_hours if self.open_at(local) else self.out_of_hours).for_severity(severity)


class Timings(Block):
    holding_after: Duration = Field(description="no answer from Rasa for so long: the participant is told, such as 20s")
    hand_over_after: Duration = Field(description="no answer for so long: staff get the message, such as 10m")
    unowned_repeat: Duration = Field(description="how often an unowned concern is called out again, such as 1h")
    enrol_link_valid: Duration = Field(description="how long an enrolment link works, such as 14d")
    told_symptom_open: Duration = Field(
        description="how long questions about a symptom that was told stay open, such as 24h"
    )
    unread_after: Duration = Field(
        description="nobody says how urgent a photo or voice message is: staff are called, such as 10m"
    )
    later: Duration = Field(description="how long Later puts a check-in off, such as 3h")
