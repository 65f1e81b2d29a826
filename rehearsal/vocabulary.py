"""The words a script may use: what the study, its texts and its FAQ files know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from study.protocol import Study
from study.protocol.marked_yaml import read_marked

ROUTES = ("emergency", "answer", "symptom", "dose", "visit", "withdraw", "staff", "smalltalk", "checkin", "unsure")
"""What the bot does with a message (interfaces.md, `understand`)."""
OWN_ROUTES = (
    "link", "consent", "command", "unknown", "closed", "group", "group_moved", "membership", "reaction", "edited",
    "unreadable", "help", "acknowledge", "resolve", "words", "refused", "handed_over", "set_aside",
)  # fmt: skip
"""What it does with the rest: joining, commands, staff's taps, what nobody could answer."""


@dataclass(frozen=True)
class Vocabulary:
    """`texts` are the ids of all texts a participant or staff may be sent; `topics` the FAQ's."""

    study: Study
    texts: frozenset[str]
    topics: tuple[str, ...]

    @classmethod
    def of(cls, study: Study, faq: Path, domain: Path) -> Vocabulary:
        """Raises ProtocolError where a file is no plain YAML; its other mistakes are `study check`'s matter."""
        texts, topics = set(study.wordings.wordings), []
        for file in [*sorted(faq.glob("*.yml")), domain]:
            data = read_marked(file).data
            for utter, variants in _block(data, "responses"):
                texts.add(utter)
                texts.update(_ids(variants))
                if utter.startswith("utter_faq/"):
                    topics.append(utter.removeprefix("utter_faq/"))
        return cls(study, frozenset(texts), tuple(topics))

    def knows_text(self, wanted: str) -> bool:
        """An id, or the first part of several: `emergency` means emergency.chest_pain and all the others."""
        return any(is_text(one, wanted) for one in self.texts)

    @property
    def text_names(self) -> list[str]:
        """Ids and the groups they form, to guess from what was meant by a mistyped one."""
        groups = {one.rpartition(".")[0] for one in self.texts if "." in one}
        return sorted(self.texts | groups)


def is_text(text_id: str, wanted: str) -> bool:
    """Whether the text with this id is `wanted`, or belongs to the group of that name."""
    return text_id == wanted or text_id.startswith(f"{wanted}.")


def _block(data: Any, key: str) -> Iterator[tuple[str, Any]]:
    block = data.get(key) if isinstance(data, dict) else None
    yield from (block if isinstance(block, dict) else {}).items()


def _ids(variants: Any) -> Iterator[str]:
    for variant in variants if isinstance(variants, list) else []:
        metadata = variant.get("metadata") if isinstance(variant, dict) else None
        if isinstance(metadata, dict) and isinstance(metadata.get("id"), str):
            yield metadata["id"]
