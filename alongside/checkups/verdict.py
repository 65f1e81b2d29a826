"""What a look found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """`verdict`: ok, warning (it runs, but look) or wrong (not as it has to be). `says` is what was found, or the
    mend."""

    what: str
    verdict: str
    says: str


def ok(what: str, says: str) -> Check:
    return Check(what, "ok", says)


def look(what: str, says: str) -> Check:
    return Check(what, "warning", says)


def wrong(what: str, says: str) -> Check:
    return Check(what, "wrong", says)
