"""What the real model makes of single sentences; how well it does on many is measured by tests/benchmark."""

import pytest
import yaml

from tests.nlu.real_rasa import ROOT, Door


@pytest.mark.parametrize("text", ["", "   ", "🙃", "???", "/", "\u200b\u200b", "\x00", "\ud800"])
def test_text_without_words_is_unsure_not_guessed(door: Door, text: str) -> None:
    assert door.understand(text)["route"] == "unsure"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("What do I do if I miss a dose?", "faq/missed_dose"),
        ("I forgot my pill last night", "dose_missed"),
        ("Can I leave the study if I change my mind?", "faq/withdrawal"),
        ("I want to leave the study", "leave_study"),
        ("How many visits are there?", "faq/visits"),
        ("When is my next visit?", "next_visit"),
        ("Can the tablets give me headaches?", "faq/side_effects"),
        ("I've got a bad headache", "report_symptom"),
    ],
)
def test_a_question_is_told_from_what_happened(door: Door, text: str, intent: str) -> None:
    assert door.understand(text)["intent"] == intent


def test_curly_quotes_capitals_and_bidi_marks_change_nothing(door: Door) -> None:
    assert door.understand("\u202eI DIDN’T take my\u00a0tablet\u200b this morning")["dose"] == "missed"


def test_the_answer_names_topic_dose_and_ranking(door: Door) -> None:
    found = door.understand("can i have a glass of wine")
    assert (found["route"], found["answer"], found["dose"]) == ("answer", "alcohol", "none")
    assert found["ranking"][0]["name"] == "faq/alcohol"
    assert len(found["ranking"]) == 5


def test_an_uncertain_sentence_tells_how_sure_its_best_guess_was(door: Door) -> None:
    found = door.understand("perhaps the thing with the thing")
    assert found["intent"] in ("nlu_fallback", "out_of_scope")
    assert found["confidence"] == pytest.approx(found["ranking"][0]["confidence"], abs=1e-3)


def test_every_intent_has_a_rule_and_a_route() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text())
    rules = yaml.safe_load((ROOT / "nlu" / "data" / "rules.yml").read_text())["rules"]
    ruled = [step["intent"] for rule in rules for step in rule["steps"] if "intent" in step]
    assert sorted(ruled) == sorted(domain["intents"])
