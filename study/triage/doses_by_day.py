"""Several days in one message: "took sat n sun, monday not sure" is three statements, each with a day of its own.

Read clause by clause. A status counts for the days beside it: for those after it where the status comes first ("missed
monday and tuesday"), for those before it where a day does ("monday taken, tuesday not"). A clause without a status goes
with the one before it, else with the one after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from study.triage.doses import (
    Dose,
    DoseRules,
    DoseStatus,
    days_named,
    dose_rules,
    in_the_end,
    is_about_doses,
    is_own_question,
    names_tablet,
    places,
    stated,
    strange_words,
)
from study.triage.scope import SentenceScope, Standing, scope_rules

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = 10  # words; a day and a loose word such as "had" tell a dose in a short message only
_PLAIN = 14  # words; a longer message may hold more than its dose
_ASKS = frozenset(
    (
        "if", "what", "should", "can", "could", "would", "will", "when", "how", "why", "do", "does", "did", "is", "are",
        "was", "were", "have", "has", "am", "may", "must",
    )
)  # fmt: skip
_FIRM = frozenset(
    ("took", "taken", "swallowed", "had", "forgot", "forgotten", "forget", "missed", "miss", "skipped", "skip")
)
_DENIES = ("not", "never", "no", "none", "nothing")


@dataclass(frozen=True)
class _Mark:
    """A day or a status where it stands."""

    label: str
    start: int
    end: int
    is_day: bool


def dose_statements(text: str) -> list[Dose]:
    """Every dose told in a message, in the order told; each with at most one day. Empty where none is told."""
    rules = dose_rules()
    whole = stated(text)
    if any(in_the_end(rules, one) for one in scope_rules().read(text)):
        return [] if whole.status is DoseStatus.NONE else [whole]
    if whole.status in (DoseStatus.STOPPED, DoseStatus.CHANGED):
        return [whole]
    told = _by_day(rules, text)
    if len(told) == 1 and whole.status is DoseStatus.NONE and not any(map(_is_firm, scope_rules().read(text))):
        return []
    if len(told) > 1 or (told and told[0].status is DoseStatus.UNSURE):
        return [replace(one, reason=whole.reason if one.status is DoseStatus.MISSED else None) for one in told]
    if whole.status is DoseStatus.NONE:
        return told if len(text.split()) <= _SHORT else []
    if told and len(set(whole.days)) > 1:  # "last night's this morning": one dose
        return [replace(whole, day_offset=told[0].day_offset, weekday=told[0].weekday, days=told[0].days)]
    return [whole]


def _is_firm(sentence: SentenceScope) -> bool:
    """ "Not today" or "yes on monday" by itself may be the answer to anything."""
    return names_tablet(dose_rules(), sentence) or not _FIRM.isdisjoint(sentence.tokens)


def speaks_generally(text: str) -> bool:
    """ "Never missed one", "every day": no day's own statement, so nothing is noted from it unasked."""
    rules = dose_rules()
    read = scope_rules().read(text)
    if any(any(rules.books["days"].matches(one.tokens)) for one in read):
        return False
    return any(any(rules.books["generally"].matches(one.tokens)) for one in read)


def is_plain(text: str) -> bool:
    """Whether one statement is so plainly about a tablet that no model need be asked: short, no question, and it names
    the tablet or is the bare statement. That somebody stopped or took two is plain as such: people look at it."""
    if "?" in text or len(text.split()) > _PLAIN or speaks_generally(text):
        return False
    rules = dose_rules()
    read = scope_rules().read(text)
    worrying = stated(text).status not in (DoseStatus.NONE, DoseStatus.TAKEN, DoseStatus.MISSED)
    return (
        worrying
        or any(names_tablet(rules, sentence) for sentence in read)
        or not any(strange_words(rules, sentence) for sentence in read)
    )


def _by_day(rules: DoseRules, text: str) -> list[Dose]:
    found: dict[str, DoseStatus] = {}
    waiting: list[str] = []
    last: DoseStatus | None = None
    for sentence in scope_rules().read(text):
        marks = _marks(rules, sentence)
        if not sentence.tokens or sentence.tokens[0] in _ASKS or not is_about_doses(rules, sentence):
            continue
        for clause in _clauses(sentence, marks):
            told = _of_clause(rules, sentence, clause)
            days = [day for day, _ in told]
            status = next((one for _, one in told if one is not None), None)
            if days and status is None and last is None:
                waiting += days
                continue
            for day in waiting if status is not None else ():
                found[day] = status or DoseStatus.UNSURE
            waiting = [] if status is not None else waiting
            for day, own in told:
                found[day] = own or last or DoseStatus.UNSURE
            last = told[-1][1] or last if told else _alone(rules, clause) or last
    return [_dose(day, status) for day, status in found.items()]


