"""What is well-formed in the FAQ files and still not good: topics that look alike, too few examples, answers that are
hard to read or lead out of the chat. Slower than `faq_files`, and for coordinators only: no start waits for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyphen
from rapidfuzz import fuzz, process, utils

from study.errors import ProtocolError
from study.protocol.faq_files import FaqFile
from study.protocol.findings import Finding, Weight
from study.protocol.marked_yaml import MarkedFile, Place
from study.protocol.reading import read_as

FEWEST_EXAMPLES = 20
"""Below that the classifier knows a topic by its keyword alone (measured: docs/understanding.md)."""
ALIKE = 92
"""rapidfuzz's token_sort_ratio, 0 to 100: from here on two sentences differ by a typing error or the order of words."""
HARDEST_GRADE = 9.0
"""Flesch-Kincaid grade, years of school (Kincaid et al. 1975). Health texts are asked to be readable at 6 to 8 (AMA,
NIH); names of places and medicines push ours up."""
LINK = re.compile(r"https?://|www\.|\bt\.me/|\w\.(?:com|org|net|eu|es|info)\b", re.IGNORECASE)
FIELD = re.compile(r"\{\w+\}")
SENTENCE = re.compile(r"[^.!?:\n]+")
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


def advise(folder: Path) -> list[Finding]:
    """Every piece of advice on the files of the folder that can be read; the others are `check_faq`'s matter."""
    problems: list[ProtocolError] = []
    read = [one for path in sorted(folder.glob("*.yml")) if (one := read_as(FaqFile, path, problems)) is not None]
    found = [finding for marked, faq in read for finding in (*_few(marked, faq), *_answers(marked, faq))]
    return [*found, *_alike(read)]


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text: 0.39 words a sentence + 11.8 syllables a word - 15.59. Syllables are
    counted by hyphenation, which finds a few too few."""
    words = WORD.findall(FIELD.sub("", text))
    sentences = [one for one in SENTENCE.findall(text) if WORD.search(one)]
    if not words or not sentences:
        return 0.0
    syllables = sum(len(_hyphens().positions(word)) + 1 for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def _few(marked: MarkedFile, faq: FaqFile) -> Iterator[Finding]:
    for n, entry in enumerate(faq.nlu):
        count = len(_lines(entry.examples))
        if count < FEWEST_EXAMPLES:
            mend = f"{entry.intent} has {count} examples; {FEWEST_EXAMPLES} differently worded ones make it reliable"
            yield Finding.at(marked, ("nlu", n, "intent"), mend, Weight.WARNING)


def _answers(marked: MarkedFile, faq: FaqFile) -> Iterator[Finding]:
    for name, answers in faq.responses.items():
        for n, answer in enumerate(answers):
            here: Place = ("responses", name, n, "text")
            link = LINK.search(answer.text)
            if link:
                mend = f"has a link ({link[0]}): nobody approved what stands behind it; say it here"
                yield Finding.at(marked, here, mend)
            school = grade(answer.text)
            if school > HARDEST_GRADE:
                mend = f"reads like school year {school:.0f}; {HARDEST_GRADE:.0f} or less is read by most people: "
                yield Finding.at(marked, here, mend + "shorter sentences, shorter words", Weight.WARNING)


def _alike(read: list[tuple[MarkedFile, FaqFile]]) -> Iterator[Finding]:
    """Pairs of nearly the same words under two topics: the classifier learns that they cannot be told apart."""
    rows = [
        (line, entry.intent, marked, n, offset)
        for marked, faq in read
        for n, entry in enumerate(faq.nlu)
        for offset, line in _lines(entry.examples)
    ]
    plain = [utils.default_process(line) for line, *_ in rows]
    for at, (line, intent, marked, n, offset) in enumerate(rows):
        near = process.extract_iter(
            plain[at], plain[:at], scorer=fuzz.token_sort_ratio, processor=None, score_cutoff=ALIKE
        )
        for _, _, other in near:
            other_line, other_intent, other_marked, other_n, other_offset = rows[other]
            if other_intent == intent or plain[at] == plain[other]:  # the very same words are an error of their own
                continue
            where = f"{other_marked.name}:{other_marked.line_of(('nlu', other_n, 'examples')) + other_offset}"
            place: Place = ("nlu", n, "examples")
            mend = f"{line!r} is nearly {other_line!r}, an example of {other_intent} ({where}): keep the better place"
            yield Finding.at(marked, place, mend, Weight.WARNING, line=marked.line_of(place) + offset)


def _lines(examples: str) -> list[tuple[int, str]]:
    """The examples, each with how many lines it stands below its key."""
    rows = enumerate(examples.splitlines(), start=1)
    return [(offset, line.strip()[2:].strip()) for offset, line in rows if line.strip()]


@cache
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB")
