"""What may mean two things is asked, two things in one message are both noted, and what the model is not sure of the
rules may still know."""

from __future__ import annotations

from typing import Any

import pytest

from study.checkins import DoseReport
from study.concerns import ConcernKind
from study.participants import Participant
from study.services.also_told import also_told
from study.services.asking_meaning import ask_what_is_meant, meant
from study.services.dosing import report_dose
from study.services.hinted_flags import answer_hinted_flags
from study.services.telling_of_tablets import tell_of_tablets
from study.services.unsure import take_unsure
from study.triage.symptoms import Heard
from study.triage.told import what_is_told
from study.wishes import Wish
from study.work import Work
from tests.factories import later
from tests.study.services.conftest import Site


def says(site: Site, use_case: Any, words: str, *more: Any, minutes: int = 0) -> list[str]:
    """The wordings a use case answers this message with."""
    inbox = site.says(words, later(minutes=minutes), message_id=900 + minutes)

    def act(work: Work, ana: Participant) -> list[str]:
        return [one["wording"] for one in use_case(work, ana, *more)["says"]]

    return site.as_participant(act, later(minutes=minutes), cause=inbox)


def about(site: Site) -> list[tuple[str, str, list[str]]]:
    return [(one.kind, one.severity, one.details.get("about", [])) for one in site.concerns()]


def test_staff_see_that_somebody_cannot_go_on_before_anything_is_tapped(site: Site) -> None:
    assert says(site, ask_what_is_meant, "I can't do this any more") == ["meaning.ask"]
    assert about(site) == [(ConcernKind.QUESTION, "routine", ["cannot_go_on"])]


@pytest.mark.parametrize(
    ("tapped", "answer", "severity"),
    [
        ("the_study", "wish.leave_recorded", "routine"),
        ("how_i_feel", "meaning.how_i_feel", "urgent"),
        ("something_else", "meaning.something_else", "routine"),
    ],
)
def test_one_tap_says_what_is_meant(site: Site, tapped: str, answer: str, severity: str) -> None:
    says(site, ask_what_is_meant, "i cant do this any more")
    told = site.as_participant(lambda work, ana: meant(work, ana, {"meant": tapped}), later(minutes=1))
    assert [one["wording"] for one in told] == [answer]
    assert site.concerns()[0].severity == severity
    assert len(site.rows(Wish)) == (1 if tapped == "the_study" else 0)


@pytest.mark.parametrize(
    ("intent", "wording", "said", "severity"),
    [
        ("supply_low", "dose.ran_out", "dose_ran_out", "routine"),
        ("doctor_stopped", "dose.doctor_stopped", "dose_doctor_stopped", "urgent"),
    ],
)
def test_told_of_the_tablets_each_reaches_staff_as_what_it_is(
    site: Site, intent: str, wording: str, said: str, severity: str
) -> None:
    assert says(site, tell_of_tablets, "words", intent) == [wording]
    assert about(site) == [(ConcernKind.DOSE, severity, [said])]
    assert site.rows(DoseReport) == [], "it says of no day that its tablet was missed"


def test_what_was_told_along_with_a_question_is_noted(site: Site) -> None:
    words = "forgot my pill today and I feel sick, can I take two now?"
    told = says(site, also_told, words, words)
    assert told[-2:] == ["symptom.passed_on", "symptom.may_ask"]
    assert any(one.startswith("dose.") for one in told)
    assert {one.status for one in site.rows(DoseReport)} == {"missed"}
    assert [one.kind for one in site.concerns()] == [ConcernKind.SYMPTOM]


@pytest.mark.parametrize(
    ("heard", "terms"), [([], []), ([Heard("fatigue", "I feel awful")], ["fatigue"]), (None, None)]
)
def test_how_somebody_feels_without_a_name_the_rules_know_is_noted_where_the_model_heard_it(
    site: Site, heard: list[Heard] | None, terms: list[str] | None
) -> None:
    words = "I feel awful, can I take two now?"
    told = says(site, also_told, words, words, heard)
    assert told[:1] == ([] if terms is None else ["symptom.passed_on"])
    assert [one.details["term"] for one in site.concerns()] == ([] if terms is None else [terms])


def test_beside_a_dose_it_is_noted_too(site: Site) -> None:
    words = "I forgot my tablet today, I feel awful"
    assert says(site, report_dose, words, words, "missed", [])[-1] == "symptom.passed_on"
    assert [one.kind for one in site.concerns()] == [ConcernKind.SYMPTOM]


