"""A coordinator at the terminal: check, try, train, publish, history, misses, answer-back, on a copy of the files.

That the running Rasa takes what was published, and gives it back, is in test_up.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.training_files import examples_by_intent
from tests.alongside.conftest import Terminal
from tests.nlu.real_rasa import copied_project

TOPIC = """\
version: "3.1"
nlu:
- intent: faq/bicycles
  examples: |
{examples}
responses:
  utter_faq/bicycles:
  - text: "{answer}"
    metadata:
      id: faq.bicycles
      version: 1
      approved_by: "Dr. L. Moreno"
      approved_on: 2026-02-20
"""
ANSWER = "You can leave your bicycle in the rack beside the main door of the clinic. Please bring a good lock."
EXAMPLES = [
    "where can i leave my bicycle", "is there a bike rack", "can i come by bike", "where do i lock my bike",
    "bicycle stands at the clinic", "somewhere for my bike", "can i chain my bike up outside", "place to put a bicycle",
    "do you have bike parking", "is my bicycle safe outside", "where does my bike go", "i cycle in, where do i lock it",
    "bike stand please", "any bicycle racks", "may i bring my bike inside", "can i park my bicycle", "bike storage",
    "i come on my bicycle, where to", "are there stands for bikes", "cycle parking", "leave my push bike where",
    "can the bike stay by the door", "is there room for a bicycle", "where do cyclists park",
]  # fmt: skip


@pytest.fixture
def draft(terminal: Terminal) -> Path:
    """The folder of a coordinator: a copy of the language project with its trained model."""
    project = copied_project(terminal.folder)
    terminal.set(FAQ=project / "nlu" / "faq")
    return project


def written(draft: Path) -> None:
    """A new topic, as a coordinator writes it."""
    examples = "\n".join(f"    - {one}" for one in EXAMPLES)
    text = TOPIC.format(examples=examples, answer=ANSWER)
    (draft / "nlu" / "faq" / "bicycles.yml").write_text(text, encoding="utf-8")
    with (draft / "nlu" / "golden.tsv").open("a", encoding="utf-8") as golden:
        golden.write("faq/bicycles\twhere could i put my bicycle during the visit\n")


def test_trying_a_sentence_shows_the_answer_the_runner_up_and_why(terminal: Terminal, draft: Path) -> None:
    tried = terminal.runs("faq", "try", "can i have a glass of wine with dinner")
    assert tried.status == 0, tried.err
    assert "little or no alcohol" in tried.out
    for column in ("Understood as", "Sure", "Like", "Nearest examples", "faq/alcohol"):
        assert column in tried.out


def test_from_a_new_topic_to_what_is_served(terminal: Terminal, draft: Path) -> None:
    written(draft)
    checked = terminal.runs("faq", "check")
    assert checked.status == 0, checked.out
    refused = terminal.runs("faq", "publish", "--by", "C. Ruiz")
    assert refused.status == 2
    assert "faq train" in refused.err

    trained = terminal.runs("faq", "train")
    assert trained.status == 0, trained.out + trained.err
    topics = sum(intent.startswith("faq/") for intent in examples_by_intent(draft))
    assert f"{topics} topics" in trained.out

    own = terminal.runs("faq", "publish", "--by", "Dr. L. Moreno")
    assert own.status == 2
    assert "approved" in own.err
    published = terminal.runs("faq", "publish", "--by", "C. Ruiz")
    assert published.status == 0, published.err
    assert "served from the next start on" in published.out
    (row,) = terminal.reads("faq", "history", "--json")
    assert (row["by"], row["step"], row["topics"]) == ("C. Ruiz", "published", topics)
    assert row["golden"]["wrong"] == 0

    assert ANSWER[:30] in terminal.runs("faq", "try", "where is the rack for my bicycle").out
    nobody = terminal.runs("faq", "answer-back", "bicycles", "--by", "C. Ruiz", "--yes")
    assert (nobody.status, "No question went to staff" in nobody.out) == (0, True)
    back = terminal.runs("faq", "rollback", "--by", "C. Ruiz")
    assert back.status == 2
    assert len(back.err.strip().splitlines()) == 1


def test_nothing_missed_and_an_unknown_topic_are_one_line_each(terminal: Terminal) -> None:
    none = terminal.runs("faq", "misses", "--by", "C. Ruiz")
    assert (none.status, none.out.strip()) == (0, "No question went to staff in 90 days.")
    unknown = terminal.runs("faq", "answer-back", "unicorns", "--by", "C. Ruiz")
    assert unknown.status == 2
    assert "unicorns: no such topic" in unknown.err
