"""A message that says more than one thing is read as a whole and part by part.

The whole decides what is done. A part may add what the whole hides: a question inside a report ("my hands are bad, can
I take paracetamol?"), a wish beside a question ("is wine allowed? and could somebody ring me"), a red flag in the
middle of a long friendly message, the one question of a message that as a whole is like nothing. A part takes nothing
away. What else is told beside an answer is noted by study/services/also_told.py: doses by the rules, symptoms by the
rules and by what is heard here.
"""

import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

from nlu.routes import ASK_STAFF, DOSES, FAQ, OUT_OF_SCOPE, UNSURE, WISHES, candidates, topic_of

ASK_WORDS = (
    "am are can could did do does dont how is may might must shall should what whats when whens where which who whos "
    "why will would"
)
ASKS = frozenset(ASK_WORDS.split())
SAY_WORDS = "i id i'd im i'm ive i've i'll my please tell get"
SAYS = frozenset(SAY_WORDS.split())  # begin a statement or an order
# A new sentence; or, after a comma or a joining word, a word that begins another.
BEGINS = "|".join(sorted(ASKS | SAYS, key=len, reverse=True))
BORDER = re.compile(
    rf"[.!?;\n]+\s*|(?:\s*,\s*(?:and|but|so|also|then)?|\s+(?:and|but|so|also))(?:\s+(?:also|then|now))?\s+(?=(?:{BEGINS})\b)",
    re.IGNORECASE,
)
# Symptoms are told in lists: "no sleep, dry mouth and my ankles are up".
JOINS = re.compile(r"\s*[,.!?;\n]+\s*|\s+(?:and|but|plus|also|then)\s+", re.IGNORECASE)
SYMPTOM = "report_symptom"
TELLS_SYMPTOMS = frozenset({SYMPTOM, "inform", UNSURE})
WORDS = 3  # a shorter part ("thanks", "ok then") is read with the whole only
PARTS = 6  # of a longer message the first few: each costs milliseconds
LONG = 25  # words; in a shorter message what is told is not hidden by the rest
SURE = 0.5  # a part is out of its context, so it must be surer than a whole message (config.yml)
SURE_OF_A_PIECE = 0.7  # a piece of a list has even less around it
TELLS = frozenset({SYMPTOM, *DOSES})
POLITE = frozenset({"greet", "thanks", "goodbye"})
PEOPLE_READ_IT = frozenset({UNSURE, OUT_OF_SCOPE})  # a whole that goes to people with all its words


def parts(text: str) -> List[str]:
    """The parts worth reading alone: those of three words or more. None where the message is one."""
    every = [part.strip(" ,") for part in BORDER.split(text) if part.strip(" ,")]
    return [part for part in every if len(part.split()) >= WORDS][:PARTS] if len(every) > 1 else []


def pieces(text: str, whole: Dict[str, Any]) -> List[str]:
    """The pieces of a list of symptoms, each of two words or more: read for symptoms only. None where the message is
    one piece, or tells something else."""
    intent = whole["intent"]["name"]
    if intent not in TELLS_SYMPTOMS or (intent == UNSURE and not whole.get("symptom_hints")):
        return []
    enough = [piece for piece in JOINS.split(text) if len(piece.split()) > 1]
    return enough[:PARTS] if len(enough) > 1 else []


