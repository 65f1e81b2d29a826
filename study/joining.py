"""The questions somebody is asked after they said yes to messages, and how a typed answer to one is read."""

from __future__ import annotations

import re
from datetime import time
from enum import StrEnum


class Joining(StrEnum):
    """In the order they are asked. The last two are the participant's choice: a number for the staff, and whom to call
    when the participant does not answer."""

    COUNTRY = "country"
    TIMEZONE = "timezone"
    HOUR = "hour"
    TELEPHONE = "telephone"
    EMERGENCY_CONTACT = "emergency_contact"

    @property
    def following(self) -> Joining | None:
        """The question after this one; None after the last."""
        order = list(Joining)
        at = order.index(self) + 1
        return order[at] if at < len(order) else None


CLOCK = re.compile(
    r"(?:(?:at|about|around|maybe|ok|say|let\'?s say|best|like|by)\s+)*"
    r"(?P<half>half past\s+|quarter past\s+)?(?P<hour>\d{1,2}|[a-z]+)"
    r"(?:\s*[:.h]\s*(?P<minute>[0-5]\d))?\s*(?P<part>a\.?m\.?|p\.?m\.?)?(?:\s*o\'?\s?clock)?"
    r"(?:\s+(?:in the\s+)?(?P<day>morning|afternoon|evening))?(?:\s+(?:please|is fine|would be good|ok|sharp))?\s*[.!]*"
)
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
WHOLE = {"noon": time(12), "midday": time(12), "lunchtime": time(12), "lunch": time(12)}
DIGITS_OF_A_TELEPHONE = 6  # the shortest that is worth calling; emergency numbers are shorter
LONGEST_CONTACT = 200


def read_hour(words: str) -> time | None:
    """An hour of the day as people type it: "18:30", "7pm", "half past nine", "8 in the evening". None where it is
    something else, such as a sentence with a number in it. Twelve hours without am or pm are read as written: 7 is
    seven in the morning."""
    plain = " ".join(words.casefold().split())
    if plain in WHOLE:
        return WHOLE[plain]
    found = CLOCK.fullmatch(plain)
    if found is None:
        return None
    written = found["hour"]
    hour = int(written) if written.isdigit() else NUMBERS.index(written) + 1 if written in NUMBERS else -1
    minute = int(found["minute"] or 0) + {"half": 30, "quarter": 15}.get((found["half"] or "").split(" ")[0], 0)
    later = (found["part"] or "").startswith("p") or found["day"] in ("afternoon", "evening")
    if later and 1 <= hour < 12:
        hour += 12
    if found["part"] and found["part"].startswith("a") and hour == 12:
        hour = 0
    return time(hour, minute) if 0 <= hour < 24 else None


def holds_a_telephone(words: str) -> bool:
    """Whether there are digits enough to call somebody, in a text short enough to be a name and a number."""
    return len(words) <= LONGEST_CONTACT and sum(c.isdigit() for c in words) >= DIGITS_OF_A_TELEPHONE
