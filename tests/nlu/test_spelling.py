"""Words are mended before a sentence is read; what is right, or might be, stays."""

import pytest

from nlu.components.spelling import Spelling

SPELLING = Spelling(["tablet", "because", "headache"], {"what": 1, "hello": 2, "witch": 3, "where": 4})


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("my tabelt", "my tablet"),
        ("a hedache becuase", "a headache because"),
        ("helllooo", "hello"),
        ("wat do u want 2day", "what do you want today"),
        ("WUD u ring b4 2nite, plz", "would you ring before tonight please"),
    ],
)
def test_a_slip_is_mended(written: str, mended: str) -> None:
    assert SPELLING.mended(written) == mended


@pytest.mark.parametrize(
    "written", ["what", "wheres", "witch", "BX117", "at 10pm", "2 or 3", "a4 k9", "müde", "zzzzqq"]
)
def test_what_is_no_slip_stays(written: str) -> None:
    assert SPELLING.mended(written) == written