def together(
    whole: Dict[str, Any], read: List[Dict[str, Any]], listed: Sequence[Dict[str, Any]] = ()
) -> Dict[str, Any]:
    """The parse of the whole with what its parts add: `flag_hints` that are sure, and those that are not as
    `faint_flags`; `symptom_hints`, but not of a question, each with the words it was heard in as `said` (`listed` are
    the parses of `pieces`); `unwell`, whether a part tells how they feel; `also`, a further topic to answer; `besides`,
    the parses of wishes to see to.

    A whole that is like nothing goes to people all the same: a worry may stand beside the question. Only where all the
    rest is politeness it becomes its question.

    A whole that is not surely a question gives way to what its parts tell and surely ask; one that is taken for a
    question, and of which one part only is long enough to be read, is that question.
    """
    if len(read) < 2 and whole["intent"]["name"] == FAQ:
        read = []
    asked = [(topic, parse) for parse in read if (topic := _topic_asked(parse)) is not None]
    rest = [parse for parse in read if parse["intent"]["name"] not in POLITE]
    if whole["intent"]["name"] == UNSURE and len(asked) == len(rest) == 1 and len(read) > 1:
        whole = {**asked[0][1], "text": whole["text"], "flag_hints": whole.get("flag_hints") or []}
    whole = _what_is_told(whole, read, asked) or whole
    own = topic_of(whole) if whole["intent"]["name"] == FAQ else None
    is_long = len(whole["text"].split()) >= LONG
    # "Do I get an ECG?" sounds like a heart attack: what is surely a question of a topic is no hint at a flag. Where it
    # only belongs to the topic and asks nothing ("I feel like a burden to everyone"), it is a faint one.
    heard = [whole, *(parse for parse in read if is_long or _asks(parse["text"]))]
    flags = [hint for parse in reversed(heard) if not _is_surely_asked(parse) for hint in parse.get("flag_hints") or []]
    sure = {hint["kind"]: hint for hint in flags if hint["is_sure"]}
    if _is_surely_asked(whole) and "?" not in whole["text"] and not _asks(whole["text"]):
        flags += [hint for hint in whole.get("flag_hints") or [] if hint["is_sure"]]
    faint = {hint["kind"]: hint for hint in flags if hint["kind"] not in sure}
    telling = [parse for parse in (whole, *read) if parse["intent"]["name"] != FAQ]
    symptoms = [{**hint, "said": parse["text"]} for parse in telling for hint in parse.get("symptom_hints") or []]
    symptoms += [
        {**hint, "said": parse["text"]}
        for parse in listed
        for hint in parse.get("symptom_hints") or []
        if hint["confidence"] >= SURE_OF_A_PIECE
    ]
    also = next((topic for topic, _ in asked if topic != own), None)
    return {
        **whole,
        "flag_hints": list(sure.values()),
        "faint_flags": list(faint.values()),
        "symptom_hints": symptoms,
        "unwell": any(parse["intent"]["name"] == SYMPTOM and parse["intent"]["confidence"] >= SURE for parse in read),
        "also": also,
        "besides": _besides(whole, read),
    }


def _what_is_told(
    whole: Dict[str, Any], read: List[Dict[str, Any]], asked: List[Tuple[str, Dict[str, Any]]]
) -> Optional[Dict[str, Any]]:
    """ "I forgot my tablet. Can I drive?" is not surely a question about forgetting: what is told beside a
    question that surely is another one is the message, and the question comes too."""
    told = [parse for parse in read if parse["intent"]["name"] in TELLS]
    is_unsure = whole["intent"]["name"] == FAQ and not _is_surely_asked(whole)
    if not (told and asked and is_unsure) or topic_of(whole) in {topic for topic, _ in asked}:
        return None
    return {**told[0], "text": whole["text"], "flag_hints": whole.get("flag_hints") or []}


def _besides(whole: Dict[str, Any], read: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The first part of each wish that the whole does not tell. A person need not be asked for twice."""
    told = {whole["intent"]["name"]} | ({ASK_STAFF} if whole["intent"]["name"] in PEOPLE_READ_IT else set())
    found: Dict[str, Dict[str, Any]] = {}
    for parse in read:
        name = parse["intent"]["name"]
        if name in WISHES - told and parse["intent"]["confidence"] >= SURE:
            found.setdefault(name, parse)
    return list(found.values())


def _topic_asked(parse: Dict[str, Any]) -> Optional[str]:
    return topic_of(parse) if _is_surely_asked(parse) and _asks(parse["text"]) else None


def _is_surely_asked(parse: Dict[str, Any]) -> bool:
    return bool(parse["intent"]["name"] == FAQ and candidates(parse)[0]["confidence"] >= SURE)


def _asks(part: str) -> bool:
    return part.split()[0].lower().replace("'", "") in ASKS
