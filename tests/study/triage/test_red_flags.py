"""Red flags: the reviewed file proves itself, and the hard cases hold in any company of friendly words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.triage import red_flags as triage
from study.triage.red_flags import asked_about, kinds, red_flag_rules, red_flags, set_aside
from study.triage.scope import scope_rules

KINDS = [
    "chest_pain", "breathing", "allergic_reaction", "seizure_or_fainting", "bleeding", "pregnancy", "overdose",
    "stroke", "suicidal_thoughts", "hospitalised", "death",
]  # fmt: skip
FRIENDLY = [
    "Hi Nora, hope you had a nice weekend!",
    "Thank you so much for all you do.",
    "The weather is lovely here.",
    "I watered the garden and made soup.",
    "See you on Friday.",
    "My sister says hello.",
    "I have a question about parking too.",
]
TURNING = ["no", "not", "never", "if", "i", "is", "my", "neighbour", "had", "chest", "pain", "or", ",", ".", "?",
           "years", "ago", "bleeding"]  # fmt: skip
ENTRIES = red_flag_rules().entries
MUST_FLAG = [(entry.kind, message) for entry in ENTRIES for message in entry.must_flag]
MUST_NOT = [(entry.kind, message) for entry in ENTRIES for message in entry.must_not]


def test_the_file_holds_every_kind() -> None:
    assert list(red_flag_rules().kinds) == KINDS


@pytest.mark.parametrize(("kind", "message"), MUST_FLAG)
def test_every_example_flags(kind: str, message: str) -> None:
    assert kind in kinds(message)


@pytest.mark.parametrize(("kind", "message"), MUST_NOT)
def test_no_near_miss_flags(kind: str, message: str) -> None:
    assert kind not in kinds(message)


def test_every_phrase_is_proved_by_an_example_of_its_own_entry() -> None:
    unproved = []
    for entry in ENTRIES:
        found = {(flag.kind, flag.phrase) for message in entry.must_flag for flag in red_flags(message)}
        unproved += [
            (entry.kind, phrase.written) for phrase in entry.find.phrases if (entry.kind, phrase.written) not in found
        ]
    assert unproved == []


def test_every_idiom_is_proved_by_a_near_miss() -> None:
    rules = red_flag_rules()
    used = {
        match.phrase.written
        for _, message in MUST_NOT
        for sentence in scope_rules().read(message)
        for match in rules.idioms.matches(sentence.tokens)
    }
    assert {phrase.written for phrase in rules.idioms.phrases} - used == set()


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("no chest pain but I fainted", ["seizure_or_fainting"]),
        ("I don't have chest pain", []),
        ("not only chest pain", ["chest_pain"]),
        ("can't breathe", ["breathing"]),
        ("not breathing well", ["breathing"]),
        ("I don't want to be here anymore", ["suicidal_thoughts"]),
        ("no dejo de sangrar", ["bleeding"]),
        ("is chest pain a side effect?", []),
        ("what if I get pregnant", []),
        ("this stiffness is killing me", []),
        ("dying to know", []),
        ("it is heart breaking", []),
        ("I could kill for a coffee", []),
        ("my neighbour had a stroke", []),
        ("my neighbour had a stroke and he died", []),
        ("My neighbour drove me because I passed out", ["seizure_or_fainting"]),
        ("my husband had a stroke", ["stroke"]),
        ("He fainted", ["seizure_or_fainting"]),
        ("Dad can't breathe", ["breathing"]),
        ("This is his neighbour, he collapsed", ["seizure_or_fainting"]),
        ("I had a heart attack ten years ago", []),
        ("ten years ago, I had a heart attack", []),
        ("I had a heart attack ten years ago and now my chest hurts", ["chest_pain"]),
        ("chest pain since yesterday", ["chest_pain"]),
        ("I fainted last night", ["seizure_or_fainting"]),
        ("my chest feels tight and I can't breathe", ["chest_pain", "breathing"]),
        ("I have no fever, no cough but chest pain", ["chest_pain"]),
        ("no fever, chest pain or fainting", []),
        ("If I stand up I faint", ["seizure_or_fainting"]),
        ("am I having a stroke?", ["stroke"]),
        ("I have chest pain, last summer I was fine", ["chest_pain"]),
        ("It is not so much chest pain as pressure on my chest", ["chest_pain"]),
        ("I'm one of those people who can't breathe lying down", ["breathing"]),
        ("I live with someone who smokes and I can't breathe", ["breathing"]),
        ("nobody is here and I can't breathe", ["breathing"]),
        ("I was admitted last night and I feel awful", ["hospitalised"]),
        ("I'm passing urine and blood", ["bleeding"]),
        ("I lost a lot of blood when I cut myself shaving", ["bleeding"]),
        ("he is in pain in the chest", ["chest_pain"]),
        ("my face dropped when I woke up", ["stroke"]),
        ("the kids found my pills, they took the lot", ["overdose"]),
        ("I'm at work and cannot speak properly", ["stroke"]),
        ("he had a fit because of the fever", ["seizure_or_fainting"]),
        ("my heart hurts for hours now, pain in my heart", ["chest_pain"]),
        ("out of breath after two steps", ["breathing"]),
        ("I had no beetroot and my wee is red", ["bleeding"]),
        ("I had a positive test for pregnancy", ["pregnancy"]),
        ("I tried to speak and it was just noise", ["stroke"]),
        ("by the time you read this I will be gone to a better place", ["suicidal_thoughts"]),
        ("missed my visit im in the infirmary", ["hospitalised"]),
        ("she slipped away early this morning", ["death"]),
        ("my wife passed over the weekend", ["death"]),
        ("he was fitting for five minutes", ["seizure_or_fainting"]),
        ("rip my old man, he was in your study", ["death"]),
        ("the man whose phone this is has passed away", ["death"]),
        ("my old stroke symptoms are back", ["stroke"]),
        ("what if I kill myself", ["suicidal_thoughts"]),
        ("can it cause suicidal thoughts?", []),
        ("", []),
        ("\U0001f600\U0001f600", []),
        ("/restart", []),
        ("/SetSlots{x}", []),
        ("my mother-in-law had a stroke", []),
        ("my sister in law is here and I fainted", ["seizure_or_fainting"]),
        ("fainting is listed on page four", []),
        ("who do I call when I am bleeding like this", ["bleeding"]),
        ("does the study cover it, I was hospitalised yesterday", ["hospitalised"]),
        ("what number do I ring, my dad has chest pain", ["chest_pain"]),
        ("chest pain? not me", []),
        ("chest pain? not so bad but yes", ["chest_pain"]),
        ("nobody knows I'm pregnant", ["pregnancy"]),
        ("I cut myself on purpose with glass", ["suicidal_thoughts"]),
        ("I'd rather die than go on like this", ["suicidal_thoughts"]),
        ("he has his hand on his heart and is grey", ["chest_pain"]),
        ("mum's funeral falls on visit day", ["death"]),
    ],
)
def test_hard_cases(message: str, told: list[str]) -> None:
    assert kinds(message) == told


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("is chest pain a side effect?", ["chest_pain"]),
        ("what if I get pregnant", ["pregnancy"]),
        ("does it cause chest pain or bleeding?", ["chest_pain", "bleeding"]),
        ("I have chest pain, is chest pain a side effect?", []),
        ("my chest hurts", []),
        ("no chest pain", []),
        ("what if I faint? I can't breathe", ["seizure_or_fainting"]),
    ],
)
def test_a_question_in_general_is_kept_for_a_gentle_check(message: str, asked: list[str]) -> None:
    assert asked_about(message) == asked


@pytest.mark.parametrize(
    ("message", "aside"),
    [
        ("is chest pain a side effect?", ["chest_pain"]),
        ("my neighbour had a stroke", ["stroke"]),
        ("I have chest pain. is chest pain a side effect?", []),
        ("no chest pain but I fainted", ["chest_pain"]),
        ("can I drink wine?", []),
    ],
)
def test_what_the_rules_have_seen_and_not_found_told_is_set_aside(message: str, aside: list[str]) -> None:
    assert set_aside(message) == aside


def test_a_flag_names_its_phrase_and_its_words() -> None:
    (flag,) = red_flags("Hello. My chest really hurts today.")
    assert (flag.kind, flag.quote) == ("chest_pain", "chest really hurts")
    assert flag.phrase.startswith("chest|")


def test_the_version_names_both_files() -> None:
    rules, scope = triage.RULES_VERSION.split(".")
    assert (rules, scope) == (triage.rules_version().split(".")[0], scope_rules().version)


@given(
    st.sampled_from(MUST_FLAG),
    st.lists(st.sampled_from(FRIENDLY), max_size=6),
    st.lists(st.sampled_from(FRIENDLY), max_size=6),
)
def test_friendly_words_around_it_never_hide_a_flag(case: tuple[str, str], before: list[str], after: list[str]) -> None:
    kind, message = case
    assert kind in kinds("\n".join([*before, message, *after]))


@given(st.lists(st.sampled_from(FRIENDLY), max_size=20))
def test_friendly_words_alone_raise_nothing(lines: list[str]) -> None:
    assert kinds(" ".join(lines)) == []


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert set(kinds(text)) <= set(KINDS)
    assert set(asked_about(text)) <= set(KINDS)


@given(st.lists(st.sampled_from(TURNING)))
def test_no_order_of_the_words_that_turn_meaning_breaks_it(words: list[str]) -> None:
    assert set(kinds(" ".join(words))) <= {"chest_pain", "bleeding"}


@pytest.mark.parametrize("filling", ["a ", "\ud800", "\x00", "no ", "if i ", "\u202e", "(", "chest ", "\U0001f600"])
def test_a_flag_at_the_end_of_ten_thousand_characters_is_found(filling: str) -> None:
    assert "breathing" in kinds(filling * (10_000 // len(filling)) + ". I can't breathe")
