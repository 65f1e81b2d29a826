"""Faults of the coordinators' files come back as one line each: file, line, mend."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from nlu.train import fingerprint, main
from nlu.training_files import check, examples_by_intent, training_files
from study.triage.red_flags import kinds, red_flag_rules
from tests.nlu.real_rasa import ROOT

EVERY_STUDY_HAS = (
    "purpose", "placebo", "randomisation", "blinding", "risks", "benefits", "side_effects", "role", "visits",
    "withdrawal", "privacy", "missed_dose", "other_medicines", "alcohol", "contact",
)  # fmt: skip

GOOD = """\
version: "3.1"
nlu:
- intent: faq/alcohol
  examples: |
    - can i drink
    - is wine ok
responses:
  utter_faq/alcohol:
  - text: "Call {team_phone}."
    metadata: {id: faq.alcohol, version: 1}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """domain.yml and one good FAQ file."""
    (tmp_path / "nlu" / "faq").mkdir(parents=True)
    (tmp_path / "nlu" / "data").mkdir()
    shutil.copy(ROOT / "domain.yml", tmp_path / "domain.yml")
    (tmp_path / "nlu" / "faq" / "alcohol.yml").write_text(GOOD)
    return tmp_path


def faults_of(project: Path, content: str) -> list[str]:
    (project / "nlu" / "faq" / "alcohol.yml").write_text(content)
    return [str(fault) for fault in check(project)]


def test_our_own_files_are_without_fault() -> None:
    assert check(ROOT) == []


def test_a_good_file_has_no_fault(project: Path) -> None:
    assert check(project) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "mend"),
    [
        ("    - is wine ok", "    is wine ok", 6, "must begin with '- '"),
        ("    - is wine ok", "    - /wine", 6, "must not begin with '/'"),
        ("    - is wine ok", "    - is [wine](drink) ok", 6, "must not begin with '/' or hold"),
        ("intent: faq/alcohol", "intent: faq/alcohl", 3, "has no answer"),
        ("intent: faq/alcohol", "intent: fq/alcohol", 3, "no intent of domain.yml"),
        ("examples: |", "example: |", 3, "needs 'examples: |'"),
        ("nlu:\n", "nlus:\n", 2, "unknown key 'nlus'"),
        ('  - text: "Call {team_phone}."', '  - text: "Call {team_phone}.', 9, "cannot be read"),
        ("{team_phone}", "{team_fone}", 9, "{team_fone} is nothing that can be filled in"),
        ("{team_phone}", "{team_phone", 9, "braces only around a name"),
        ("id: faq.alcohol", "id: faq.drinks", 8, "id: faq.alcohol"),
        ("version: 1}", "version: one}", 8, "a whole number from 1"),
        ("utter_faq/alcohol", "utter_alcohol", 8, "must be called utter_faq/<topic>"),
        ('"Call {team_phone}."', "!!python/object/apply:os.system [ls]", 9, "cannot be read"),
        ("\nresponses:", "\n  examples: |\n    - again\nresponses:", 7, "stands here twice"),
        ('version: "3.1"\n', 'version: "3.1"\n\tx: 1\n', 2, "cannot be read"),
    ],
)
def test_a_fault_names_its_line_and_the_mend(project: Path, old: str, new: str, line: int, mend: str) -> None:
    found = faults_of(project, GOOD.replace(old, new, 1))
    assert any(fault.startswith(f"nlu/faq/alcohol.yml:{line}: ") and mend in fault for fault in found), found


def test_one_sentence_under_two_intents_names_both_places(project: Path) -> None:
    (project / "nlu" / "data" / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hello\n    - Is wine ok\n'
    )
    (found,) = [str(fault) for fault in check(project)]
    assert found.startswith("nlu/data/nlu.yml:6: ")
    assert "'faq/alcohol' (nlu/faq/alcohol.yml:6)" in found


