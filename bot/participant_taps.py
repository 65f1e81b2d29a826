"""Buttons that are answered without Rasa, by what they do. Every other one is the check-in's and goes to Rasa."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from study.participants import Participant
from study.replies import Say, say
from study.services.asking_meaning import meant
from study.services.checking_in import not_now
from study.services.choosing import choose
from study.services.confirming_doses import dose_day, dose_wrong, doses_right, doses_wrong
from study.services.gentle_check import HAPPENING, ONLY_ASKING, happening_now, only_asking
from study.services.joining import tapped
from study.services.passing_on import ask_team
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
    "joining": ("consent", tapped),
    "ask_team": ("staff", ask_team),
    "meant": ("staff", meant),
    "not_now": ("checkin", not_now),
    "change": ("checkin", change),
    "change_item": ("checkin", change_item),
    "choose": ("withdraw", choose),
    "doses_right": ("dose", doses_right),
    "doses_wrong": ("dose", doses_wrong),
    "dose_wrong": ("dose", dose_wrong),
    "dose_day": ("dose", dose_day),
    "unread": ("staff", told_how_urgent),
    UNWELL: ("emergency", unwell_now),
    HAPPENING: ("emergency", happening_now),
    ONLY_ASKING: ("answer", only_asking),
}
