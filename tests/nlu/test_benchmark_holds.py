"""What was reached on the held-out sentences is not lost again, and none of them was ever trained on."""

from __future__ import annotations

import json
import re

import httpx
import pytest
import yaml
from rapidfuzz import fuzz, process

from alongside.understand import understood_by
from nlu.gate import read_golden
from nlu.training_files import examples_by_intent
from study.triage.red_flags import red_flag_rules
from tests.benchmark.measuring import REACHED, SETS, every_sentence, measure, rows_of
from tests.nlu.real_rasa import ROOT, Door

LIKE = 93  # rapidfuzz's ratio, 0 to 100: from here on a sentence is another one's copy with a slip
LONG_ENOUGH = 18  # characters: shorter ones ("took it") are anybody's


def plain(sentence: str) -> str:
    return " ".join(re.findall(r"\w+", sentence.casefold()))


def test_no_goal_that_was_reached_falls_back_by_more_than_two_points(rasa_door: Door) -> None:
    kept = json.loads(REACHED.read_text(encoding="utf-8"))
    with httpx.Client(trust_env=False) as client:
        figures, wrong = measure(lambda text: understood_by(client, rasa_door.url, rasa_door.secret, text))
    assert {figure.name for figure in figures} == set(kept)
    lost = [
        f"{one.name}: {one.value:.3f}, was {kept[one.name]}" for one in figures if one.falls_back_behind(kept[one.name])
    ]
    assert lost == [], "\n".join(str(one) for one in wrong)


def test_every_golden_question_gets_its_topic_or_goes_to_people(rasa_door: Door) -> None:
    """What the gate asks of a coordinator's model, asked of ours."""
    golden = read_golden(ROOT)
    assert len(golden) >= 180
    found = [(wanted, words, rasa_door.understand(words)) for wanted, words in golden]
    wrong = [
        (words, one["intent"]) for wanted, words, one in found if one["route"] == "answer" and one["intent"] != wanted
    ]
    assert wrong == []


def test_no_held_out_sentence_is_an_example_or_nearly_one() -> None:
    trained = [plain(one) for examples in examples_by_intent(ROOT).values() for one in examples]
    flags = yaml.safe_load((ROOT / "nlu" / "red_flags.yml").read_text(encoding="utf-8"))
    trained += [plain(one) for heard in [*flags["heard"].values(), flags["not_heard"]] for one in heard]
    symptoms = yaml.safe_load((ROOT / "nlu" / "symptoms.yml").read_text(encoding="utf-8"))
    trained += [plain(one) for told in [*symptoms["told"].values(), symptoms["not_told"]] for one in told]
    rules = [one for entry in red_flag_rules().entries for one in (*entry.must_flag, *entry.must_not)]
    trained += [plain(one) for one in rules]
    known = set(trained)
    held_out = [plain(one) for one in every_sentence()]
    long = [one for one in held_out if len(one) >= LONG_ENOUGH]
    copies = {one for one in long if one in known}
    near = {
        one: found[0]
        for one in long
        if (found := process.extractOne(one, trained, scorer=fuzz.ratio, score_cutoff=LIKE)) is not None
    }
    assert copies == set()
    assert near == {}


@pytest.mark.parametrize("name", SETS)
def test_each_set_is_large_enough_and_says_nothing_twice(name: str) -> None:
    sentences = [plain(row["text"]) for row in rows_of(name)]
    assert len(sentences) >= 60
    assert len(sentences) == len(set(sentences))
