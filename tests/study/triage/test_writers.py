"""Who writes: what writers.yml promises, and that nothing participants say is taken for somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from study.triage.red_flags import red_flag_rules
from study.triage.writers import Writer, writer, writer_rules

ROOT = Path(__file__).parents[3]
RULES = writer_rules()
FOUND = [(who, text) for who, texts in RULES.must_find.items() for text in texts]
NOT_FOUND = [text for texts in RULES.must_not.values() for text in texts]


@pytest.mark.parametrize(("who", "text"), FOUND)
def test_somebody_else_is_recognised(who: str, text: str) -> None:
    assert writer(text) == who


@pytest.mark.parametrize("text", NOT_FOUND)
def test_in_doubt_it_is_the_participant(text: str) -> None:
    assert writer(text) is Writer.PARTICIPANT


def test_a_doctor_who_is_also_somebody_close_gets_the_number_for_doctors() -> None:
    assert writer("I'm his wife and the ER doctor treating him needs to unblind") is Writer.TREATING_DOCTOR


@pytest.mark.parametrize("text", ["", " ", "\ud83d", "\x00", "a" * 10_000, "this is " * 2_000, ", , ,"])
def test_odd_texts_break_nothing(text: str) -> None:
    assert writer(text) is Writer.PARTICIPANT


def test_no_sentence_of_the_training_files_is_taken_for_somebody_elses() -> None:
    sentences = [
        line.strip().removeprefix("- ").split("\t")[0]
        for file in [*ROOT.glob("nlu/faq/*.yml"), *ROOT.glob("nlu/data/*.yml"), ROOT / "nlu/validation.tsv"]
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert len(sentences) > 1000
    assert [text for text in sentences if writer(text) is not Writer.PARTICIPANT] == []


def test_a_red_flag_of_the_participant_is_hardly_ever_somebody_elses_message() -> None:
    """Relatives do write ("my husband collapsed"); it stays the participant's chat, and the flag counts as theirs."""
    told = [text for entry in red_flag_rules().entries for text in entry.must_flag]
    assert [text for text in told if writer(text) is Writer.TREATING_DOCTOR] == []
