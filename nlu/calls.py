"""What a call to the channel must look like. No Rasa in here."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, FrozenSet, Optional
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CODE = re.compile(r"[\w.-]{1,64}")
VERB = re.compile(r"[a-z_]{1,40}")
QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'"})
# Marks that were dictated; "in a comma" is a coma. As in the rules' plain form, study/triage/normalising.py.
DICTATED = re.compile(
    r"\s*(?<!\ba )\b(comma|full stop|question mark|exclamation mark|exclamation point|new line|new paragraph)\b",
    re.IGNORECASE,
)
MARKS = {"comma": ",", "full stop": ".", "question mark": "?", "new line": ";", "new paragraph": ";"}

# Slots the channel fills itself from other fields of the call; the bot's `slots` may set every other one of
# the domain.
CHANNEL_SLOTS = frozenset(
    {
        "checkin",
        "occurrence",
        "item",
        "tap",
        "inbox_id",
        "now",
        "understood",
        "dialogue",
        "proof",
        "item_answer",
    }
)


class BadCall(Exception):
    """A call that breaks the contract: a fault of ours, answered 422 with the place and the mend, never the
    value.
    """

    def __init__(self, place: str, mend: str) -> None:
        super().__init__(f"{place}: {mend}")
        self.place = place
        self.mend = mend


@dataclass(frozen=True)
class TurnCall:
    inbox_id: int
    run: str
    code: str
    now: str
    text: Optional[str]
    tap: Optional[Dict[str, Any]]
    actions_url: Optional[str]
    checkin: Optional[Dict[str, Any]]
    slots: Dict[str, Any]
    dialogue: Dict[str, Any]
    set_aside: FrozenSet[str]

    @property
    def sender(self) -> str:
        """Run and study code, never a Telegram id."""
        return f"{self.run}:{self.code}"


def read_turn(body: Any, domain_slots: FrozenSet[str]) -> TurnCall:
    """Raises BadCall for the first thing that is wrong."""
    _must(isinstance(body, dict), "body", "must be a JSON object")
    _must(type(body.get("inbox_id")) is int, "inbox_id", "must be a whole number")
    for name in ("run", "code"):
        _must(_matches(CODE, body.get(name)), name, "must be 1-64 letters, digits, '.', '_' or '-'")
    _must(_is_moment(body.get("now")), "now", "must be an ISO time with an offset")
    text, tap = body.get("text"), body.get("tap")
    _must((text is None) != (tap is None), "text", "must be given, or tap, and not both")
    _must(text is None or isinstance(text, str), "text", "must be text")
    if tap is not None:
        _must(isinstance(tap, dict) and _matches(VERB, tap.get("do")), "tap.do", "must be a word like 'start'")
    url = body.get("actions_url")
    _must(
        url is None or is_loopback(url),
        "actions_url",
        "must be http://127.0.0.1 or http://localhost with a port",
    )
    state = body.get("state_before") or {}
    _must(isinstance(state, dict), "state_before", "must be an object")
    slots, dialogue = state.get("slots") or {}, state.get("dialogue") or {}
    _must(isinstance(slots, dict), "state_before.slots", "must be an object")
    _must(isinstance(dialogue, dict), "state_before.dialogue", "must be an object")
    for name in slots:
        known = name in domain_slots and name not in CHANNEL_SLOTS
        _must(known, f"state_before.slots.{str(name)[:40]}", "is no slot the bot may fill, see domain.yml")
    return TurnCall(
        inbox_id=body["inbox_id"],
        run=body["run"],
        code=body["code"],
        now=body["now"],
        text=text,
        tap=tap,
        actions_url=url,
        checkin=_checkin(state.get("checkin")),
        slots=slots,
        dialogue=dialogue,
        set_aside=read_set_aside(body),
    )


def read_set_aside(body: Dict[str, Any]) -> FrozenSet[str]:
    """The kinds of red flag the rules have seen in the text and set aside: no hint brings them back. Raises BadCall."""
    kinds = body.get("set_aside") or []
    are_words = isinstance(kinds, list) and all(_matches(VERB, kind) for kind in kinds)
    _must(are_words, "set_aside", "must be a list of kinds of red flag")
    return frozenset(kinds)


def plain(text: str) -> str:
    """The words to understand: composed, without control and format characters, one kind of quote and of
    space, dictated marks ("comma", "full stop") as marks.

    Leading slashes go as well. Rasa's last component reads text that begins with "/" (after stripping every
    kind of space) as a ready-made intent; a person's text must never become one. Only for understanding: the
    message itself keeps its words.
    """
    composed = unicodedata.normalize("NFKC", text).translate(QUOTES)
    seen = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in composed if not _is_format(c))
    words = " ".join(seen.split()).lstrip("/\\ ")
    return DICTATED.sub(lambda found: MARKS.get(found[1].lower(), "!"), words)


def is_loopback(url: Any) -> bool:
    """Whether an address is plain http on this machine, with a port and without a name in front of an @."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK and port is not None and "@" not in parts.netloc


def _checkin(open_one: Any) -> Optional[Dict[str, Any]]:
    if open_one is None:
        return None
    place = "state_before.checkin"
    _must(isinstance(open_one, dict), place, "must be null or an object")
    for name in ("name", "item"):
        _must(isinstance(open_one.get(name), str) and open_one[name] != "", f"{place}.{name}", "must be a name")
    _must(type(open_one.get("occurrence")) is int, f"{place}.occurrence", "must be a whole number")
    return open_one


def _is_format(character: str) -> bool:
    """Zero-width and bidi marks: dropped without a gap, since they can stand inside a word."""
    return unicodedata.category(character) == "Cf"


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None
    except (AttributeError, ValueError):
        return False


def _matches(pattern: "re.Pattern[str]", value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _must(holds: bool, place: str, mend: str) -> None:
    if not holds:
        raise BadCall(place, mend)
