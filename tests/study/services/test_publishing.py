"""Two people see every text before participants do; what is served can be proven and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from study.audit import AuditEvent, first_broken_link
from study.errors import PublishingError
from study.publications import history, published
from study.services.publishing import publish, roll_back
from tests.factories import MONDAY
from tests.study.services.conftest import Site

MORENO, RUIZ = "Dr. L. Moreno", "C. Ruiz"


def report(number: int = 1, **more: Any) -> dict[str, Any]:
    """What the gate says of a model that passed."""
    return {
        "model": f"alongside-{number:016x}.tar.gz",
        "sha256": f"{number:064x}",
        "against": [],
        "topics": 60,
        "examples": 1500,
        "golden": {"asked": 120, "right": 118, "passed_on": 2, "wrong": 0},
        "texts": {"faq.risks": text(1)},
        "changes": {},
    } | more


def text(version: int, by: str | None = MORENO, on: str | None = "2026-02-11") -> dict[str, Any]:
    return {"version": version, "approved_by": by, "approved_on": on, "sha256": str(version)}


def publishes(site: Site, what: dict[str, Any], by: str = RUIZ, hours: int = 0) -> str:
    return site.do(lambda work: publish(work, what, by).model, MONDAY + timedelta(hours=hours))


def served(site: Site) -> str | None:
    row = site.db.read(published)
    return row.model if row is not None else None


def test_what_passed_the_gate_and_was_approved_is_served_from_then_on(site: Site) -> None:
    assert served(site) is None
    publishes(site, report(1))
    publishes(site, report(2), hours=1)
    assert served(site) == report(2)["model"]
    newest, first = site.db.read(history)
    assert (first.by, first.sha256, first.at) == (RUIZ, report(1)["sha256"], MONDAY)
    assert newest.report["golden"]["right"] == 118
    events = [row.event for row in site.rows(AuditEvent) if row.subject.startswith("alongside-")]
    assert events == ["model_published", "model_published"]
    assert site.db.read(first_broken_link) is None


@pytest.mark.parametrize(
    ("what", "by", "why"),
    [
        (report(1, against=["'x' belongs to faq/risks and would be answered as faq/benefits", "more"]), RUIZ, "gate"),
        (report(1, texts={"faq.risks": text(2, by=None)}), RUIZ, "faq.risks: version 2 is approved by nobody"),
        (report(1, texts={"faq.risks": text(2, on=None)}), RUIZ, "approved by nobody"),
        (report(1), "dr. l. moreno ", "somebody else has to publish it"),
        (report(1), "  ", "--by: write your name"),
    ],
)
def test_it_is_refused_with_the_reason_and_nothing_changes(site: Site, what: dict[str, Any], by: str, why: str) -> None:
    with pytest.raises(PublishingError, match=why):
        publishes(site, what, by)
    assert served(site) is None


def test_who_approved_an_unchanged_text_may_publish_the_changes_of_others(site: Site) -> None:
    publishes(site, report(1))
    more = {"faq.risks": text(1), "faq.visits": text(1, by="A. Ferrer")}
    assert publishes(site, report(2, texts=more), by=MORENO, hours=1) == report(2)["model"]


def test_the_same_model_is_not_published_again(site: Site) -> None:
    publishes(site, report(1))
    with pytest.raises(PublishingError, match="served already, published by C"):
        publishes(site, report(1), hours=1)


def test_going_back_twice_goes_back_twice(site: Site) -> None:
    for number in (1, 2, 3):
        publishes(site, report(number), hours=number)
    back = [site.do(lambda work: roll_back(work, RUIZ).model, MONDAY + timedelta(days=1)) for _ in range(2)]
    assert back == [report(2)["model"], report(1)["model"]]
    assert served(site) == report(1)["model"]
    with pytest.raises(PublishingError, match="no earlier publication"):
        site.do(lambda work: roll_back(work, RUIZ))
    publishes(site, report(4), hours=48)
    assert site.do(lambda work: roll_back(work, RUIZ).model) == report(1)["model"], "what was taken back is not served"
