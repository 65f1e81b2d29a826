"""`study check`: everything that is said to a participant or to staff, looked at before anybody reads it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from study.errors import ProtocolError
from study.protocol.blocks import Severity
from study.protocol.faq_files import check_domain, check_faq
from study.protocol.findings import Finding, Weight
from study.protocol.marked_yaml import MarkedFile, Place, read_marked
from study.protocol.models import CountryNumbers, Site, Study
from study.protocol.reading import STUDY_FILE, WORDING_FILE, load_study
from study.protocol.wording import Wording
from study.protocol.wording_ids import EMERGENCY_LIMIT, Shown, WordingUse, wording_uses
from study.protocol.wording_rules import hints_at_arm, shows_on_lock_screen

LONGEST_OPENING = "Wednesday 08:00"
"""The longest {opens} there is, to measure filled texts with."""


def check_study(folder: Path, faq_folder: Path | None, domain_file: Path) -> list[Finding]:
    """All findings, file by file and line by line. None at all means: approved and ready to start. Without `faq_folder`
    the FAQ files are left out: what they say is in a published model already, or a draft."""
    findings: list[Finding] = []
    drug_name = None
    try:
        study = load_study(folder)
    except ProtocolError as error:
        findings.extend(Finding.of(one) for one in error.errors)
    else:
        drug_name = study.drug_name
        findings.extend(_study_texts(study))
    findings.extend(check_faq(faq_folder, drug_name) if faq_folder is not None else [])
    findings.extend(check_domain(domain_file, drug_name))
    files = list(dict.fromkeys(finding.file for finding in findings))
    return sorted(findings, key=lambda finding: (files.index(finding.file), finding.line))


def _study_texts(study: Study) -> Iterator[Finding]:
    marked = read_marked(study.folder / STUDY_FILE)
    shown = shows_on_lock_screen(study.neutral_name, drug_name=study.drug_name, private_words=study.private_words)
    if shown:
        yield Finding.at(marked, ("neutral_name",), f"would show {shown!r} on a locked phone")
    texts = read_marked(study.folder / WORDING_FILE)
    uses = wording_uses(study)
    for wording_id, wording in study.wordings.wordings.items():
        here: Place = ("wordings", wording_id)
        if not wording.approved:
            mend = f"version {wording.version} is not approved: needs approved_by and approved_on"
            yield Finding.at(texts, here, mend, Weight.UNAPPROVED)
        hint = hints_at_arm(wording.text, drug_name=study.drug_name)
        if hint:
            yield Finding.at(texts, (*here, "text"), f"hints at a treatment arm: {hint}")
        if wording_id not in uses:
            yield Finding.at(texts, here, "is used nowhere: mistyped, or no longer needed?", Weight.WARNING)
            continue
        yield from _lock_screen(study, texts, wording, uses[wording_id])
        yield from _length(study, texts, wording, uses[wording_id])


def _lock_screen(study: Study, texts: MarkedFile, wording: Wording, use: WordingUse) -> Iterator[Finding]:
    if use.shown not in (Shown.PUSH, Shown.STAFF):
        return
    visible = wording.text if use.shown is Shown.STAFF else wording.first_line
    shown = shows_on_lock_screen(visible, drug_name=study.drug_name, private_words=study.private_words)
    if shown:
        yield Finding.at(texts, ("wordings", wording.id, "text"), f"would show {shown!r} on a locked phone")


def _length(study: Study, texts: MarkedFile, wording: Wording, use: WordingUse) -> Iterator[Finding]:
    here: Place = ("wordings", wording.id, "text")
    if wording.id.startswith("emergency."):
        longest = longest_emergency(study, wording.id)
        if longest > EMERGENCY_LIMIT:
            mend = f"is {longest} characters long when filled in; in an emergency at most {EMERGENCY_LIMIT}"
            yield Finding.at(texts, here, mend)
    elif len(wording.text) > use.longest:
        mend = f"is {len(wording.text)} characters long; at most {use.longest} here"
        yield Finding.at(texts, here, mend, Weight.WARNING)


def longest_emergency(study: Study, wording_id: str) -> int:
    """Its length in characters, filled in for the site, country and hour that make it longest."""
    elsewhere = {
        "emergency_number": study.wordings.render("lifeline.emergency_elsewhere"),
        "crisis_line": study.wordings.render("lifeline.crisis_elsewhere"),
    }
    known: list[Site | CountryNumbers] = [*study.sites.values(), *study.countries.values()]
    numbers = [
        elsewhere,
        *({"emergency_number": one.emergency_number, "crisis_line": one.crisis_line} for one in known),
    ]
    reads = [
        part.for_severity(severity)
        for part in (study.monitoring.in_hours, study.monitoring.out_of_hours)
        for severity in (Severity.EMERGENCY, Severity.URGENT)
    ]
    lengths = []
    for site, lifelines, who_reads in product(study.sites.values(), numbers, reads):
        told = study.wordings.render(who_reads, team_phone=site.telephone, opens=LONGEST_OPENING)
        params = {
            "team_phone": site.telephone,
            "code_break_number": site.code_break_number,
            "who_reads": told,
        }
        lengths.append(len(study.wordings.render(wording_id, **params, **lifelines)))
    return max(lengths)
