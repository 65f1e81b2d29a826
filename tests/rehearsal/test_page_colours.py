"""The colours of the rehearsal page can be read by tired eyes, in the light and in the dark (WCAG 1.4.3: 4.5:1)."""

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).parent.parent.parent / "rehearsal" / "page.css").read_text()
LEAST = 4.5
PAIRS = [
    *((ink, ground) for ink in ("ink", "soft") for ground in ("paper", "panel", "own", "bot", "spent-ground")),
    *(("ink", ground) for ground in ("wall", "alarm-soft", "key")),
    *((ink, ground) for ink in ("good", "next") for ground in ("panel", "alarm-soft")),
    ("alarm", "alarm-soft"),
    ("teal-dark", "paper"),
    ("teal-dark", "key"),
    ("on-teal", "teal"),
    ("spent", "spent-ground"),
    ("on-amber", "amber"),
    ("tick", "own"),
]


def colours(selector: str) -> dict[str, str]:
    block = STYLE.split(f"{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", block))


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(one * 2 for one in colour)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("selector", [":root", "body.body--dark"])
def test_every_text_stands_out_from_what_is_behind_it(selector: str) -> None:
    known = colours(selector)
    faint = {}
    for ink, ground in PAIRS:
        darker, lighter = sorted((luminance(known[ink]), luminance(known[ground])))
        contrast = (lighter + 0.05) / (darker + 0.05)
        if contrast < LEAST:
            faint[ink, ground] = round(contrast, 2)
    assert faint == {}


def test_nothing_is_fetched_by_the_style() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE
