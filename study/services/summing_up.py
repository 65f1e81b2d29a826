"""What was answered, shown at the end; and the change of an answer until the check-in closes."""

from __future__ import annotations

from typing import Any

from study.checkins import Occurrence, OccurrenceState, audit_name
from study.participants import Participant
from study.protocol import Item
from study.replies import Say, ask, button, say
from study.services.answering import newest_answers, value_of
from study.services.occurrences import theirs
from study.work import Work

KEPT = "\N{CHECK MARK}"


def summary(work: Work, occurrence: Occurrence) -> Say:
    """Every answer that was given in its own line, and a button to change one."""
    newest = newest_answers(work, occurrence)
    lines = []
    for item in _answered(work, occurrence):
        value = value_of(work, newest[item.id])
        choice = item.choice(value) if value is not None else None
        given = work.study.wordings.render(choice.label) if choice is not None else KEPT
        lines.append(f"• {work.study.wordings.render(_name(item))}: {given}")
    change = [[button("button.change", "change", occurrence=occurrence.id)]]
    return say("checkin.summary", answers="\n".join(lines), buttons=change)


def change(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """Which answer is to be changed: a button each."""
    occurrence = _changeable(work, participant, tap)
    if occurrence is None:
        return [say("checkin.closed")]
    rows = [
        [button(_name(item), "change_item", occurrence=occurrence.id, item=item.id)]
        for item in _answered(work, occurrence)
    ]
    return [say("checkin.which_to_change", buttons=rows)]


def change_item(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    """Ask an item again. The answer that stands counts until the new one is given."""
    occurrence = _changeable(work, participant, tap)
    item = work.study.items.get(str(tap["item"]))
    if occurrence is None or item is None:
        return [say("checkin.closed")]
    occurrence.state, occurrence.item, occurrence.started_at = OccurrenceState.STARTED, item.id, work.now
    occurrence.next_at = occurrence.closes_at
    work.record(participant.code, "answer_reopened", audit_name(participant, occurrence), item=item.id)
    return [ask(item, occurrence.id)]


def _changeable(work: Work, participant: Participant, tap: dict[str, Any]) -> Occurrence | None:
    """Until the check-in would have closed: later the answer is about another week than the question."""
    occurrence = theirs(work, participant, int(tap["occurrence"]))
    given = occurrence is not None and occurrence.completed_at is not None
    return occurrence if occurrence is not None and given and work.now < occurrence.closes_at else None


def _answered(work: Work, occurrence: Occurrence) -> list[Item]:
    newest = newest_answers(work, occurrence)
    items = (work.study.items[item] for item in work.study.items_of(occurrence.checkin))
    return [item for item in items if item.id in newest and not newest[item.id].branched_off]


def _name(item: Item) -> str:
    return item.short or item.wording
