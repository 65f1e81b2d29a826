"""What HARBOR says: short, safe on a lock screen, silent about treatment arms, and approved."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from study.errors import MissingField, UnknownWording
from study.protocol import Severity, Study
from study.protocol.checking import longest_emergency
from study.protocol.wording import fields_of
from study.protocol.wording_ids import (
    EMERGENCY_LIMIT,
    RED_FLAG_KINDS,
    REQUIRED_WORDINGS,
    Shown,
    wording_uses,
)
from study.protocol.wording_rules import hints_at_arm, shows_on_lock_screen

SEVERAL = ["emergency.several", "emergency.several_and_suicidal_thoughts"]
EMERGENCIES = [*(f"emergency.{kind}" for kind in RED_FLAG_KINDS), *SEVERAL, "emergency.unwell"]
PLACES = [("S1", "Europe/Madrid"), ("S2", "America/New_York"), ("S1", "Asia/Tokyo")]
# the site's own clock, open and closed
HOURS = [datetime(2026, 3, 4, 10, 30, tzinfo=UTC), datetime(2026, 3, 7, 3, 0, tzinfo=UTC)]


def filled(study: Study, wording: str, site_code: str, timezone: str, local: datetime, severity: Severity) -> str:
    site = study.sites[site_code]
    lines = study.lifelines(site_code, timezone)
    monitoring = study.monitoring
    opens = f"{monitoring.opens_next(local):%A %H:%M}"
    who = study.wordings.render(monitoring.who_reads(severity, local), opens=opens, team_phone=site.telephone)
    return study.wordings.render(
        wording,
        emergency_number=lines.emergency_number,
        crisis_line=lines.crisis_line,
        team_phone=site.telephone,
        code_break_number=site.code_break_number,
        who_reads=who,
    )


@pytest.mark.parametrize("wording", EMERGENCIES)
def test_an_emergency_wording_filled_in_has_at_most_300_characters(harbor: Study, wording: str) -> None:
    for (site, zone), local, severity in product(PLACES, HOURS, (Severity.EMERGENCY, Severity.URGENT)):
        text = filled(harbor, wording, site, zone, local, severity)
        assert len(text) <= EMERGENCY_LIMIT, f"{site} {zone} {local}: {len(text)}"
    assert longest_emergency(harbor, wording) <= EMERGENCY_LIMIT


@pytest.mark.parametrize("wording", EMERGENCIES)
def test_an_emergency_wording_begins_with_whom_to_call_and_ends_with_who_reads(harbor: Study, wording: str) -> None:
    text = harbor.wordings.get(wording)
    assert text.first_line.lower().startswith(("call", "please call", "if help may still be possible, call"))
    assert {"{emergency_number}", "{crisis_line}", "{team_phone}"} & {
        f"{{{name}}}" for name in fields_of(text.first_line)
    }
    assert "emergency_number" in text.fields
    assert "who_reads" in text.fields


@pytest.mark.parametrize("wording", EMERGENCIES)
def test_the_first_line_of_an_emergency_wording_does_not_tell_why(harbor: Study, wording: str) -> None:
    line = harbor.wordings.get(wording).first_line
    assert shows_on_lock_screen(line, drug_name="BX-117", private_words=harbor.private_words) is None


def test_somebody_unknown_is_told_to_call_and_that_nobody_looks_after_this_chat(harbor: Study) -> None:
    lines = harbor.lifelines(None, None)
    text = harbor.wordings.render(
        "emergency.unknown_person",
        emergency_number=lines.emergency_number,
        crisis_line=lines.crisis_line,
    )
    assert len(text) <= EMERGENCY_LIMIT
    assert "112 or 911" in text


def test_thoughts_of_suicide_are_answered_with_the_crisis_line_first(harbor: Study) -> None:
    local = HOURS[1]
    madrid = filled(harbor, "emergency.suicidal_thoughts", "S1", "Europe/Madrid", local, Severity.EMERGENCY)
    boston = filled(harbor, "emergency.suicidal_thoughts", "S2", "America/New_York", local, Severity.EMERGENCY)
    assert madrid.startswith("Please call 024 now")
    assert boston.startswith("Please call 988 now")
    assert "911" in boston


@pytest.mark.parametrize(
    ("site", "timezone", "number"),
    [
        ("S1", "Europe/Madrid", "112"),
        ("S1", "America/New_York", "911"),  # the participant is in the other site's country
        ("S2", "America/Chicago", "911"),
        ("S1", "Europe/London", "999"),  # a country without a site
        ("S1", "UTC", "112"),  # tells no country: the site's
        ("S2", "Asia/Tokyo", "your local emergency number (112 or 911)"),
    ],
)
def test_the_emergency_number_is_that_of_the_country_the_participant_is_in(
    harbor: Study, site: str, timezone: str, number: str
) -> None:
    assert harbor.lifelines(site, timezone).emergency_number == number


def test_what_a_locked_phone_shows_names_no_disease_drug_or_symptom(harbor: Study) -> None:
    looked_at = 0
    for wording_id, use in wording_uses(harbor).items():
        text = harbor.wordings.get(wording_id)
        if use.shown in (Shown.PUSH, Shown.STAFF):
            visible = text.text if use.shown is Shown.STAFF else text.first_line
            found = shows_on_lock_screen(visible, drug_name="BX-117", private_words=harbor.private_words)
            assert found is None, f"{wording_id} shows {found}"
            looked_at += 1
    assert looked_at > 20


@pytest.mark.parametrize(
    "line",
    [
        "Your BX-117 is due",
        "Time for your bx-117.",
        "How is your Arthritis?",
        "P-001 reported nausea",
        "New Joint pain report",
        "They wrote: vomiting",
        "SUICIDAL thoughts",
    ],
)
def test_the_lock_screen_rule_finds(harbor: Study, line: str) -> None:
    assert shows_on_lock_screen(line, drug_name="BX-117", private_words=harbor.private_words)


@pytest.mark.parametrize("line", ["A reminder from your study.", "EMERGENCY C-17", "Tap Show their words, then call"])
def test_the_lock_screen_rule_lets_pass(harbor: Study, line: str) -> None:
    assert shows_on_lock_screen(line, drug_name="BX-117", private_words=harbor.private_words) is None


@pytest.mark.parametrize(
    "text",
    [
        "Good news. You are on placebo.",
        "You're getting BX-117, so keep going.",
        "Your tablets are the active medicine.",
        "That you feel sick shows that you have the real drug.",
        "You are in the treatment group.",
    ],
)
def test_the_arm_rule_finds(text: str) -> None:
    assert hints_at_arm(text, drug_name="BX-117")


@pytest.mark.parametrize(
    "text",
    [
        "Nobody knows whether you are getting BX-117 or placebo.",
        "You may be on placebo.",
        "Half of the people in the study get a placebo.",
        "BX-117 is the medicine this study looks at. Please take your tablet every day.",
    ],
)
def test_the_arm_rule_lets_pass(text: str) -> None:
    assert hints_at_arm(text, drug_name="BX-117") is None


def test_no_text_of_harbor_hints_at_an_arm(harbor: Study) -> None:
    for wording in harbor.wordings.wordings.values():
        assert hints_at_arm(wording.text, drug_name=harbor.drug_name) is None, wording.id


def test_every_required_wording_is_there_and_approved(harbor: Study) -> None:
    for wording_id in REQUIRED_WORDINGS:
        assert harbor.wordings.get(wording_id).approved, wording_id


def test_a_staff_alert_says_what_to_do_at_three_in_the_morning(harbor: Study) -> None:
    text = harbor.wordings.render(
        "staff.alert.emergency",
        reference="C-17",
        kind=harbor.wordings.render("kind.red_flag"),
        code="P-001",
        site="S1",
        received="Mon 02 Mar, 03:12",
        emergency_number="112",
    )
    for needed in ("C-17", "P-001", "03:12", "Acknowledge", "Show their words", "Show number", "Call them", "112"):
        assert needed in text


def test_what_a_patient_wrote_is_never_read_as_a_template(harbor: Study) -> None:
    text = harbor.wordings.render("staff.words", reference="C-1", code="P-001", words="{code} {0.__class__} {")
    assert "{code} {0.__class__} {" in text


def test_a_missing_field_is_named_and_nothing_is_said(harbor: Study) -> None:
    with pytest.raises(MissingField, match=r"^staff\.words: the field \{words\} was not given$"):
        harbor.wordings.render("staff.words", reference="C-1", code="P-001", words=None)
    with pytest.raises(UnknownWording, match="no wording has this id"):
        harbor.wordings.render("staff.word")


@pytest.mark.parametrize("text", ["{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9}", "{}", "{A}", "{", "}"])
def test_only_plain_fields_are_allowed(text: str) -> None:
    with pytest.raises(ValueError):
        fields_of(text)
