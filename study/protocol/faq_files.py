"""Checks the coordinators' FAQ files and the responses of domain.yml: Rasa's own format, our own rules.

Rasa would train on most of these mistakes without a word: a topic without an answer, an answer without
approval, the same example under two topics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from study.errors import ProtocolError
from study.protocol.findings import Finding, Weight
from study.protocol.marked_yaml import MarkedFile, Place
from study.protocol.mends import nearest
from study.protocol.reading import read_as
from study.protocol.wording_rules import hints_at_arm

FAQ_TOPICS = (
    "purpose",
    "placebo",
    "randomisation",
    "blinding",
    "risks",
    "benefits",
    "side_effects",
    "role",
    "visits",
    "withdrawal",
    "privacy",
    "missed_dose",
    "other_medicines",
    "alcohol",
    "contact",
)
"""The topics every study answers."""

LONGEST_ANSWER = 700
"""Characters: our own rule of thumb for one phone screen."""


def _topic_intent(intent: str) -> str:
    if not re.fullmatch(r"faq/[a-z][a-z0-9_]*", intent):
        raise ValueError("must be faq/ and a topic in small letters, such as faq/withdrawal")
    return intent


def _examples(examples: str) -> str:
    lines = [line for line in examples.splitlines() if line.strip()]
    if any(not line.strip().startswith("- ") for line in lines):
        raise ValueError('must have one example a line, each after "- "')
    if len(lines) < 2:
        raise ValueError("needs at least two examples")
    return examples


def _quoted_version(version: object) -> object:
    if version != "3.1":
        raise ValueError('must be "3.1", in quotes')
    return version


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaqIntent(_Block):
    intent: Annotated[str, AfterValidator(_topic_intent)] = Field(description="faq/ and a topic")
    examples: Annotated[str, AfterValidator(_examples)] = Field(description="what people may write, one a line")


class Approval(_Block):
    id: str = Field(min_length=1, description="the id of the text, such as faq.withdrawal")
    version: int = Field(ge=1, description="a whole number, one more with every change of the text")
    approved_by: str | None = Field(None, description="who approved this version")
    approved_on: date | None = Field(None, description="the day it was approved, such as 2026-02-11")
    tone: Literal["cheerful"] | None = Field(None, description="cheerful, or left out")


class Answer(_Block):
    text: str = Field(min_length=1, description="what the participant reads")
    metadata: Approval = Field(description="id, version, approved_by and approved_on of the text")


class DomainAnswer(Answer):
    """A response of domain.yml may also have what Rasa allows beside the text."""

    model_config = ConfigDict(frozen=True, extra="allow")


class FaqFile(_Block):
    version: Annotated[Literal["3.1"], BeforeValidator(_quoted_version)] = Field(description='"3.1", in quotes')
    nlu: tuple[FaqIntent, ...] = Field((), description="the topics, with their examples")
    responses: dict[str, tuple[Answer, ...]] = Field({}, description="the answers, as utter_faq/topic")


class DomainResponses(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    responses: dict[str, tuple[DomainAnswer, ...]] = Field({}, description="the texts, as utter_...")


def check_faq(folder: Path, drug_name: str | None) -> list[Finding]:
    """Every *.yml of the folder, each in itself and all together."""
    findings: list[Finding] = []
    problems: list[ProtocolError] = []
    paths = sorted(folder.glob("*.yml"))
    read = [one for path in paths if (one := read_as(FaqFile, path, problems)) is not None]
    findings.extend(Finding.of(problem) for problem in problems)
    for marked, faq in read:
        findings.extend(_answers(marked, faq.responses, drug_name))
    findings.extend(_topics(read))
    findings.extend(_doubled_examples(read))
    if len(read) == len(paths):
        there = {entry.intent.removeprefix("faq/") for _, faq in read for entry in faq.nlu}
        missing = [topic for topic in FAQ_TOPICS if topic not in there]
        mend = "is missing: every study answers this topic"
        findings.extend(Finding(folder.as_posix(), 1, f"faq/{topic}", mend) for topic in missing)
    return findings


def answer_of(folder: Path, topic: str) -> tuple[str, int, str] | None:
    """Id, version and words of a topic's answer as its file has it; None where no readable file has the topic."""
    for path in sorted(folder.glob("*.yml")):
        read = read_as(FaqFile, path, [])
        answers = read[1].responses.get(f"utter_faq/{topic}") if read is not None else None
        if answers:
            return answers[0].metadata.id, answers[0].metadata.version, answers[0].text
    return None


