"""What study.yml may say: one frozen model a block, every number a doctor might change among them.

A key that is not listed here is refused by name. Descriptions are shown when a key is missing, and
docs/study-file.md explains each one. What needs two blocks at once (a ladder naming a role) is in
crosschecks.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field

from study.protocol.blocks import (
    AnswerValue,
    Block,
    Code,
    CountryCode,
    ItemId,
    Name,
    RedFlagKind,
    Severity,
    ShortNumber,
    Telephone,
    Timezone,
)
from study.protocol.countries import Lifelines, country_of
from study.protocol.questions import TOLD, CheckIn, CheckInKind, Choice, Item, Threshold
from study.protocol.watch import Hours, Ladder, Monitoring, Timings
from study.protocol.wording import WordingId, Wordings


class Site(Block):
    code: str = Field("", description="the site's own key; not written twice")
    name: str = Field(min_length=1, description="the site's name, as participants know it")
    country: CountryCode = Field(description="two capital letters (ISO 3166), such as ES")
    timezone: Timezone = Field(description="an IANA zone, such as Europe/Madrid")
    telephone: Telephone = Field(description="the number participants call, such as +34 910 000 000")
    emergency_number: ShortNumber = Field(description="the country's emergency number, such as 112")
    crisis_line: ShortNumber = Field(description="the country's suicide crisis line, such as 024")
    code_break_number: Telephone = Field(description="where doctors learn the treatment in an emergency, day and night")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class CountryNumbers(Block):
    """Numbers for participants who live or travel where no site is."""

    emergency_number: ShortNumber = Field(description="the country's emergency number, such as 112")
    crisis_line: ShortNumber = Field(description="the country's suicide crisis line, such as 3114")


class Window(Block):
    """How many days early or late a visit may be. Anchored to Day 1, never to the previous visit."""

    before: int = Field(ge=0, le=60, description="days early, 0 or more")
    after: int = Field(ge=0, le=60, description="days late, 0 or more")


class Visit(Block):
    code: Code = Field(description="a short code, such as V3")
    title: str = Field(min_length=1, max_length=60, description="what participants call it, such as Week 4 visit")
    day: int = Field(ge=1, description="the study day; Day 1 is the day of the first dose")
    window: Window = Field(description="before and after, in days")


class StaffMessage(Block):
    """A message staff may send to a participant by one tap."""

    text: WordingId = Field(description="the wording id of the message, such as staff_says.call_soon")
    label: WordingId = Field(description="the wording id of its button")


class StudyFile(Block):
    """study.yml as it stands."""

    code: Code = Field(description="the study's short code, such as HARBOR")
    title: str = Field(min_length=1, description="the study's full title")
    neutral_name: str = Field(min_length=1, max_length=40, description="safe on a lock screen, such as your study")
    version: str = Field(min_length=1, description="the version of the protocol this file follows")
    drug_name: str = Field(min_length=1, description="the study medicine's name, such as BX-117")
    days: int = Field(ge=1, description="length of treatment in days, such as 168")
    private_words: tuple[str, ...] = Field((), description="words that must never show on a lock screen")
    sites: dict[Code, Site] = Field(min_length=1, description="the sites, by their code")
    countries: dict[CountryCode, CountryNumbers] = Field({}, description="numbers for countries without a site")
    roles: dict[Name, WordingId] = Field(min_length=1, description="staff roles, each with its title's wording id")
    visits: tuple[Visit, ...] = Field(min_length=1, description="the visits, in order of their day")
    farewell_day: int | None = Field(
        None, ge=1, description="the study day of the farewell; else the day after the last visit's window"
    )
    scales: dict[Name, tuple[Choice, ...]] = Field({}, description="choices that several items share")
    items: dict[ItemId, Item] = Field(min_length=1, description="the questions, by their id")
    checkins: dict[Name, CheckIn] = Field(min_length=1, description="the check-ins, by their code")
    thresholds: tuple[Threshold, ...] = Field(description="answers that staff must hear of")
    staff_messages: tuple[StaffMessage, ...] = Field((), description="messages staff may send, in order")
    ladders: dict[Severity, Ladder] = Field(description="who is told, for emergency, urgent and routine")
    quiet_hours: Hours = Field(description="from and to, when reminders wait, in the participant's own time")
    monitoring: Monitoring = Field(description="when staff read messages")
    timings: Timings = Field(description="how long the system waits for itself")
    red_flags: dict[RedFlagKind, Severity] = Field({}, description="how grave a kind of red flag is; else emergency")

    def model_post_init(self, _context: object) -> None:
        """Give every block its own key, and every item the choices of its scale."""
        for site_code, site in self.sites.items():
            self.sites[site_code] = site.model_copy(update={"code": site.code or site_code})
        for checkin_code, checkin in self.checkins.items():
            self.checkins[checkin_code] = checkin.model_copy(update={"code": checkin.code or checkin_code})
        for item_id, item in self.items.items():
            choices = item.choices or self.scales.get(item.scale or "", ())
            self.items[item_id] = item.model_copy(update={"id": item.id or item_id, "choices": choices})


class Study(StudyFile):
    """A study that has been read and checked: study.yml and its wordings."""

    folder: Path
    wordings: Wordings

    @property
    def ends_on(self) -> int:
        """The study day on which the farewell is said: the one named, else the day after the last visit's window."""
        return self.farewell_day or max(visit.day + visit.window.after for visit in self.visits) + 1

    def thresholds_met(self, item: str, value: AnswerValue, baseline: int | None = None) -> tuple[Threshold, ...]:
        """Every threshold this answer reaches, by itself or as a change from `baseline`, the most severe first."""
        met = [one for one in self.thresholds if one.item == item and one.met_by(value, baseline)]
        return tuple(sorted(met, key=lambda threshold: -threshold.severity.rank))

    def items_of(self, checkin: str) -> tuple[str, ...]:
        """The items of a check-in, in the order they are asked; those of one term for `symptom_<term>`."""
        if checkin in self.checkins:
            return self.checkins[checkin].items
        term = checkin.removeprefix(TOLD)
        return tuple(item.id for item in self.items.values() if item.term == term and item.pro_ctcae)

    @property
    def all_checkins(self) -> tuple[str, ...]:
        """The planned ones, and those of every term that can be told out of the blue."""
        terms = dict.fromkeys(item.term for item in self.items.values() if item.pro_ctcae)
        return (*self.checkins, *(f"{TOLD}{term}" for term in terms))

    def kind_of(self, checkin: str) -> CheckInKind:
        """Symptoms or dose. What was told out of the blue is a symptom."""
        return self.checkins[checkin].kind if checkin in self.checkins else CheckInKind.SYMPTOMS

    def next_item(self, checkin: str, answers: dict[str, AnswerValue | None]) -> Item | None:
        """The first item of the check-in not yet answered (or skipped: None) whose branch is open; None when
        done.
        """
        for item_id in self.items_of(checkin):
            item = self.items[item_id]
            if item_id in answers:
                continue
            if item.ask_if is None or item.ask_if.holds(answers.get(item.ask_if.item)):
                return item
        return None

    def gravity(self, red_flag: str) -> Severity:
        """How grave a kind of red flag is; one the study says nothing of is an emergency."""
        return self.red_flags.get(RedFlagKind(red_flag), Severity.EMERGENCY)

    def emergencies(self, red_flags: Iterable[str]) -> list[str]:
        """Those of the kinds that are emergencies."""
        return [kind for kind in red_flags if self.gravity(kind) is Severity.EMERGENCY]

    def lifelines(self, site: str | None, timezone: str | None, country: str | None = None) -> Lifelines:
        """The emergency number and crisis line of the country the participant is in: the one they gave, else the one
        their zone tells.

        A zone that tells no country (UTC, an old alias) means the site's. In a country whose numbers the
        study does not know, and for somebody of whom nothing is known (None), a number of the site's country
        would ring nowhere: approved words take its place.
        """
        home = self.sites.get(site or "")
        country = country or (country_of(timezone) if timezone else None) or (home.country if home else "")
        for known in ([home] if home else []) + list(self.sites.values()):
            if known.country == country:
                return Lifelines(known.emergency_number, known.crisis_line)
        if country in self.countries:
            numbers = self.countries[country]
            return Lifelines(numbers.emergency_number, numbers.crisis_line)
        return Lifelines(
            self.wordings.render("lifeline.emergency_elsewhere"),
            self.wordings.render("lifeline.crisis_elsewhere"),
        )