@pytest.mark.parametrize("words", ["what if I miss a dose?", "is nausea a side effect?", "can my wife come along?"])
def test_a_question_alone_tells_nothing(site: Site, words: str) -> None:
    assert says(site, also_told, words, words) == []
    assert site.concerns() == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("terrible headache since noon", "symptom"),
        ("took my tablet", "dose"),
        ("forgot my pill and feel dizzy", "symptom"),
        ("what about a headache?", None),
        ("no headache today", None),
        ("the thing with the thing", None),
    ],
)
def test_the_rules_know_a_symptom_and_a_dose_of_which_the_model_is_not_sure(words: str, told: str | None) -> None:
    assert what_is_told(words) == told


def test_what_nobody_understands_goes_to_people(site: Site) -> None:
    assert says(site, take_unsure, "x", "the thing with the thing") == ["question.passed_on"]
    assert says(site, take_unsure, "y", "my ankles are swollen", minutes=1) == ["symptom.passed_on"]
    assert [one.kind for one in site.concerns()] == [ConcernKind.QUESTION, ConcernKind.SYMPTOM]


def test_what_is_told_beside_a_question_is_noted_and_the_question_goes_to_people(site: Site) -> None:
    said = says(site, take_unsure, "x", "I forgot my tablet last night. Can I drive to the visit?")
    assert said[0].startswith("dose.")
    assert said[-1] == "question.passed_on"
    said = says(site, take_unsure, "y", "My ankles are swollen. Could the bus be the reason?", minutes=1)
    assert said == ["symptom.passed_on", "question.passed_on"]
    assert ConcernKind.QUESTION in [one.kind for one in site.concerns()]


def test_a_dose_only_the_model_heard_is_shown_back_and_people_read_the_words(site: Site) -> None:
    said = says(site, take_unsure, "x", "the wee one went in with my porridge", "taken")
    assert said == ["question.passed_on", "dose.read_back"]
    assert says(site, take_unsure, "y", "did the wee one go in?", "taken", minutes=1) == ["question.passed_on"]
    assert [one.kind for one in site.concerns()] == [ConcernKind.QUESTION]


def test_below_an_answer_the_rest_is_passed_on_without_i_am_not_sure(site: Site) -> None:
    assert says(site, take_unsure, "x", "my aunt is poorly, can I skip the visit?", "none", True) == [
        "question.rest_passed_on"
    ]
    assert [one.kind for one in site.concerns()] == [ConcernKind.QUESTION]


def test_another_language_is_said_kindly_and_passed_on(site: Site) -> None:
    assert says(site, take_unsure, "x", "quando è la mia prossima visita") == ["question.other_language"]
    assert [one.kind for one in site.concerns()] == [ConcernKind.QUESTION]


def test_not_yet_is_no_dose_and_goes_to_nobody(site: Site) -> None:
    assert says(site, report_dose, "I'll take it later", "I'll take it later", "missed") == ["dose.not_yet"]
    assert site.concerns() == []
    assert site.rows(DoseReport) == []


def test_a_red_flag_the_model_heard_is_answered_and_paged_once(site: Site) -> None:
    words = "something awful in there, left side, cold sweat"
    assert says(site, answer_hinted_flags, words, words, ["chest_pain"]) == []
    (concern,) = site.concerns()
    assert (concern.flags, concern.severity) == (["chest_pain"], "emergency")
    assert site.letters(lane="alert", to="participants") == ["emergency.chest_pain"]
    assert site.letters(lane="alert", to="staff") == ["staff.alert.emergency"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("is chest pain a side effect?", ConcernKind.QUESTION),
        ("no chest pain today", ConcernKind.SYMPTOM),
        ("my boss had chest pain", ConcernKind.SYMPTOM),
    ],
)
def test_the_model_does_not_bring_back_what_the_rules_have_set_aside(site: Site, words: str, kind: str) -> None:
    assert says(site, answer_hinted_flags, words, words, ["chest_pain"]) == [f"{kind}.passed_on"]
    assert [one.kind for one in site.concerns()] == [kind]


def test_a_kind_nobody_knows_raises_nothing(site: Site) -> None:
    assert says(site, answer_hinted_flags, "hello", "hello", ["teleportation"]) == ["symptom.passed_on"]