def _marks(rules: DoseRules, sentence: SentenceScope) -> list[_Mark]:
    """Days and statuses from left to right, none of them within another."""
    silent, why = places(rules.books["ignore"], sentence), places(rules.books["reasons"], sentence)
    days = [_Mark(one.phrase.label, one.start, one.end, True) for one in days_named(rules, sentence)]
    taken = {at for one in days for at in range(one.start, one.end)}
    statuses: list[_Mark] = []
    matches = sorted(rules.books["by_day"].matches(sentence.tokens), key=lambda one: (one.start, -one.end))
    end = 0
    for match in matches:
        standing = sentence.standing(match)
        spoken = set(match.positions)
        if match.start < end or not silent.isdisjoint(spoken) or is_own_question(sentence, match):
            continue
        if not taken.isdisjoint(spoken) or standing in (Standing.ASKED, Standing.OTHER_PERSON):
            continue
        label = match.phrase.label
        if sentence.tokens[match.start] == "had" and not why.isdisjoint(spoken):
            continue  # "had a cold on saturday"
        if standing is Standing.NEGATED and sentence.tokens[match.start] not in _DENIES:
            label = {"missed": "taken", "taken": "missed"}.get(label, label)
        statuses.append(_Mark(label, match.start, match.end, False))
        end = match.end
    return sorted([*days, *statuses], key=lambda one: one.start)


def _clauses(sentence: SentenceScope, marks: list[_Mark]) -> Iterator[list[_Mark]]:
    """Parted at commas and "but", between the marks only."""
    clause: list[_Mark] = []
    for before, mark in pairwise([None, *marks]):
        between = sentence.tokens[before.end : mark.start] if before and mark else ()
        if clause and any(word in (",", "but") for word in between):
            yield clause
            clause = []
        if mark is not None:
            clause.append(mark)
    if clause:
        yield clause


def _of_clause(rules: DoseRules, sentence: SentenceScope, clause: list[_Mark]) -> list[tuple[str, DoseStatus | None]]:
    """Each day of a clause with its status; None where the clause names none."""
    groups: list[tuple[list[_Mark], list[_Mark]]] = []  # statuses, days
    status_first = not clause[0].is_day
    for before, mark in pairwise([None, *clause]):
        turns = mark is not None and (before is None or (before.is_day != mark.is_day and mark.is_day != status_first))
        if turns:
            groups.append(([], []))
        if mark is not None:
            groups[-1][mark.is_day].append(mark)
    return [
        (day, _gravest(rules, statuses) if statuses else None)
        for statuses, days in groups
        for day in _days(rules, sentence, days)
    ]


def _days(rules: DoseRules, sentence: SentenceScope, marks: list[_Mark]) -> list[str]:
    """The days of one status. Of two that nothing joins, the second is only when it was swallowed."""
    days: list[str] = []
    for before, mark in pairwise([None, *marks]):
        if mark is None:
            continue
        between = sentence.tokens[before.end : mark.start] if before else ()
        late = before is not None and not any(word in rules.words["joins"] or word == "," for word in between)
        if late and (mark.label == "0" or "on" in between):
            continue
        if before is not None and any(word in rules.words["ranges"] for word in between):
            days += _between(before.label, mark.label)
        days.append(mark.label)
    return days


def _between(first: str, last: str) -> list[str]:
    """The weekdays between two, for "monday to thursday"."""
    if first not in WEEKDAYS or last not in WEEKDAYS:
        return []
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return [WEEKDAYS[(start + step) % 7] for step in range(1, (end - start) % 7)]


def _gravest(rules: DoseRules, marks: list[_Mark]) -> DoseStatus:
    return DoseStatus(min((mark.label for mark in marks), key=rules.by_day.index))


def _alone(rules: DoseRules, clause: list[_Mark]) -> DoseStatus | None:
    """What a clause without a day says: "took them all, saturday and sunday"."""
    return _gravest(rules, clause) if clause and not any(mark.is_day for mark in clause) else None


def _dose(day: str, status: DoseStatus) -> Dose:
    if day.lstrip("-").isdigit():
        return Dose(status, day_offset=int(day), days=(day,))
    return Dose(status, weekday=day, days=(day,))
