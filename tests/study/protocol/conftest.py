"""A copy of HARBOR to break, in a folder of its own, named as errors will name it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from study.errors import ProtocolError
from study.protocol import Study, load_study
from study.protocol.checking import check_study
from study.protocol.faq_files import FAQ_TOPICS
from study.protocol.findings import Finding

ROOT = Path(__file__).parents[3]
HARBOR = ROOT / "protocols" / "harbor"
FOLDER = Path("harbor")
FAQ = Path("faq")
DOMAIN = Path("domain.yml")


@dataclass
class Copy:
    """Files to write mistakes into; the working directory is where they are."""

    def path(self, name: str) -> Path:
        return {"domain.yml": DOMAIN, "topics.yml": FAQ / name}.get(name, FOLDER / name)

    def change(self, name: str, before: str, after: str) -> None:
        """`before` must be there exactly once: a test that changes nothing would prove nothing."""
        path = self.path(name)
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{before!r} is {text.count(before)} times in {name}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def line(self, name: str, marker: str) -> int:
        """The number of the first line that holds the marker."""
        lines = self.path(name).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, start=1) if marker in line)

    def errors(self) -> list[str]:
        try:
            load_study(FOLDER)
        except ProtocolError as error:
            return [str(one) for one in error.errors]
        return []

    def findings(self) -> list[Finding]:
        return check_study(FOLDER, FAQ, DOMAIN)


@pytest.fixture(scope="session")
def harbor() -> Study:
    """Read once: nobody may change it."""
    return load_study(HARBOR)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copy:
    shutil.copytree(HARBOR, tmp_path / FOLDER, ignore=shutil.ignore_patterns("rehearsals"))
    monkeypatch.chdir(tmp_path)
    FAQ.mkdir()
    (FAQ / "topics.yml").write_text(FAQ_FILE, encoding="utf-8")
    DOMAIN.write_text(DOMAIN_FILE, encoding="utf-8")
    return Copy()


APPROVED = 'version: 1, approved_by: "Dr. L. Moreno", approved_on: 2026-02-11'

FAQ_FILE = (
    'version: "3.1"\nnlu:\n'
    + "".join(
        f"- intent: faq/{topic}\n  examples: |\n    - first about {topic}\n    - second about {topic}\n"
        for topic in FAQ_TOPICS
    )
    + "responses:\n"
    + "".join(
        f'  utter_faq/{topic}:\n  - text: "What to know about it."\n    metadata: {{id: faq.{topic}, {APPROVED}}}\n'
        for topic in FAQ_TOPICS
    )
)

DOMAIN_FILE = (
    'version: "3.1"\nintents: [greet]\nresponses:\n  utter_greet:\n  - text: "Hello."\n'
    f"    metadata: {{id: small.greet, {APPROVED}}}\n"
)
