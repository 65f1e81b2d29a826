"""What somebody says they wish to stop: what stopping.yml promises. A question is no wish."""

from __future__ import annotations

import pytest

from study.triage.stopping import stopping_rules, wished_to_stop

RULES = stopping_rules()
FOUND = [(scope, text) for scope, texts in RULES.must_find.items() for text in texts]
NOT_FOUND = [text for texts in RULES.must_not.values() for text in texts]


@pytest.mark.parametrize(("scope", "text"), FOUND)
def test_a_plain_wish_names_its_scope_and_no_other(scope: str, text: str) -> None:
    assert wished_to_stop(text) == [scope]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_no_plain_wish_names_nothing(text: str) -> None:
    assert wished_to_stop(text) == []


def test_several_scopes_in_one_message_are_all_heard() -> None:
    said = "I don't want to come to the visits any more, and please delete all my data."
    assert wished_to_stop(said) == ["visits", "data_use"]


@pytest.mark.parametrize("text", ["I want to leave the study", "I quit", "I want to withdraw", "count me out"])
def test_a_wish_to_leave_names_no_scope_and_is_asked_about(text: str) -> None:
    assert wished_to_stop(text) == []
