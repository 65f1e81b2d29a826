"""Signs that answer without a word: a thumb up, a tick, a thumb down, a cross; with any colour of skin."""

from __future__ import annotations

from enum import StrEnum

UP = frozenset(
    "\N{THUMBS UP SIGN}\N{OK HAND SIGN}\N{WHITE HEAVY CHECK MARK}\N{HEAVY CHECK MARK}\N{BALLOT BOX WITH CHECK}"
)
DOWN = frozenset("\N{THUMBS DOWN SIGN}\N{CROSS MARK}\N{NEGATIVE SQUARED CROSS MARK}\N{NO ENTRY SIGN}")
_SKINS = frozenset(chr(code) for code in range(0x1F3FB, 0x1F400))
_UNSEEN = frozenset("\N{VARIATION SELECTOR-16}\N{VARIATION SELECTOR-15}\N{ZERO WIDTH JOINER}")


class Thumb(StrEnum):
    UP = "up"
    DOWN = "down"


def thumb(text: str) -> Thumb | None:
    """What a message of signs alone says; None where there are words, other signs, or both kinds."""
    signs = {one for one in text if one not in _SKINS and one not in _UNSEEN and not one.isspace()}
    if not signs:
        return None
    if signs <= UP:
        return Thumb.UP
    return Thumb.DOWN if signs <= DOWN else None
