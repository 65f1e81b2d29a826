"""Advice to coordinators: look-alikes, few examples, hard texts, links. Each with its line and mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from study.protocol.faq_advice import HARDEST_GRADE, advise, grade
from study.protocol.findings import Weight
from tests.study.protocol.conftest import ROOT

HEAD = 'version: "3.1"\nnlu:\n'


def faq(folder: Path, name: str, topic: str, examples: list[str], answer: str = "Ask the team.") -> None:
    lines = "".join(f"    - {one}\n" for one in examples)
    about = f"{{id: faq.{topic}, version: 1, approved_by: A, approved_on: 2026-02-11}}"
    text = f'responses:\n  utter_faq/{topic}:\n  - text: "{answer}"\n    metadata: {about}\n'
    (folder / name).write_text(f"{HEAD}- intent: faq/{topic}\n  examples: |\n{lines}{text}")


ENOUGH = [f"is number {number} of the questions about parking fine" + " really" * number for number in range(20)]


def test_harbors_own_files_need_no_mending() -> None:
    assert [str(one) for one in advise(ROOT / "nlu" / "faq") if one.severity is Weight.ERROR] == []


def test_nearly_the_same_words_under_two_topics_are_shown_as_a_pair(tmp_path: Path) -> None:
    faq(tmp_path, "a.yml", "parking", [*ENOUGH, "where may i park my car"])
    faq(tmp_path, "b.yml", "travel", ["how do i come to you", "where may i park my carr"])
    (found,) = [one for one in advise(tmp_path) if "nearly" in one.mend]
    assert found.line == 6
    assert "'where may i park my carr' is nearly 'where may i park my car', an example of faq/parking" in found.mend
    assert "a.yml:25" in found.mend


def test_within_one_topic_near_copies_are_its_own_matter(tmp_path: Path) -> None:
    faq(tmp_path, "a.yml", "parking", [*ENOUGH, "where may i park my car", "where may i park my carr"])
    assert [one for one in advise(tmp_path) if "nearly" in one.mend] == []


def test_a_topic_with_few_examples_is_told_so(tmp_path: Path) -> None:
    faq(tmp_path, "a.yml", "parking", ENOUGH[:19])
    (found,) = advise(tmp_path)
    assert found.severity is Weight.WARNING
    assert found.mend.startswith("faq/parking has 19 examples; 20 ")


@pytest.mark.parametrize("link", ["https://example.org/x", "www.harbor.example", "t.me/harbor", "see harbor.com"])
def test_a_link_in_an_answer_is_an_error(tmp_path: Path, link: str) -> None:
    faq(tmp_path, "a.yml", "parking", ENOUGH, f"Look here: {link}")
    (found,) = advise(tmp_path)
    assert found.severity is Weight.ERROR
    assert "nobody approved what stands behind it" in found.mend


def test_a_hard_answer_is_told_so_and_a_plain_one_is_not(tmp_path: Path) -> None:
    hard = (
        "Discontinuation of investigational medication necessitates notification of the principal investigator, "
        "notwithstanding previously communicated arrangements concerning pharmacological rehabilitation."
    )
    faq(tmp_path, "a.yml", "parking", ENOUGH, hard)
    (found,) = advise(tmp_path)
    assert "shorter sentences, shorter words" in found.mend
    assert grade("Take the tablet with water. You can call us at any time.") < 5 < HARDEST_GRADE < grade(hard)
    assert grade("{team_phone}") == 0.0
