"""docs/study-file.md and the models say the same."""

from __future__ import annotations

from study.protocol.blocks import Block
from study.protocol.models import Study
from study.protocol.wording import Wording
from study.protocol.wording_ids import REQUIRED_WORDINGS
from tests.study.protocol.conftest import ROOT

GUIDE = (ROOT / "docs" / "study-file.md").read_text(encoding="utf-8")
OWN_KEYS = {("Site", "code"), ("Item", "id"), ("CheckIn", "code"), ("Wording", "id")}


def blocks(of: type[Block] = Block) -> set[type[Block]]:
    return {one for child in of.__subclasses__() for one in ({child} | blocks(child)) if one is not Study}


def test_the_guide_explains_every_key() -> None:
    missing = [
        f"{block.__name__}.{field.alias or name}"
        for block in [*blocks(), Wording]
        for name, field in block.model_fields.items()
        if (block.__name__, name) not in OWN_KEYS
        and f"`{field.alias or name}`" not in GUIDE
        and f"### {name}\n" not in GUIDE
        and f"### scales and {name}\n" not in GUIDE
        and name != "scales"
    ]
    assert missing == []


def test_the_guide_lists_every_text_and_the_fields_it_may_use() -> None:
    for wording_id, use in REQUIRED_WORDINGS.items():
        row = next((line for line in GUIDE.splitlines() if line.startswith(f"| `{wording_id}` |")), "")
        assert row, wording_id
        assert all(f"`{{{param}}}`" in row for param in use.params), wording_id
