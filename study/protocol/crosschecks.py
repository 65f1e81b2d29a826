"""What one block of a study file says about another: roles, items, windows, hours, and the texts they name.

Pure rules: they take what was read and yield (place, mend).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from study.protocol.blocks import Severity
from study.protocol.durations import write_duration, write_hour
from study.protocol.marked_yaml import Place
from study.protocol.mends import nearest
from study.protocol.models import StudyFile
from study.protocol.questions import Attribute, CheckIn, CheckInKind, Item
from study.protocol.watch import Hours, Ladder
from study.protocol.wording import Wordings
from study.protocol.wording_ids import wording_uses

Problem = tuple[Place, str]

PRO_CTCAE_RECALL = "the past 7 days"
"""The recall period of every PRO-CTCAE item; a shorter one is another question (PRO-CTCAE, item library)."""


def study_problems(study: StudyFile) -> Iterator[Problem]:
    yield from _own_keys(study)
    yield from _visits(study)
    for item in study.items.values():
        yield from _item(study, item)
    for checkin in study.checkins.values():
        yield from _checkin(study, checkin)
    yield from _thresholds(study)
    yield from _ladders(study)
    yield from _farewell(study)
    if study.quiet_hours.starts == study.quiet_hours.ends:
        yield ("quiet_hours", "to"), "must not be the same hour as from"
    if study.monitoring.ends <= study.monitoring.starts:
        yield ("monitoring", "to"), f"must be later than from ({write_hour(study.monitoring.starts)})"


def _own_keys(study: StudyFile) -> Iterator[Problem]:
    named = [("sites", key, "code", site.code) for key, site in study.sites.items()]
    named += [("checkins", key, "code", checkin.code) for key, checkin in study.checkins.items()]
    named += [("items", key, "id", item.id) for key, item in study.items.items()]
    for block, key, field, value in named:
        if value != key:
            yield (block, key, field), f"must be {key}, the key it stands under: leave it out"


def _visits(study: StudyFile) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for n, visit in enumerate(study.visits):
        if visit.code in seen:
            yield ("visits", n, "code"), f"{visit.code} is also the code of visits[{seen[visit.code]}]"
        seen.setdefault(visit.code, n)
        if visit.window.before >= visit.day:
            yield (
                ("visits", n, "window", "before"),
                f"must be {visit.day - 1} or less: it reaches back before Day 1",
            )
        if n == 0:
            continue
        previous = study.visits[n - 1]
        if visit.day <= previous.day:
            yield (
                ("visits", n, "day"),
                f"must be later than day {previous.day}, that of {previous.code} before it",
            )
        elif visit.day - visit.window.before <= previous.day + previous.window.after:
            yield (
                ("visits", n, "window"),
                f"overlaps that of {previous.code}, which ends on day {previous.day + previous.window.after}",
            )


def _farewell(study: StudyFile) -> Iterator[Problem]:
    last = study.visits[-1]
    over = last.day + last.window.after
    if study.farewell_day is not None and study.farewell_day <= over:
        yield ("farewell_day",), f"must be {over + 1} or more: the window of {last.code} ends on day {over}"


def _item(study: StudyFile, item: Item) -> Iterator[Problem]:
    here: Place = ("items", item.id)
    if item.scale is not None and item.scale not in study.scales:
        yield (*here, "scale"), f"there is no scale {item.scale}{nearest(item.scale, study.scales)}"
    elif item.scale is not None and study.scales[item.scale] != item.choices:
        yield (*here, "choices"), "must be left out where a scale is named"
    elif item.attribute is Attribute.WORDS and len(item.choices) != 1:
        yield (*here, "choices"), "must be one, the button that says there is nothing to add"
    elif item.attribute is not Attribute.WORDS and len(item.choices) < 2:
        yield here, "needs at least two choices, or a scale"
    yield from _doubled_values(item, here)
    if item.ask_if is not None:
        asked = study.items.get(item.ask_if.item)
        if asked is None:
            yield (*here, "ask_if", "item"), _no_item(study, item.ask_if.item)
        elif item.ask_if.equals is not None and item.ask_if.equals not in asked.values:
            yield (*here, "ask_if", "equals"), _no_choice(asked, item.ask_if.equals)
        elif item.ask_if.above is not None and not any(item.ask_if.holds(value) for value in asked.values):
            yield (*here, "ask_if", "above"), f"no answer of {asked.id} is above {item.ask_if.above}"
    if item.pro_ctcae:
        yield from _pro_ctcae(item, here)


def _doubled_values(item: Item, here: Place) -> Iterator[Problem]:
    doubled = {value for value in item.values if item.values.count(value) > 1}
    for value in sorted(doubled, key=str):
        yield (*here, "choices"), f"the value {value} is there more than once"


def _pro_ctcae(item: Item, here: Place) -> Iterator[Problem]:
    if item.attribute in (Attribute.TAKEN, Attribute.REASON, Attribute.WORDS):
        yield (*here, "pro_ctcae"), f"must be false: PRO-CTCAE has no attribute {item.attribute}"
        return
    scores = (0, 1) if item.attribute is Attribute.PRESENCE else (0, 1, 2, 3, 4)
    if item.choices and item.values != scores:
        wanted = ", ".join(map(str, scores))
        yield (
            (*here, "scale" if item.scale else "choices"),
            f"a PRO-CTCAE item of {item.attribute} needs the values {wanted}",
        )
    if item.recall != PRO_CTCAE_RECALL:
        yield (*here, "recall"), f"must be {PRO_CTCAE_RECALL}, as for every PRO-CTCAE item"


def _checkin(study: StudyFile, checkin: CheckIn) -> Iterator[Problem]:
    here: Place = ("checkins", checkin.code)
    for n, item_id in enumerate(checkin.items):
        item = study.items.get(item_id)
        if item is None:
            yield (*here, "items", n), _no_item(study, item_id)
        elif item_id in checkin.items[:n]:
            yield (*here, "items", n), f"{item_id} is asked twice"
        elif item.ask_if is not None and item.ask_if.item not in checkin.items[:n]:
            yield (*here, "items", n), f"must come after {item.ask_if.item}, on whose answer it depends"
        elif item.pro_ctcae and checkin.every_days < 7:
            yield (
                (*here, "items", n),
                f"{item_id} recalls {item.recall}: a PRO-CTCAE item is asked every 7 days or less often",
            )
    rounds = len(checkin.open_days(study.days))
    if checkin.missed_in_a_row is not None and checkin.missed_in_a_row > rounds > 0:
        yield (*here, "missed_in_a_row"), f"must be {rounds} or less: it comes round no more often"
    if checkin.first_day > study.days:
        yield (*here, "first_day"), f"must be {study.days} or less, the last day of the study"
    yield from _dose_items(study, checkin, here)
    yield from _times(study.quiet_hours, checkin, here)


def _dose_items(study: StudyFile, checkin: CheckIn, here: Place) -> Iterator[Problem]:
    if checkin.kind is not CheckInKind.DOSE:
        return
    first = study.items.get(checkin.items[0])
    if first is not None and (
        first.attribute is not Attribute.TAKEN or set(first.values) != {"taken", "not_yet", "missed"}
    ):
        yield (
            (*here, "items", 0),
            "must be an item of attribute taken with the choices taken, not_yet and missed",
        )


def _times(quiet: Hours, checkin: CheckIn, here: Place) -> Iterator[Problem]:
    if not checkin.nudge_after:
        yield (*here, "nudge_after"), "must be longer than 0m"
    if checkin.closes_after <= checkin.nudge_after:
        yield (
            (*here, "closes_after"),
            f"must be longer than nudge_after ({write_duration(checkin.nudge_after)})",
        )
    if checkin.closes_after > timedelta(days=checkin.every_days):
        yield (*here, "closes_after"), f"must be {checkin.every_days}d or less: the next one opens then"
    if not timedelta(0) < checkin.stale_after <= checkin.closes_after:
        yield (*here, "stale_after"), "must be longer than 0m and no longer than closes_after"
    if checkin.hour is None:
        return
    if quiet.cover(checkin.hour):
        yield (*here, "hour"), f"is within the quiet hours ({_span(quiet)})"
        return
    nudge = (datetime.combine(date(2001, 1, 1), checkin.hour) + checkin.nudge_after).time()
    if quiet.cover(nudge):
        yield (
            (*here, "nudge_after"),
            f"the reminder would come at {write_hour(nudge)}, within the quiet hours ({_span(quiet)})",
        )


def _span(hours: Hours) -> str:
    return f"{write_hour(hours.starts)} to {write_hour(hours.ends)}"


def _thresholds(study: StudyFile) -> Iterator[Problem]:
    codes: dict[str, int] = {}
    for n, threshold in enumerate(study.thresholds):
        here: Place = ("thresholds", n)
        if threshold.code in codes:
            yield (*here, "code"), f"{threshold.code} is also the code of thresholds[{codes[threshold.code]}]"
        codes.setdefault(threshold.code, n)
        item = study.items.get(threshold.item)
        if item is None:
            yield (*here, "item"), _no_item(study, threshold.item)
        elif threshold.equals is not None and threshold.equals not in item.values:
            yield (*here, "equals"), _no_choice(item, threshold.equals)
        elif threshold.at_least is not None and threshold.at_least not in item.values:
            yield (*here, "at_least"), _no_choice(item, threshold.at_least)
        elif threshold.rises_by is not None:
            yield from _change(item, threshold.rises_by, here)


def _change(item: Item, points: int, here: Place) -> Iterator[Problem]:
    scores = [value for value in item.values if isinstance(value, int)]
    if not scores:
        yield (*here, "rises_by"), f"needs scores, and {item.id} has none"
    elif points > max(scores) - min(scores):
        yield (*here, "rises_by"), f"must be {max(scores) - min(scores)} or less: {item.id} has no greater change"


def _ladders(study: StudyFile) -> Iterator[Problem]:
    for severity in Severity:
        if severity not in study.ladders:
            yield ("ladders",), f"has no ladder for {severity}: every severity needs one"
    for severity, ladder in study.ladders.items():
        yield from _ladder(study, ladder, ("ladders", severity.value))
    emergency = study.ladders.get(Severity.EMERGENCY)
    if emergency is not None and emergency.pages != "any_hour":
        yield (
            ("ladders", "emergency", "pages"),
            "must be any_hour: an emergency does not wait for the morning",
        )


def _ladder(study: StudyFile, ladder: Ladder, here: Place) -> Iterator[Problem]:
    for n, step in enumerate(ladder.steps):
        for m, role in enumerate(step.roles):
            if role not in study.roles:
                known = ", ".join(study.roles)
                yield (
                    (*here, "steps", n, "roles", m),
                    f"there is no role {role}{nearest(role, study.roles)}; roles are: {known}",
                )
        if n == 0 and step.after:
            yield (*here, "steps", n, "after"), "must be 0m: the first one is told at once"
        if n > 0 and step.after <= ladder.steps[n - 1].after:
            before = write_duration(ladder.steps[n - 1].after)
            yield (*here, "steps", n, "after"), f"must be longer than {before}, that of the step before it"
    if ladder.repeat.every < timedelta(minutes=1):
        yield (*here, "repeat", "every"), "must be 1m or more"


def _no_item(study: StudyFile, item_id: str) -> str:
    return f"there is no item {item_id}{nearest(item_id, study.items)}"


def _no_choice(item: Item, value: object) -> str:
    known = ", ".join(map(str, item.values))
    return f"{value} is no answer of {item.id}; its answers are: {known}"


def wording_problems(study: StudyFile, wordings: Wordings) -> Iterator[tuple[bool, Place, str]]:
    """Texts that are missing, or use a field nobody fills in: (whether it is in study.yml, place, mend)."""
    for place, wording_id in named_wordings(study):
        if wording_id not in wordings:
            yield True, place, f"there is no wording {wording_id}{nearest(wording_id, wordings.wordings)}"
    named = {wording_id for _, wording_id in named_wordings(study)}
    for wording_id, use in wording_uses(study).items():
        if wording_id not in wordings and wording_id not in named:
            yield False, ("wordings",), f"has no wording {wording_id}, which {use.meaning}"
    yield from _fields(study, wordings)
    for key, wording in wordings.wordings.items():
        if wording.id != key:
            yield False, ("wordings", key, "id"), f"must be {key}, the key it stands under: leave it out"


def _fields(study: StudyFile, wordings: Wordings) -> Iterator[tuple[bool, Place, str]]:
    for wording_id, use in wording_uses(study).items():
        if wording_id not in wordings:
            continue
        for name in sorted(wordings.get(wording_id).fields - use.params):
            known = ", ".join(f"{{{param}}}" for param in sorted(use.params)) or "none"
            yield (
                False,
                ("wordings", wording_id, "text"),
                f"may not use the field {{{name}}}{nearest(name, use.params)}; it may use: {known}",
            )


def named_wordings(study: StudyFile) -> Iterable[tuple[Place, str]]:
    """Every place in study.yml that names a text."""
    for role, title in study.roles.items():
        yield ("roles", role), title
    for part in ("in_hours", "out_of_hours"):
        reads = getattr(study.monitoring, part)
        for severity in Severity:
            yield ("monitoring", part, severity.value), reads.for_severity(severity)
    for n, message in enumerate(study.staff_messages):
        yield ("staff_messages", n, "text"), message.text
        yield ("staff_messages", n, "label"), message.label
    for scale, choices in study.scales.items():
        for n, choice in enumerate(choices):
            yield ("scales", scale, n, "label"), choice.label
    for item in study.items.values():
        yield ("items", item.id, "wording"), item.wording
        if item.short is not None:
            yield ("items", item.id, "short"), item.short
        for n, choice in enumerate(item.choices if item.scale is None else ()):
            yield ("items", item.id, "choices", n, "label"), choice.label
    for checkin in study.checkins.values():
        yield ("checkins", checkin.code, "opens_wording"), checkin.opens_wording
        yield ("checkins", checkin.code, "nudge_wording"), checkin.nudge_wording
