"""What Rasa heard only faintly is asked about on the phone, and the answer reaches a nurse; and what it heard is not
stored in the participant's words."""

from __future__ import annotations

from study.concerns import ConcernKind
from tests.faults.installation import Installation

REPLY = {"text": "Here is what the study says.", "utter": "utter_faq/visits", "wording": {"id": "visits", "version": 1}}


def test_it_is_asked_below_the_answer_and_a_yes_calls_a_nurse(running: Installation) -> None:
    nora = running.member()
    ana, code = running.participant()
    found = {"intent": "faq/visits", "route": "answer", "answer": "visits", "flags": [], "faint_flags": ["breathing"]}
    turn = {"complete": True, "replies": [REPLY], "state_after": {}, "understood": found}
    running.rasa.answers(200, turn)
    running.participants.say(ana, "is the room high up, the stairs are the end of me these days")
    running.settle()
    said = running.received(ana)
    assert said[0] == REPLY["text"]
    assert "is it an emergency now?" in said[1]
    assert [concern.kind for concern in running.concerns(code)] == [ConcernKind.SYMPTOM]
    running.participants.press(ana, "Yes")
    running.settle()
    assert "Call 112" in running.received(ana)[2]
    assert [concern.flags for concern in running.concerns(code)][-1] == ["breathing"]
    assert any(code in alert.text for alert in running.alerts(nora))


def test_the_words_a_symptom_was_heard_in_are_not_stored_in_the_open(running: Installation) -> None:
    ana, code = running.participant()
    heard = {"term": "nausea", "said": "my stomach turns at the secret thing"}
    found = {"intent": "report_symptom", "route": "symptom", "flags": [], "faint_flags": [], "symptoms": [heard]}
    running.rasa.answers(200, {"complete": True, "replies": [REPLY], "state_after": {}, "understood": found})
    running.participants.say(ana, "my stomach turns at the secret thing")
    running.settle()
    (row,) = running.rows(code)
    assert row.understood == {**found, "symptoms": [{"term": "nausea"}]}
