"""`study check` over the texts: approval, length, lock screen, arms, and the coordinators' FAQ files."""

from __future__ import annotations

import pytest

from study.protocol.findings import Weight
from tests.study.protocol.conftest import Copy

WORDING = "wording.en.yml"
TOPICS = "topics.yml"


def lines(copy: Copy) -> list[str]:
    return [f"{finding.severity}: {finding}" for finding in copy.findings()]


def test_harbor_has_nothing_to_find(copy: Copy) -> None:
    assert lines(copy) == []


def test_an_unapproved_wording_stops_all_but_a_rehearsal(copy: Copy) -> None:
    entry = '  button.later:\n    version: 1\n    approved_by: "A. Ferrer, ethics liaison"\n'
    copy.change(WORDING, entry, entry.replace('"A. Ferrer, ethics liaison"', '""'))
    (finding,) = copy.findings()
    assert finding.severity is Weight.UNAPPROVED
    line = copy.line(WORDING, "  button.later:")
    mend = "version 1 is not approved: needs approved_by and approved_on"
    assert str(finding) == f"harbor/wording.en.yml:{line}: wordings[button.later]: {mend}"
    assert finding.stops(rehearsal=False)
    assert not finding.stops(rehearsal=True)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("Hello from {neutral_name}.", "How is your nausea?", "would show 'nausea' on a locked phone"),
        ("Hello from {neutral_name}.", "Time for BX-117.", "would show 'BX-117' on a locked phone"),
        (
            '    text: "Start"',
            '    text: "You are on placebo."',
            "hints at a treatment arm: You are on placebo.",
        ),
        ("ROUTINE {reference}", "ROUTINE {reference}: fatigue", "would show 'fatigue' on a locked phone"),
    ],
)
def test_a_text_that_says_too_much_is_an_error(copy: Copy, before: str, after: str, found: str) -> None:
    copy.change(WORDING, before, after)
    (finding,) = copy.findings()
    assert finding.severity is Weight.ERROR
    assert finding.mend == found


def test_an_emergency_wording_that_is_too_long_is_an_error(copy: Copy) -> None:
    copy.change(WORDING, "Sit upright, loosen tight clothes", "Sit upright, " + "loosen tight clothes, " * 6)
    (finding,) = copy.findings()
    assert finding.severity is Weight.ERROR
    assert finding.place == "wordings[emergency.breathing].text"
    assert "in an emergency at most 300" in finding.mend


def test_a_button_too_long_for_a_phone_and_a_text_nobody_uses_are_warnings(copy: Copy) -> None:
    copy.change(WORDING, '    text: "Start"', '    text: "Start with the questions of this week"')
    copy.change(WORDING, "  button.start:", "  button.begun:\n    version: 1\n    text: old\n  button.start:")
    found = [(finding.severity, finding.place) for finding in copy.findings()]
    assert (Weight.WARNING, "wordings[button.start].text") in found
    assert (Weight.WARNING, "wordings[button.begun]") in found


def test_a_private_word_in_the_neutral_name_is_an_error(copy: Copy) -> None:
    copy.change("study.yml", "neutral_name: your study ", "neutral_name: your arthritis study ")
    (finding,) = copy.findings()
    assert finding.place == "neutral_name"


def test_mistakes_of_the_study_and_of_the_faq_are_told_together(copy: Copy) -> None:
    copy.change("study.yml", "country: ES", "country: Spain")
    copy.change(TOPICS, 'version: "3.1"', "version: 3.1")
    assert [str(finding).split(": ")[1] for finding in copy.findings()] == ["sites.S1.country", "version"]


@pytest.mark.parametrize(
    ("before", "after", "marker", "told"),
    [
        ('version: "3.1"', "version: 3.1", "version: 3.1", 'version: must be "3.1", in quotes'),
        (
            "- intent: faq/alcohol\n",
            "- intent: alcohol\n",
            "intent: alcohol",
            "nlu[13].intent: must be faq/ and a topic in small letters, such as faq/withdrawal",
        ),
        (
            "    - first about alcohol\n",
            "    first about alcohol\n",
            "- intent: faq/alcohol",
            'nlu[13].examples: must have one example a line, each after "- "',
        ),
        (
            "    - first about alcohol\n",
            "    - First about:  CONTACT?\n",
            "second about alcohol",
            "nlu[14].examples: 'first about contact' is also an example of faq/alcohol",
        ),
        (
            "{id: faq.alcohol, version: 1",
            "{id: faq.alcohol, version: one",
            "id: faq.alcohol",
            "must be a whole number",
        ),
        ("{id: faq.alcohol, ", "{", "metadata: {version", "metadata.id: is missing: the id of the text"),
        (
            "{id: faq.alcohol, ",
            "{id: faq.contact, ",
            "",
            "metadata.id: faq.contact is also the id in faq/topics.yml:",
        ),
        (
            "  utter_faq/alcohol:\n",
            "  utter_faq/alcool:\n",
            "",
            "has no answer: add utter_faq/alcohol under responses",
        ),
        ("nlu:\n", "nlu: [\n", "", "is not proper YAML: "),
        ("responses:\n", "responces:\n", "responces", "responces: unknown key (did you mean responses?)"),
    ],
)
def test_a_broken_faq_file_names_its_place(copy: Copy, before: str, after: str, marker: str, told: str) -> None:
    copy.change(TOPICS, before, after)
    found = [str(finding) for finding in copy.findings()]
    assert any(told in line for line in found), found
    assert all(line.startswith("faq/topics.yml:") or line.startswith("faq:1: faq/") for line in found)
    if marker and "also an example" not in told and "one example" not in told:
        assert any(line.startswith(f"faq/topics.yml:{copy.line(TOPICS, marker)}: ") for line in found), found


def test_a_doubled_example_names_both_lines(copy: Copy) -> None:
    copy.change(TOPICS, "    - first about contact\n", "    - First, about alcohol!\n")
    (finding,) = copy.findings()
    first, second = copy.line(TOPICS, "first about alcohol"), copy.line(TOPICS, "First, about alcohol!")
    assert finding.line == second
    assert finding.mend == f"'First, about alcohol!' is also an example of faq/alcohol (faq/topics.yml:{first})"


def test_a_topic_every_study_answers_must_be_there(copy: Copy) -> None:
    copy.change(TOPICS, "- intent: faq/alcohol\n", "- intent: faq/drinking\n")
    copy.change(TOPICS, "  utter_faq/alcohol:\n", "  utter_faq/drinking:\n")
    assert lines(copy) == ["error: faq:1: faq/alcohol: is missing: every study answers this topic"]


def test_an_unapproved_answer_is_found_in_faq_and_domain(copy: Copy) -> None:
    copy.change(TOPICS, '{id: faq.alcohol, version: 1, approved_by: "Dr. L. Moreno"', "{id: faq.alcohol, version: 1")
    copy.change("domain.yml", ", approved_on: 2026-02-11", "")
    assert [(finding.file, finding.severity) for finding in copy.findings()] == [
        ("faq/topics.yml", Weight.UNAPPROVED),
        ("domain.yml", Weight.UNAPPROVED),
    ]


def test_an_answer_that_names_the_arm_is_an_error(copy: Copy) -> None:
    copy.change("domain.yml", '"Hello."', '"Hello. You get BX-117."')
    assert lines(copy) == [
        "error: domain.yml:5: responses.utter_greet[0].text: hints at a treatment arm: You get BX-117."
    ]
