"""A mistake in a script is one line: file, line, place, mend."""

from pathlib import Path

import pytest

from rehearsal.script import read_script
from study.errors import ProtocolError
from tests.conftest import ROOT
from tests.rehearsal.test_script import HARBOR, HEAD

STEP = "  - P-001: hello\n    expect: "


def mistakes(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "script.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError) as raised:
        read_script(file, HARBOR, ROOT / "nlu" / "faq")
    return [str(one).removeprefix(f"{file.as_posix()}:") for one in raised.value.errors]


def of_steps(tmp_path: Path, steps: str) -> list[str]:
    return mistakes(tmp_path, HEAD + steps)


@pytest.mark.parametrize(
    ("steps", "mend"),
    [
        (
            STEP + "{answr: risks}\n",
            "10: steps[0].expect.answr: unknown key (did you mean answer?); known here: answer, asks, says, told, "
            "not_told, silent, concern, row, route",
        ),
        (
            "  - P-01: hello\n",
            "9: steps[0].P-01: unknown key (did you mean P-001?); known here: P-001, P-002, nora, wait, at, rebind, "
            "stop, kill, start, expect",
        ),
        (
            '  - P-001: {tpa: "Start"}\n',
            "9: steps[0].P-001.tpa: unknown key (did you mean tap?); known here: text, tap, photo, voice, sticker, "
            "document, location, contact, edit, react, forward, group, old_phone, reply_to, on",
        ),
        (
            STEP + "{concern: {sevrity: urgent}}\n",
            "10: steps[0].expect.concern.sevrity: unknown key (did you mean severity?); known here: kind, flags, "
            "severity, state, level, by, participant, site, id",
        ),
        (
            STEP + "{row: {checkin: weekly, stat: missed}}\n",
            "10: steps[0].expect.row.stat: unknown key (did you mean state?); known here: checkin, state, item, day, "
            "skipped, participant",
        ),
        ("  - wait: 3\n", "9: steps[0].wait: must be a length of time such as 10m, 3h or 2d"),
        ("  - wait: 0m\n", "9: steps[0].wait: must be longer than nothing, such as 10m, 3h or 2d"),
        (
            "  - at: 2026-03-02\n",
            "9: steps[0].at: must be a day and hour such as 2026-03-02T08:30, in the site's own time (no offset)",
        ),
        ("  - at: 2026-02-30T08:00\n", "9: steps[0].at: is no day and hour of the calendar"),
        (
            "  - wait: 2h\n  - at: 2026-03-02T09:00\n",
            "10: steps[1].at: is over: the clock stands at 2026-03-02T10:30 here and only goes forward",
        ),
        ("  - stop: raza\n", "9: steps[0].stop: must be one of rasa, actions, bot (did you mean rasa?)"),
        (
            "  - stop: bot\n  - kill: bot\n",
            "10: steps[1].kill: bot is stopped already at this step; start: bot lets it run again",
        ),
        (
            "  - P-001: {edit: x}\n",
            "9: steps[0].P-001.edit: changes the last text of P-001, who has written none before",
        ),
        (
            "  - P-001: {old_phone: x}\n",
            "9: steps[0].P-001.old_phone: is the phone before a `rebind: P-001`, and there is none before this step",
        ),
        ("  - rebind: nora\n", "9: steps[0].rebind: must be one of P-001, P-002"),
        ("  - P-001: {tap: x, photo: any}\n", "9: steps[0].P-001: must be one of text, tap, photo, voice, sticker,"),
        (
            "  - P-001: {tap: x, reply_to: y}\n",
            "9: steps[0].P-001.reply_to: goes with text only: {text: ..., reply_to: ...}",
        ),
        (
            "  - P-001: hi\n    nora: hi\n",
            "10: steps[0].nora: a step is one thing: put it after P-001, as a step of its",
        ),
        ("  - P-001:\n", "9: steps[0].P-001: must be text"),
        ("  - hello\n", "9: steps[0]: must be a block of keys: P-001, P-002, nora, wait, at"),
        (STEP + "{}\n", "10: steps[0].expect: expects nothing; known here: answer, asks"),
        (STEP + "{told: nor}\n", "10: steps[0].expect.told: must be one of P-001, P-002, nora (did you mean nora?)"),
        (STEP + "{told: [nora, x]}\n", "10: steps[0].expect.told[1]: must be one of P-001, P-002, nora"),
        (STEP + "{answer: risk}\n", "10: steps[0].expect.answer: must be one of"),
        (STEP + "{asks: nausea}\n", "10: steps[0].expect.asks: must be one of nausea.frequency, nausea.severity"),
        (
            STEP + "{says: checkin.weekly.don}\n",
            "10: steps[0].expect.says: no text has the id checkin.weekly.don (did you mean checkin.weekly.done?)",
        ),
        (STEP + "{says: '/(/'}\n", "10: steps[0].expect.says: is no proper regular expression: missing )"),
        (STEP + "{silent: maybe}\n", "10: steps[0].expect.silent: must be true or false"),
        (STEP + "{route: answers}\n", "10: steps[0].expect.route: must be one of emergency, answer, symptom, dose,"),
        (STEP + "{concern: {flags: [chestpain]}}\n", "10: steps[0].expect.concern.flags[0]: must be one of chest_pain"),
        (STEP + "{concern: {by: P-001}}\n", "10: steps[0].expect.concern.by: must be one of nora"),
        (STEP + "{row: {state: missed}}\n", "10: steps[0].expect.row: must name one row and what stands in it"),
        (STEP + "{row: {dose: taken}}\n", "10: steps[0].expect.row.dose: must be a day such as 2026-03-02, or today"),
    ],
)
def test_a_mistake_in_a_step_names_its_line_and_the_mend(tmp_path: Path, steps: str, mend: str) -> None:
    (found,) = of_steps(tmp_path, steps)

    assert found.startswith(mend)
    assert "\n" not in found


@pytest.mark.parametrize(
    ("wrong", "right", "mend"),
    [
        (
            "stdy: protocols/harbor",
            "study: protocols/harbor",
            "2: stdy: unknown key (did you mean study?); known here:",
        ),
        (
            "study: nowhere",
            "study: protocols/harbor",
            "2: study: must be the folder of a study, with a study.yml in it",
        ),
        ("begin: 2026-03-02", "begin: 2026-03-02T08:30", "3: begin: must be a day and hour such as 2026-03-02T08:30"),
        ("begin: 2026-03-02T08:30+01:00", "begin: 2026-03-02T08:30", "3: begin: must be a day and hour such as"),
        ("site: S9}", "site: S1}", "7: people.nora.site: must be one of S1, S2"),
        ("role: nurce", "role: nurse", "7: people.nora.role: must be one of nurse, coordinator, investigator"),
        ("{role: nurse, ", "{", ""),
        ("timezone: Europe/Madird", "timezone: Europe/Madrid", "5: people.P-001.timezone: "),
        ("enrolled: 1", "enrolled: true", "5: people.P-001.enrolled: must be true or false"),
        ("enroled: true", "enrolled: true", "5: people.P-001.enroled: unknown key (did you mean enrolled?)"),
        ("NORA: {role: nurse, site: S1}\n  nora", "nora", "8: people.nora: is the same name as another's"),
        ("wait: {role", "nora: {role", "7: people.wait: must be a participant's code, such as P-001, or a short name"),
    ],
)
def test_a_mistake_in_the_head_is_found_before_any_step(tmp_path: Path, wrong: str, right: str, mend: str) -> None:
    head = HEAD.replace("{role: nurse, ", "{", 1) if not mend else HEAD.replace(right, wrong, 1)

    (found,) = mistakes(tmp_path, head + "  - nobody: hello\n")

    assert found.startswith(mend or "7: people.nora: role is missing: one of nurse, coordinator, investigator")


def test_a_missing_beginning_is_said(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, HEAD.replace("begin: 2026-03-02T08:30\n", "") + "  - wait: 1h\n")

    assert "begin is missing" in found


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = of_steps(tmp_path, "  - wait: x\n  - P-001: hi\n    expect: {tell: nora}\n  - stop: all\n")

    assert [one.partition(":")[0] for one in found] == ["9", "11", "12"]


@pytest.mark.parametrize("text", ["people: [", "- one\n- two\n", "", "a: &x 1\nb: *x\n"])
def test_what_is_no_script_at_all_is_one_line_too(tmp_path: Path, text: str) -> None:
    assert len(mistakes(tmp_path, text)) == 1


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="there is no such file"):
        read_script(tmp_path / "no.yml", HARBOR, ROOT / "nlu" / "faq")
