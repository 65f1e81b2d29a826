"""An expectation is judged on its own step; one that does not hold says what was expected and what happened."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from rehearsal.expectations import Judge, Miss
from rehearsal.happenings import ConcernNow, Happened
from rehearsal.reading_blocks import Problems
from rehearsal.reading_expectations import Expect, read_expect
from rehearsal.script import Role
from rehearsal.transcript import BOT, Line
from rehearsal.vocabulary import Vocabulary
from study.checkins import Answer, DoseReport, Occurrence
from study.clock import local_moment
from study.db.migrate import upgrade
from study.db.session import Database
from study.keys import Vault, new_master_key, vault_of
from study.participants import Participant
from study.protocol import Study
from study.protocol.marked_yaml import MarkedFile
from tests.conftest import ROOT

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
PEOPLE = {
    "P-001": Role("P-001", "participant", "S1", "Europe/Madrid"),
    "P-002": Role("P-002", "participant", "S1", "Europe/Madrid"),
    "nora": Role("nora", "nurse", "S1", "Europe/Madrid"),
}


@pytest.fixture(scope="module")
def vocabulary(study: Study) -> Vocabulary:
    return Vocabulary.of(study, ROOT / "nlu" / "faq", ROOT / "domain.yml")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'test.db'}", Vault(new_master_key()))
    upgrade(made)
    yield made
    made.close()


def expect(vocabulary: Vocabulary, **wanted: Any) -> Expect:
    problems = Problems(MarkedFile("script.yml", None))
    read = read_expect(problems, (), wanted, PEOPLE, vocabulary)
    assert [str(one) for one in problems.found] == []
    return read


def sent(to: str = "P-001", text: str = "Hello.", *wordings: str, **more: Any) -> Line:
    known = [{"id": one, "version": 1} for one in wordings]
    return Line(NOW, BOT, to, "out", text, "Europe/Madrid", wordings=known, **more)


def happened(*messages: Line, who: str | None = "P-001", **more: Any) -> Happened:
    return Happened(who, who is not None, list(messages), **more)


def concern(touched: bool = True, **more: Any) -> ConcernNow:
    fields: dict[str, Any] = {
        "id": "C-0001",
        "kind": "red_flag",
        "severity": "emergency",
        "state": "notified",
        "flags": ("chest_pain", "breathing"),
        "said": ("chest_pain", "breathing"),
        "level": 1,
        "by": None,
        "participant": "P-001",
        "site": "S1",
        "touched": touched,
    }
    return ConcernNow(**fields | more)


@pytest.fixture
def judged(sqlite: Database, vocabulary: Vocabulary) -> Any:
    def judge(came: Happened, **wanted: Any) -> Miss | None:
        return Judge(sqlite, came, NOW).first_miss(expect(vocabulary, **wanted))

    return judge


def test_an_answer_is_one_of_this_steps_messages(judged: Any) -> None:
    came = happened(sent("P-001", "Yes.", "faq.withdrawal", answer="withdrawal"))

    assert judged(came, answer="withdrawal") is None
    missed = judged(came, answer="risks")
    assert (missed.expected, missed.happened) == (
        "answer risks",
        'answered withdrawal; said faq.withdrawal@1 to P-001 ("Yes.")',
    )


def test_what_is_asked_is_the_last_item_asked(judged: Any) -> None:
    came = happened(sent(asks="nausea.frequency"), sent(asks="nausea.severity"))

    assert judged(came, asks="nausea.severity") is None
    assert judged(came, asks="nausea.frequency").expected == "asks nausea.frequency"


def test_a_text_is_named_by_its_id_its_group_or_its_words(judged: Any) -> None:
    came = happened(sent("P-001", "Call 112 now.\nSit down.", "emergency.chest_pain"))

    for right in ("emergency.chest_pain", "emergency", "/^Call 112/", "/112 NOW/i", "/now.*down/"):
        assert judged(came, says=right) is None, right
    for wrong in ("emergency.stroke", "checkin", "/call 112/"):
        assert judged(came, says=wrong) is not None, wrong


def test_every_text_of_a_list_has_to_be_said(judged: Any) -> None:
    came = happened(sent("P-001", "One.", "checkin.weekly.done"))

    assert judged(came, says=["checkin.weekly.done", "concern.seen"]).expected == "says concern.seen"


def test_the_second_text_of_a_joined_message_counts_too(judged: Any) -> None:
    assert judged(happened(sent("P-001", "a", "faq.risks", "item.dose.taken")), says="item.dose.taken") is None


def test_who_is_told_and_who_is_not(judged: Any) -> None:
    came = happened(sent("nora"), sent("P-001"))

    assert judged(came, told=["nora", "P-001"], not_told="P-002") is None
    assert judged(came, told="P-002").happened == "messages to nora, P-001"
    assert judged(came, not_told="nora").expected == "not_told nora"


def test_silence_is_no_message_to_anybody(judged: Any) -> None:
    assert judged(happened(), silent=True) is None
    assert judged(happened(sent("nora")), silent=True).expected == "silent true"
    assert judged(happened(), silent=False).happened == "nobody got a message"


def test_the_first_that_does_not_hold_is_named_with_its_line(judged: Any) -> None:
    missed = judged(happened(sent("nora")), told="nora", answer="risks", silent=True)

    assert missed.expected == "answer risks"
    assert missed.line == 1


def test_a_concern_of_a_persons_step_was_raised_joined_or_changed_in_it(judged: Any) -> None:
    assert judged(happened(concerns=[concern()]), concern={"kind": "red_flag"}) is None
    old = happened(concerns=[concern(touched=False)])
    assert judged(old, concern={"kind": "red_flag"}).happened == "no concern was raised or changed"
    assert judged(old, concern="none") is None


def test_after_a_wait_a_concern_is_judged_as_it_stands(judged: Any) -> None:
    assert judged(happened(who=None, concerns=[concern(touched=False)]), concern={"state": "notified"}) is None


def test_all_of_a_concern_has_to_fit_the_same_one(judged: Any) -> None:
    came = happened(concerns=[concern(kind="dose", flags=(), state="open"), concern(state="acknowledged", by="nora")])

    assert judged(came, concern={"state": "acknowledged", "by": "nora", "flags": ["breathing", "chest_pain"]}) is None
    missed = judged(came, concern={"kind": "dose", "state": "acknowledged"})
    assert missed.expected == "concern kind dose, state acknowledged"
    assert missed.happened.startswith("concern C-0001 kind dose, severity emergency, state open")


def test_flags_are_all_of_them_or_those_of_this_message(judged: Any) -> None:
    joined = happened(concerns=[concern(flags=("chest_pain", "bleeding"), said=("bleeding",))])

    assert judged(joined, concern={"flags": ["bleeding"]}) is None
    assert judged(joined, concern={"flags": ["bleeding", "chest_pain"]}) is None
    assert judged(joined, concern={"flags": ["chest_pain"]}) is not None


def test_no_concern_means_none(judged: Any) -> None:
    assert judged(happened(concerns=[concern()]), concern="none").expected == "concern none"


def test_a_route_is_that_of_a_message_of_this_step(judged: Any) -> None:
    assert judged(happened(routes=["visit"]), route="visit") is None
    assert judged(happened(routes=["visit"]), route="answer").happened == "route visit"


def add_participant(session: Session, code: str) -> Participant:
    key = vault_of(session).make_key(session, code, NOW)
    made = Participant(
        code=code, site="S1", timezone="Europe/Madrid", key_id=key.id, created_at=NOW, day1=date(2026, 3, 2)
    )
    session.add(made)
    session.flush()
    return made


def add_weekly(session: Session, participant: Participant, day: date, state: str) -> Occurrence:
    opens = local_moment(day, time(9), "Europe/Madrid")
    made = Occurrence(
        participant_id=participant.id,
        checkin="weekly",
        day=day,
        opens_at=opens,
        nudge_at=opens,
        closes_at=opens,
        state=state,
    )
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def rows(sqlite: Database) -> Database:
    """P-001 is at a weekly check-in that opened at `NOW`; one lies behind and one ahead. P-002 is noise."""

    def fill(session: Session) -> None:
        one, noise = add_participant(session, "P-001"), add_participant(session, "P-002")
        add_weekly(session, one, date(2026, 3, 2), "missed")
        now = add_weekly(session, one, date(2026, 3, 9), "started")
        add_weekly(session, one, date(2026, 3, 16), "planned")
        add_weekly(session, noise, date(2026, 3, 9), "completed")
        about = {"occurrence_id": now.id, "participant_id": one.id, "answered_at": NOW, "wording_version": 1}
        session.add(Answer(item="nausea.frequency", version=1, value="4", wording_id="x", **about))
        session.add(Answer(item="nausea.frequency", version=2, value="2", wording_id="x", **about))
        dose = {"participant_id": one.id, "day": date(2026, 3, 8), "reported_at": NOW}
        session.add(DoseReport(status="missed", **dose))
        session.flush()
        session.add(DoseReport(status="taken", **dose))

    sqlite.run(fill)
    return sqlite


@pytest.mark.usefixtures("rows")
def test_the_newest_check_in_is_the_last_that_has_opened(judged: Any) -> None:
    assert judged(happened(), row={"checkin": "weekly", "state": "started"}) is None
    missed = judged(happened(), row={"checkin": "weekly", "state": "missed"})
    assert (missed.expected, missed.happened) == ("row checkin weekly state missed", "P-001 state is started")


@pytest.mark.usefixtures("rows")
def test_a_check_in_of_another_day_is_named_by_its_day(judged: Any) -> None:
    assert judged(happened(), row={"checkin": "weekly", "day": date(2026, 3, 2), "state": "missed"}) is None
    assert judged(happened(), row={"checkin": "weekly", "day": date(2026, 3, 3), "state": "missed"}) is not None


@pytest.mark.usefixtures("rows")
def test_a_row_is_of_the_one_who_acted_unless_another_is_named(judged: Any) -> None:
    assert judged(happened(), row={"checkin": "weekly", "state": "completed"}) is not None
    assert judged(happened(), row={"checkin": "weekly", "participant": "P-002", "state": "completed"}) is None
    assert judged(happened(who=None), row={"checkin": "weekly", "state": "completed"}) is None
    assert judged(happened(who="nora"), row={"checkin": "weekly", "state": "completed"}) is None


@pytest.mark.usefixtures("rows")
def test_the_newest_answer_and_the_newest_dose_report_count(judged: Any) -> None:
    assert judged(happened(), row={"answer": "nausea.frequency", "value": 2}) is None
    assert judged(happened(), row={"answer": "nausea.frequency", "value": 4}) is not None
    assert judged(happened(), row={"dose": "yesterday", "status": "taken"}) is None
    assert judged(happened(), row={"dose": date(2026, 3, 8), "status": "missed"}) is not None


@pytest.mark.usefixtures("rows")
def test_none_is_expected_where_nothing_was_said(judged: Any) -> None:
    assert judged(happened(), row={"dose": "today", "status": "none"}) is None
    assert judged(happened(), row={"answer": "nausea.severity", "value": "none"}) is None


@pytest.mark.usefixtures("rows")
def test_where_a_participant_stands(judged: Any) -> None:
    assert judged(happened(), row={"participant": "P-002", "standing": "invited", "reachable": True}) is None
    assert judged(happened(), row={"participant": "P-002", "reachable": False}) is not None
    assert judged(happened(), row={"participant": "P-001", "day1": date(2026, 3, 2)}) is None


def test_a_row_that_is_not_there_is_said(judged: Any) -> None:
    assert judged(happened(), row={"alarm": "concern_unowned"}).happened == "there is no such row"
