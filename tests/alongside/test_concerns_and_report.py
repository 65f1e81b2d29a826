"""`concerns`: gravest first, who was told, when the next is called, the whole trail of one. `report`: the figures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from study.bootstrap import App, bootstrap
from study.concerns import Concern, ConcernKind
from study.participants import by_code
from study.protocol import Severity
from study.services.concerning import raise_concern
from study.services.due import do_what_is_due
from study.services.taking_concerns import acknowledge, resolve, show_words
from study.staff import StaffMember
from study.work import Work
from tests.alongside.conftest import Terminal
from tests.alongside.test_people import at_80_columns
from tests.factories import a_member, a_message, a_participant, received

WORDS = "i cant breathe since this morning"


@pytest.fixture
def app(terminal: Terminal) -> App:
    """P-001's red flag (40 minutes old, taken by nobody), a question of P-002, one of a test participant."""
    made = bootstrap()
    now = made.clock.now()
    began = now - timedelta(minutes=40)

    def people(work: Work) -> None:
        a_participant(work, "P-001", chat=1001).is_test = False
        a_participant(work, "P-002", site="S2", chat=1002).is_test = False
        a_participant(work, "T-001", chat=1003)
        for number, (role, site) in enumerate([("nurse", "S1"), ("investigator", "S1"), ("nurse", "S2")], start=1):
            a_member(work, f"{role} {site}", role, site, chat=2000 + number)

    def asked(work: Work) -> None:
        for code in ("P-002", "T-001"):
            raise_concern(work, by_code(work.session, code), ConcernKind.QUESTION, Severity.ROUTINE)

    made.db.run(lambda session: people(Work(session, made.study, began)))
    made.db.run(lambda session: asked(Work(session, made.study, began)))
    made.db.run(lambda session: received(session, made.study, a_message(WORDS, sent_at=began), began))
    do_what_is_due(made.db, made.study, now - timedelta(minutes=20))
    return made


def red_flag(app: App, take: bool = True) -> str:
    """Its reference; taken by the nurse of S1, words looked at, resolved."""

    def do(work: Work) -> str:
        concern = work.session.query(Concern).filter_by(kind=ConcernKind.RED_FLAG).one()
        nurse = work.session.query(StaffMember).filter_by(code="STAFF-01").one()
        if take:
            acknowledge(work, nurse, concern.id)
            show_words(work, nurse, concern.id)
            resolve(work, nurse, concern.id)
        return concern.reference

    return app.db.run(lambda session: do(Work(session, app.study, app.clock.now())))


def test_the_gravest_is_first_with_its_age_whom_it_was_told_and_when_the_next_is_called(
    terminal: Terminal, app: App
) -> None:
    first, *others = terminal.reads("concerns", "--json")
    assert (first["participant"], first["severity"], first["flags"]) == ("P-001", "emergency", ["breathing"])
    assert (first["since"], first["level"], first["levels"]) == ("40 min", 2, 2)
    assert [one["code"] for one in first["called"]] == ["STAFF-01", "STAFF-02"]
    assert first["next_page"] is not None
    assert first["acknowledged_by"] is None
    assert [one["severity"] for one in others] == ["routine", "routine"]
    line = next(line for line in terminal.runs("concerns").out.splitlines() if "P-001" in line)
    assert "told STAFF-01 nurse, STAFF-02 investigator" in line
    assert "next call" in line


def test_who_has_it_is_said_by_code_and_role_and_resolved_ones_are_for_all(terminal: Terminal, app: App) -> None:
    reference = red_flag(app)
    assert reference not in terminal.runs("concerns").out
    (row,) = [row for row in terminal.reads("concerns", "--all", "--json") if row["reference"] == reference]
    assert (row["state"], row["acknowledged_by"]) == ("resolved", {"code": "STAFF-01", "role": "nurse"})
    assert "STAFF-01 nurse since" in terminal.runs("concerns", "--all").out


def test_one_site_is_that_site_and_tests_are_marked_and_not_counted(terminal: Terminal, app: App) -> None:
    assert [row["participant"] for row in terminal.reads("concerns", "--site", "S2", "--json")] == ["P-002"]
    said = terminal.runs("concerns").out
    assert "T-001 test" in said
    assert "2 concerns, 1 of test participants, who count in no report" in said


def test_the_trail_of_one_tells_everything_but_the_words(terminal: Terminal, app: App) -> None:
    reference = red_flag(app)
    trail = terminal.reads("concerns", "--history", reference.lower(), "--json")
    told = [(one["by"], one["what"]) for one in trail]
    assert told[:3] == [("system", "raised"), ("system", "paged"), ("system", "paged")]
    nurse = [what for by, what in told if by == "STAFF-01 nurse"]
    assert nurse == ["acknowledged", "words shown", "resolved"]
    assert "told: STAFF-01 nurse" in trail[1]["details"]
    assert "level: 1" in trail[1]["details"]
    shown = terminal.runs("concerns", "--history", reference).out
    assert "breathe since" not in shown
    assert "nurse S1" not in shown, "no names of staff"


def test_a_terminal_of_80_columns_breaks_no_reference_and_no_state(terminal: Terminal, app: App) -> None:
    shown = at_80_columns(terminal, "concerns")
    assert max(len(line) for line in shown.splitlines()) <= 80
    for whole in ("C-0001", "emergency", "notified 2/2", "40 min"):
        assert whole in shown
    assert max(len(line) for line in at_80_columns(terminal, "report").splitlines()) <= 80


def test_a_report_says_the_same_to_people_and_to_scripts(terminal: Terminal, app: App) -> None:
    red_flag(app)
    figures = terminal.reads("report", "--json")
    assert figures["standings"] == {"enrolled": 2}
    assert (figures["tests_left_out"], figures["with_tests"]) == (1, False)
    flag = figures["concerns"][0]
    assert (flag["kind"], flag["number"], round(flag["to_acknowledgement"]["median"] / 60)) == ("red_flag", 1, 40)
    said = terminal.runs("report").out
    assert "Participants now: 2 (2 enrolled)" in said
    assert "40 min" in said
    assert "It is not a missed dose" in said
    assert "1 test participant left out" in said
    assert "these are not the study's figures" in terminal.runs("report", "--with-tests").out


def test_a_report_of_days_and_of_a_site_is_of_those(terminal: Terminal, app: App) -> None:
    assert terminal.reads("report", "--from", "2030-01-01", "--json")["concerns"] == []
    assert terminal.reads("report", "--site", "S2", "--json")["standings"] == {"enrolled": 1}


def test_nothing_is_called_adherence_by_another_name(terminal: Terminal, app: App) -> None:
    said = terminal.runs("report").out + terminal.runs("report", "--json").out
    assert "MPR" not in said
    assert "PDC" not in said
