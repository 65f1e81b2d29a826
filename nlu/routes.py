"""What the bot does with an intent: pure tables, readable without Rasa."""

from typing import Any, Dict, List, Optional

FAQ = "faq"
UNSURE = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
ASK_STAFF = "ask_staff"

DOSES = {
    "dose_taken": "taken",
    "dose_missed": "missed",
    "dose_partial": "partial",
    "dose_stopped": "stopped",
    "dose_changed": "changed",
    "doctor_stopped": "stopped",
}

DOSE_SHARE = 0.2  # measured on held-out statements; a third of these is what a sure intent has

ROUTES = {
    "red_flag": "emergency",
    "faq": "answer",
    "report_symptom": "symptom",
    **dict.fromkeys(DOSES, "dose"),
    "supply_low": "dose",
    "cannot_go_on": "staff",
    "next_visit": "visit",
    "leave_study": "withdraw",
    ASK_STAFF: "staff",
    "greet": "smalltalk",
    "thanks": "smalltalk",
    "goodbye": "smalltalk",
    "affirm": "smalltalk",
    "deny": "smalltalk",
    "bot_challenge": "smalltalk",
    "checkin": "checkin",
    "stop_checkin": "checkin",
}

# Seen to beside whatever else a message is about: each has an action that answers it whole and opens nothing.
WISHES = frozenset({"leave_study", ASK_STAFF, "next_visit", "supply_low", "doctor_stopped", "cannot_go_on"})

# Sentences that look like a reply to a question of a check-in and mean nothing by themselves.
REPLIES = frozenset({"inform", "affirm", "deny"})
# Taps that answer a question; every other tap opens, closes or acknowledges something.
ANSWERING_TAPS = frozenset({"tap_answer", "tap_dose"})


def understood(parse: Dict[str, Any], in_checkin: bool = False) -> Dict[str, Any]:
    """Intent, confidence, route, topic and dose of a parsed message, and whether it is a digression. `also` is a
    further topic it asks about, `besides` are wishes it tells as well (nlu/reading.py);
    `flags` and `symptoms` are what the model heard, for the rules to weigh; a symptom with the words it was heard in
    (those of a part, else all). `unwell`: a part tells how they feel, by the name of a symptom or not. `faint_flags`
    are those it is not sure of: a question to the participant, no alarm.

    The confidence of an uncertain sentence is that of the best guess that was refused, not Rasa's placeholder
    (its fallback reports the threshold itself). A digression is a message that is about something else than
    the question open in a check-in: the form gives way to it when its words are no choice of that question.
    """
    intent = parse["intent"]["name"]
    confidence = parse["intent"].get("confidence", 0.0)
    if intent == UNSURE:
        refused = candidates(parse)
        confidence = refused[0]["confidence"] if refused else 0.0
    tapped = intent.startswith("tap_")
    topic: Optional[str] = None
    if intent == FAQ:
        topic = topic_of(parse)
    route = ROUTES.get(intent, "checkin" if tapped else "unsure")
    if in_checkin and intent in REPLIES:
        route = "checkin"
    return {
        "intent": f"faq/{topic}" if topic else intent,
        "confidence": round(float(confidence), 4),
        "route": route,
        "answer": topic,
        "nearest": _nearest_topic(parse),
        "also": parse.get("also"),
        "besides": [beside["intent"]["name"] for beside in parse.get("besides") or []],
        "flags": [hint["kind"] for hint in parse.get("flag_hints") or []],
        "faint_flags": [hint["kind"] for hint in parse.get("faint_flags") or []],
        "symptoms": [
            {"term": hint["term"], "said": hint.get("said", parse["text"])} for hint in parse.get("symptom_hints") or []
        ],
        "unwell": bool(parse.get("unwell")),
        "dose": _dose(parse),
        "digression": intent not in (ANSWERING_TAPS if tapped else REPLIES),
    }


def _dose(parse: Dict[str, Any]) -> str:
    """The dose that was told, beneath a red flag too. Where no intent is sure enough it may be sure that one of the
    doses is meant: the six share it between them."""
    intent = parse.get("beneath", parse["intent"])["name"]
    if intent != UNSURE:
        return DOSES.get(intent, "none")
    shares: Dict[str, float] = {}
    for entry in candidates(parse):
        if entry["name"] in DOSES:
            dose = DOSES[entry["name"]]
            shares[dose] = shares.get(dose, 0.0) + float(entry["confidence"])
    return max(shares, key=shares.__getitem__) if sum(shares.values()) >= DOSE_SHARE else "none"


def topic_of(parse: Dict[str, Any]) -> str:
    """The FAQ topic of a parse whose intent is `faq`, without the intent's name."""
    key: str = parse["response_selector"][FAQ]["response"]["intent_response_key"]
    return key.partition("/")[2]


def _nearest_topic(parse: Dict[str, Any]) -> Optional[str]:
    """The FAQ topic that comes first, however unsure: what coordinators see of a question nobody answered."""
    topics = (entry["name"] for entry in candidates(parse) if entry["name"].startswith("faq/"))
    return next((name.partition("/")[2] for name in topics), None)


def candidates(parse: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The model's own ranking, without the placeholder the fallback puts in front."""
    return [entry for entry in parse.get("intent_ranking", []) if entry["name"] != UNSURE]
