"""Buttons that are answered without Rasa, by what they do. Every other one is the check-in's and goes to Rasa."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from study.participants import Participant
from study.replies import Say, say
from study.services.checking_in import not_now
from study.services.choosing import choose
from study.services.summing_up import change, change_item
from study.services.unreadable import UNWELL, told_how_urgent, unwell_now
from study.work import Work

Tapped = Callable[[Work, Participant, dict[str, Any]], list[Say]]


def _agreed_already(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    return [say("consent.done")]


def _done_already(work: Work, participant: Participant, tap: dict[str, Any]) -> list[Say]:
    return [say("answer.already_recorded")]


TAPS: dict[str, tuple[str, Tapped]] = {  # what the button does: the route, and the use case
    "agree": ("consent", _agreed_already),
    "decline": ("consent", _agreed_already),
    "done": ("checkin", _done_already),
    "not_now": ("checkin", not_now),
    "change": ("checkin", change),
    "change_item": ("checkin", change_item),
    "choose": ("withdraw", choose),
    "unread": ("staff", told_how_urgent),
    UNWELL: ("emergency", unwell_now),
}
