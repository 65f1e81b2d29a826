"""Publishing what the bot answers: only what passed the gate, with every text approved, and by a second person."""

from __future__ import annotations

from typing import Any

from study.errors import PublishingError
from study.publications import Publication, Step, history, published
from study.work import Work

KEPT = ("topics", "examples", "golden", "changes", "texts", "answers", "made_at", "seconds")
"""What is kept of the gate's report: enough to compare the next model with, and to prove what was approved by whom."""


def publish(work: Work, report: dict[str, Any], by: str) -> Publication:
    """The model of this report is what Rasa is given from now on. Raises PublishingError with the first reason
    against it."""
    now = published(work.session)
    refuse(report, now, by)
    row = Publication(
        at=work.now,
        step=Step.PUBLISHED,
        by=by.strip(),
        model=report["model"],
        sha256=report["sha256"],
        report={key: report[key] for key in KEPT if key in report},
    )
    return _keep(work, row)


def refuse(report: dict[str, Any], now: Publication | None, by: str) -> None:
    """Raises PublishingError where this model may not be published by this person."""
    if not by.strip():
        raise PublishingError('--by: write your name, such as --by "C. Ruiz"')
    if now is not None and now.sha256 == report["sha256"]:
        raise PublishingError(f"{report['model']} is what is served already, published by {now.by}")
    if report["against"]:
        more = f" (and {len(report['against']) - 1} more)" if len(report["against"]) > 1 else ""
        raise PublishingError(f"{report['model']} did not pass the gate: {report['against'][0]}{more}")
    before = now.report.get("texts", {}) if now is not None else {}
    for text_id, text in report["texts"].items():
        approver = (text.get("approved_by") or "").strip()
        if not approver or not text.get("approved_on"):
            raise PublishingError(
                f"{text_id}: version {text['version']} is approved by nobody; see its file in nlu/faq"
            )
        changed = before.get(text_id) != text
        if changed and approver.casefold() == by.strip().casefold():
            raise PublishingError(
                f"{text_id}: {approver} approved it, so somebody else has to publish it (two people see every text)"
            )


def roll_back(work: Work, by: str) -> Publication:
    """The model that was served before is served again. Raises PublishingError where there is none."""
    if not by.strip():
        raise PublishingError('--by: write your name, such as --by "C. Ruiz"')
    before = previous(history(work.session))
    if before is None:
        raise PublishingError("there is no earlier publication to go back to; `alongside faq history` lists them")
    row = Publication(
        at=work.now,
        step=Step.ROLLED_BACK,
        by=by.strip(),
        model=before.model,
        sha256=before.sha256,
        report=before.report,
    )
    return _keep(work, row)


def previous(steps: list[Publication]) -> Publication | None:
    """What was served before what is served now: a step back takes its publication away, so that a second step back
    goes one further. `steps` as in `history`, the newest first."""
    served: list[Publication] = []
    for row in reversed(steps):
        if row.step == Step.PUBLISHED:
            served.append(row)
        elif served:
            served.pop()
    return served[-2] if len(served) > 1 else None


def _keep(work: Work, row: Publication) -> Publication:
    work.session.add(row)
    work.session.flush()
    work.record(row.by, f"model_{row.step}", row.model, sha256=row.sha256)
    return row
