"""Another language is known as one, English with slips is not."""

import pytest

from study.triage.language import is_other_language
from study.triage.red_flags import red_flag_rules, set_aside, with_hints


@pytest.mark.parametrize(
    "text",
    [
        "tengo una pregunta sobre las pastillas",
        "wann ist mein nächster Termin",
        "est-ce que je peux boire du vin",
        "quando è la mia prossima visita",
        "posso tomar vinho com o comprimido",
        "kiedy mam następną wizytę",
        "когда мой следующий визит",
        "متى موعدي القادم",
        "我可以喝酒吗",
    ],
)
def test_a_question_in_another_language_is_known_as_one(text: str) -> None:
    assert is_other_language(text)


@pytest.mark.parametrize(
    "text",
    [
        "wen is my nxt apointment",
        "u ok hun",
        "hola",
        "ta very much",
        "my tummy is dodgy innit",
        "",
        "👍👍",
        "38.5",
        "dr moreno",
    ],
)
def test_odd_english_and_what_is_no_language_is_none(text: str) -> None:
    assert not is_other_language(text)


def test_the_model_hears_no_red_flag_in_a_language_it_does_not_know() -> None:
    assert with_hints("wie komme ich zum Bahnhof bitte", ["hospitalised"]) == []
    assert with_hints("ich habe Brustschmerzen", ["hospitalised"]) == ["chest_pain"]
    assert with_hints("they are keeping me in tonight", ["hospitalised"]) == ["hospitalised"]


def test_of_another_language_every_hint_is_set_aside() -> None:
    assert set_aside("wie komme ich zum Bahnhof bitte") == list(red_flag_rules().kinds)