def test_every_topic_has_an_approved_answer_short_enough_for_a_phone() -> None:
    answers = {}
    for path in training_files(ROOT):
        answers.update(yaml.safe_load(path.read_text()).get("responses") or {})
    assert {f"utter_faq/{topic}" for topic in EVERY_STUDY_HAS} <= set(answers)
    assert len(answers) >= 60
    for variants in answers.values():
        (answer,) = variants
        assert len(answer["text"]) <= 480
        assert answer["metadata"]["approved_by"]
        assert answer["metadata"]["approved_on"]


def test_examples_are_many_and_validation_and_test_sentences_are_none_of_them() -> None:
    examples: dict[str, list[str]] = {}
    for path in training_files(ROOT):
        for entry in yaml.safe_load(path.read_text()).get("nlu") or []:
            examples[entry["intent"]] = [line[2:].lower() for line in entry["examples"].splitlines()]
    assert min(len(sentences) for sentences in examples.values()) >= 20
    assert len(examples["out_of_scope"]) >= 300
    trained = {sentence for sentences in examples.values() for sentence in sentences}
    for name in ("nlu/validation.tsv", "nlu/golden.tsv"):
        rows = [line.split("\t")[1].lower() for line in (ROOT / name).read_text().splitlines() if "\t" in line]
        assert trained.isdisjoint(rows)


def test_the_fingerprint_follows_the_contents(project: Path) -> None:
    for name in ("config.yml", "requirements.txt"):
        shutil.copy(ROOT / "nlu" / name, project / "nlu" / name)
    before = fingerprint(project)
    assert fingerprint(project) == before
    (project / "nlu" / "faq" / "alcohol.yml").write_text(GOOD.replace("is wine ok", "is beer ok"))
    assert fingerprint(project) != before


def test_training_refuses_a_broken_file_with_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "nlu" / "faq" / "alcohol.yml").write_text(GOOD.replace("    - is wine ok", "    is wine ok"))
    assert main(["--root", str(project), "--out", str(project / "models")]) == 2
    printed = capsys.readouterr()
    assert printed.err == "nlu/faq/alcohol.yml:6: an example must begin with '- ' and have words after it\n"
    assert not (project / "models").exists()


def test_a_model_that_is_up_to_date_is_made_the_newest_and_not_trained_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config.yml", "requirements.txt"):
        shutil.copy(ROOT / "nlu" / name, project / "nlu" / name)
    models = project / "models"
    models.mkdir()
    current, newer = models / f"alongside-{fingerprint(project)}.tar.gz", models / "alongside-0.tar.gz"
    for place, path in enumerate((current, newer)):
        path.write_bytes(b"model")
        os.utime(path, (1000 + place, 1000 + place))
    assert main(["--root", str(project), "--out", str(models)]) == 0
    assert capsys.readouterr().out == f"model {current.name} is up to date\n"
    assert max(models.iterdir(), key=lambda path: path.stat().st_mtime) == current
    assert current.read_bytes() == b"model"


def test_no_example_of_a_question_is_taken_for_a_red_flag() -> None:
    """A question that pages a nurse, or stops all messages for a death, is answered by nobody."""
    examples = [one for intent, found in examples_by_intent(ROOT).items() if intent.startswith("faq/") for one in found]
    assert {one: kinds(one) for one in examples if kinds(one)} == {}


def test_what_the_model_learns_of_red_flags_is_reviewed_and_of_known_kinds() -> None:
    content = yaml.safe_load((ROOT / "nlu" / "red_flags.yml").read_text(encoding="utf-8"))
    assert all(content[key] for key in ("version", "reviewed_by", "reviewed_on"))
    assert list(content["heard"]) == list(red_flag_rules().kinds)
    heard = [message for messages in content["heard"].values() for message in messages]
    every = heard + content["not_heard"]
    assert all(isinstance(message, str) for message in every)
    assert len(every) == len(set(every))