def check_domain(path: Path, drug_name: str | None) -> list[Finding]:
    problems: list[ProtocolError] = []
    read = read_as(DomainResponses, path, problems)
    findings = [Finding.of(problem) for problem in problems]
    if read is not None:
        marked, domain = read
        findings.extend(_answers(marked, domain.responses, drug_name))
    return findings


def _answers(marked: MarkedFile, responses: dict[str, Any], drug_name: str | None) -> Iterator[Finding]:
    for name, answers in responses.items():
        if not answers:
            yield Finding.at(marked, ("responses", name), "has no text")
        for n, answer in enumerate(answers):
            here: Place = ("responses", name, n)
            approval = answer.metadata
            if not (approval.approved_by or "").strip() or approval.approved_on is None:
                mend = f"version {approval.version} is not approved: needs approved_by and approved_on"
                yield Finding.at(marked, (*here, "metadata"), mend, Weight.UNAPPROVED)
            if len(answer.text) > LONGEST_ANSWER:
                mend = f"is {len(answer.text)} characters long; a phone shows about {LONGEST_ANSWER}"
                yield Finding.at(marked, (*here, "text"), mend, Weight.WARNING)
            hint = hints_at_arm(answer.text, drug_name=drug_name) if drug_name else None
            if hint:
                yield Finding.at(marked, (*here, "text"), f"hints at a treatment arm: {hint}")


def _topics(read: list[tuple[MarkedFile, FaqFile]]) -> Iterator[Finding]:
    """Every topic once, with examples and an answer; every text id once."""
    asked: dict[str, str] = {}
    answered: dict[str, str] = {}
    ids: dict[str, str] = {}
    for marked, faq in read:
        for n, entry in enumerate(faq.nlu):
            if entry.intent in asked:
                yield Finding.at(marked, ("nlu", n, "intent"), f"{entry.intent} is also in {asked[entry.intent]}")
            asked.setdefault(entry.intent, _where(marked, ("nlu", n)))
        for name, answers in faq.responses.items():
            if name in answered:
                yield Finding.at(marked, ("responses", name), f"is also in {answered[name]}")
            answered.setdefault(name, _where(marked, ("responses", name)))
            for n, answer in enumerate(answers):
                here: Place = ("responses", name, n, "metadata", "id")
                if answer.metadata.id in ids:
                    yield Finding.at(marked, here, f"{answer.metadata.id} is also the id in {ids[answer.metadata.id]}")
                ids.setdefault(answer.metadata.id, _where(marked, here))
    for marked, faq in read:
        for n, entry in enumerate(faq.nlu):
            if f"utter_{entry.intent}" not in answered:
                mend = f"has no answer: add utter_{entry.intent} under responses"
                yield Finding.at(marked, ("nlu", n, "intent"), mend)
        for name in faq.responses:
            if name.removeprefix("utter_") not in asked:
                mend = f"has no examples: add the intent {name.removeprefix('utter_')} under nlu"
                near = nearest(name.removeprefix("utter_"), asked)
                yield Finding.at(marked, ("responses", name), f"{mend}{near}")


def _where(marked: MarkedFile, place: Place) -> str:
    return f"{marked.name}:{marked.line_of(place)}"


def _doubled_examples(read: list[tuple[MarkedFile, FaqFile]]) -> Iterator[Finding]:
    """The same words under two topics teach the classifier that it cannot be told apart."""
    first: dict[str, tuple[str, str]] = {}
    for marked, faq in read:
        for n, entry in enumerate(faq.nlu):
            place: Place = ("nlu", n, "examples")
            for offset, written_line in enumerate(entry.examples.splitlines(), start=1):
                words = " ".join(re.findall(r"\w+", written_line.lower()))
                if not words:
                    continue
                line = marked.line_of(place) + offset
                if words in first and first[words][0] != entry.intent:
                    topic, where = first[words]
                    mend = f"{written_line.strip()[2:].strip()!r} is also an example of {topic} ({where})"
                    yield Finding.at(marked, place, mend, line=line)
                first.setdefault(words, (entry.intent, f"{marked.name}:{line}"))
