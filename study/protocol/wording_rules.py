"""Rules for single texts: what a locked phone may show, and what may hint at a treatment arm.

They find what people overlook; they do not replace the person who approves a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SYMPTOMS = re.sub(
    r"\s*\|\s*",
    "|",
    r"""dry mouth | difficulty swallowing | mouth sores? | throat sores? | hoarse\w* | taste | appetite |
    nause\w* | feeling sick | vomit\w* | heartburn | gas | bloat\w* | hiccups | constipat\w* |
    diarrh?o?ea | incontinence | short(?:ness)? of breath | breath\w* | cough\w* | wheez\w* | swelling |
    swollen | palpitations | rash | acne | hair loss | itch\w* | hives | numb(?:ness)? | tingling | dizz\w* |
    blurred | ringing | concentration | memory | pains? | painful | aches? | headaches? | insomnia |
    fatigue | tired\w* | anxi\w* | depress\w* | discouraged | sad | periods? | discharge | urin\w* |
    erection | ejaculation | libido | orgasm | intercourse | breast | bruis\w* | chills | sweat\w* | hot
    flashes | nosebleeds? | body odou?r | fevers? | chest | bleed\w* | blood | weakness | drows\w* |
    tremors? | seizures? | faint\w* | suicid\w* | irritab\w* | allerg\w* | pregnan\w* | overdose |
    strokes? | symptoms? | side effects? | disease | illness | sick""",
)
"""The 78 PRO-CTCAE terms, our own and the red flags, as people would write them."""


def shows_on_lock_screen(text: str, *, drug_name: str, private_words: Iterable[str]) -> str | None:
    """The first word in the text that names a medicine, a disease or a symptom."""
    named = [re.escape(word) for word in (drug_name, *private_words)]
    found = re.search(rf"(?<!\w)(?:{'|'.join([*named, _SYMPTOMS])})(?!\w)", text, re.IGNORECASE)
    return found[0] if found else None


_ARM = (
    r"(?:placebo|dummy|sugar pills?|control (?:arm|group)|(?:real|active|actual) (?:\w+ )?"
    r"(?:medicine|drug|tablets?|treatment|arm|group|pills?){drug})"
)
_YOU_HAVE = r"you(?: (?:are|were|have|had|get|got|take|took|receive|received)|['’](?:re|ve))"
_TELLS = r"means?|suggests?|shows?|proves?|signs?|because"
_HINTS = (
    rf"\b(?:{_YOU_HAVE}|your (?:arm|group|tablets?|pills?))\b[^.?!]*(?<!\w){_ARM}(?!\w)",
    rf"\b(?:{_TELLS})\b[^.?!]*\byou\b[^.?!]*(?<!\w){_ARM}(?!\w)",
    r"\byou(?: are|['’]re) (?:in|on) the (?:treatment|treated|study drug) (?:arm|group)\b",
)
_OPEN = re.compile(
    r"\b(?:whether|if|or|may|might|could|can|cannot|nobody|no one|not|neither|never|either|chance|until)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)


def hints_at_arm(text: str, *, drug_name: str) -> str | None:
    """The first sentence that tells a participant which treatment they have.

    A sentence that leaves it open ("nobody knows whether you are getting BX-117 or placebo") is what a
    blinded study has to say, and passes.
    """
    hints = [re.compile(hint.replace("{drug}", f"|{re.escape(drug_name)}"), re.IGNORECASE) for hint in _HINTS]
    for sentence in re.split(r"(?<=[.?!])\s+|\n+", text):
        if not _OPEN.search(sentence) and any(hint.search(sentence) for hint in hints):
            return sentence.strip()
    return None
