"""Symptoms in lay words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.triage.symptoms import Heard, Symptom, lexicon, symptoms, with_heard

# The terms people and scripts may rely on, each with lay words that are not copied from the lexicon's own lines.
LAY_WORDS: dict[str, list[str]] = {
    "dry_mouth": ["my mouth is so dry", "such a dry mouth"],
    "difficulty_swallowing": ["it's hard to swallow", "I have trouble swallowing"],
    "mouth_throat_sores": ["I've got mouth ulcers", "my throat is really sore"],
    "cracking_corners_of_mouth": ["the corners of my mouth are cracked", "cracks at the corner of my mouth"],
    "voice_changes": ["my voice sounds different", "I lost my voice"],
    "hoarseness": ["I'm hoarse", "my voice is croaky"],
    "taste_changes": ["everything tastes like metal", "I lost my sense of taste"],
    "decreased_appetite": ["I have no appetite", "I'm not hungry", "off my food"],
    "nausea": ["I feel sick", "a bit queasy", "nauseus all day"],
    "vomiting": ["I threw up twice", "can't keep anything down", "I puked"],
    "heartburn": ["bad heartburn", "acid reflux again"],
    "gas": ["so gassy", "I'm farting a lot"],
    "bloating": ["I feel bloated", "my belly is swollen"],
    "hiccups": ["I keep getting hiccups", "hiccoughs"],
    "constipation": ["I'm constipated", "haven't pooped for days"],
    "diarrhea": ["I've got the runs", "diarrhoea since lunch", "my stools are loose"],
    "abdominal_pain": ["my stomach hurts", "cramps in my tummy"],
    "fecal_incontinence": ["I pooed myself", "couldn't hold my poo"],
    "shortness_of_breath": ["I'm short of breath", "breathless on the stairs"],
    "cough": ["I can't stop coughing", "a dry cough"],
    "wheezing": ["I'm wheezing", "whistling when I breathe, chest whistles"],
    "swelling": ["my ankles are swollen", "puffy hands"],
    "heart_palpitations": ["my heart is racing", "palpitations"],
    "rash": ["I've a rash on my arm", "came out in spots"],
    "skin_dryness": ["my skin is dry", "flaky skin"],
    "acne": ["pimples everywhere", "spots on my chin"],
    "hair_loss": ["my hair is falling out", "I'm losing my hair"],
    "itching": ["I'm itchy all over", "it itches"],
    "hives": ["I've got hives", "red welts"],
    "hand_foot_syndrome": ["my palms are red and peeling", "the soles of my feet are burning"],
    "nail_loss": ["a toenail fell off", "I'm losing my nails"],
    "nail_ridging": ["ridges on my nails", "my nails have lines"],
    "nail_discoloration": ["my nails have turned yellow", "black fingernails"],
    "sun_sensitivity": ["I burn so easily in the sun", "sunburnt after ten minutes"],
    "pressure_sores": ["I have a bedsore", "pressure sores"],
    "radiation_skin_reaction": ["skin burns from the radiation", "radiotherapy burn"],
    "skin_darkening": ["my skin has got darker", "dark patches on my face"],
    "stretch_marks": ["new stretch marks", "purple lines on my tummy"],
    "numbness_tingling": ["pins and needles", "my fingers are numb"],
    "dizziness": ["I'm dizzy", "light headed", "the room is spinning"],
    "blurred_vision": ["my vision is blurry", "everything looks fuzzy"],
    "flashing_lights": ["I see flashing lights", "flashes in my eye"],
    "visual_floaters": ["floaters", "spots in my vision"],
    "watery_eyes": ["my eyes keep watering", "runny eyes"],
    "ringing_in_ears": ["ringing in my ears", "tinnitus"],
    "concentration": ["I can't concentrate", "brain fog"],
    "memory": ["my memory is terrible", "so forgetful"],
    "general_pain": ["I'm in pain", "everything hurts"],
    "headache": ["splitting headache", "my head is pounding"],
    "muscle_pain": ["my muscles ache", "cramp in my leg"],
    "joint_pain": ["my knees hurt", "stiff fingers, finger joints are stiff"],
    "insomnia": ["I cant sleep", "awake half the night, up half the night"],
    "fatigue": ["I'm so tired", "no energy", "knackered"],
    "anxious": ["I'm anxious", "on edge all day"],
    "discouraged": ["I feel hopeless", "what's the point"],
    "sad": ["I feel low", "I keep crying", "depressed"],
    "irregular_periods": ["my periods are all over the place", "spotting"],
    "missed_period": ["I missed my period", "my period is late"],
    "vaginal_discharge": ["funny discharge", "white discharge"],
    "vaginal_dryness": ["dry down there", "vaginal dryness"],
    "painful_urination": ["it burns when I pee", "stinging when I wee"],
    "urinary_urgency": ["I have to rush to the loo", "sudden urge to pee"],
    "urinary_frequency": ["I pee all the time", "always on the loo, always peeing"],
    "urine_color_change": ["my wee is dark", "orange urine"],
    "urinary_incontinence": ["I leak when I laugh", "I wet myself"],
    "erection": ["I can't get an erection", "impotent"],
    "ejaculation": ["trouble ejaculating", "no semen"],
    "decreased_libido": ["no sex drive", "lost interest in sex"],
    "delayed_orgasm": ["it takes longer to climax", "orgasm takes forever"],
    "unable_to_orgasm": ["I can't orgasm", "unable to climax"],
    "painful_intercourse": ["sex hurts", "pain during sex"],
    "breast_swelling": ["my breasts are swollen", "tender nipples"],
    "bruising": ["I bruise easily", "black and blue"],
    "chills": ["I've got the chills", "shivering in bed"],
    "increased_sweating": ["I'm sweating", "night sweats"],
    "decreased_sweating": ["I don't sweat any more, I never sweat", "sweating less, I sweat less"],
    "hot_flashes": ["hot flushes", "hot flashes at night"],
    "nosebleed": ["I had a nosebleed", "my nose bled"],
    "injection_site_reaction": ["the injection site is red", "a lump where they injected"],
    "body_odor": ["my armpits smell", "I stink"],
    "fever": ["I have a fever", "temperature of 39"],
    "chest_pain": ["my chest hurts", "tight chest"],
    "bleeding": ["my gums are bleeding", "blood in my stool"],
    "back_pain": ["my back hurts", "backache"],
    "weight_gain": ["I've put on weight", "gained 3 kilos"],
    "weight_loss": ["I lost weight", "dropped 4 kilos"],
    "muscle_weakness": ["my legs are weak", "no strength in my hands"],
    "drowsiness": ["I'm drowsy", "can't stay awake"],
    "tremor": ["my hands are shaking", "I've a tremor"],
    "seizure": ["I had a seizure", "he had a fit"],
    "fainting": ["I fainted", "I passed out"],
    "suicidal_thoughts": ["I want to die", "suicidal"],
    "irritability": ["I'm so irritable", "I keep snapping at people"],
}


def test_the_lexicon_holds_every_term() -> None:
    assert set(lexicon().terms) == set(LAY_WORDS)


@pytest.mark.parametrize(("term", "message"), [(term, one) for term, lines in LAY_WORDS.items() for one in lines])
def test_lay_words_are_found(term: str, message: str) -> None:
    assert Symptom(term, False) in symptoms(message)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("threw up twice and have the runs", [("vomiting", False), ("diarrhea", False)]),
        ("no nausea but very tired", [("nausea", True), ("fatigue", False)]),
        ("no headache, fever or rash", [("headache", True), ("fever", True), ("rash", True)]),
        ("my muscles are killing me", [("muscle_pain", False)]),
        ("my son has a fever", []),
        ("my dad has a fever", [("fever", False)]),
        ("is nausea a side effect?", []),
        ("I had migraines as a child", []),
        ("I'm sick of these reminders", []),
        ("No nausea. Well, some nausea after lunch", [("nausea", False)]),
        ("the dizziness has gone", [("dizziness", True)]),
        ("no more diarrhoea", [("diarrhea", True)]),
        ("rash has cleared up but now a headache", [("rash", True), ("headache", False)]),
        ("bruises all over my legs", [("bruising", False)]),
        ("thanks, feeling fine", []),
        ("", []),
    ],
)
def test_several_denied_or_none(message: str, found: list[tuple[str, bool]]) -> None:
    assert [(one.term, one.negated) for one in symptoms(message)] == found


@pytest.mark.parametrize(
    ("message", "heard", "found"),
    [
        ("my belt needs another hole", [("weight_loss", "my belt needs another hole")], [("weight_loss", False)]),
        # Beside what the lexicon knows it counts only in words of its own.
        (
            "headache and my belt needs another hole",
            [("weight_loss", "my belt needs another hole"), ("fatigue", "headache and my belt needs another hole")],
            [("headache", False), ("weight_loss", False)],
        ),
        # What the lexicon has set aside is not brought back.
        ("is nausea a side effect", [("nausea", "is nausea a side effect")], []),
        ("headache, my plate is licked clean as ever", [("decreased_appetite", "my plate is licked clean as ever")],
         [("headache", False), ("decreased_appetite", True)]),
        # Told once and well once is told.
        ("grub is fine, cannot look at grub", [("taste_changes", "grub is fine"), ("taste_changes", "look at grub")],
         [("taste_changes", False)]),
        # Well in another clause, or not well.
        (
            "my belly is fine but the belt needs another hole",
            [("weight_loss", "my belly is fine but the belt needs another hole")],
            [("weight_loss", False)],
        ),
        ("my grub is not fine", [("taste_changes", "my grub is not fine")], [("taste_changes", False)]),
        ("I am not eating well", [("decreased_appetite", "I am not eating well")], [("decreased_appetite", False)]),
        ("I have not lost an ounce", [("weight_loss", "I have not lost an ounce")], [("weight_loss", True)]),
        ("hello", [("no_such_term", "hello")], []),
    ],
)  # fmt: skip
def test_what_the_model_heard(message: str, heard: list[tuple[str, str]], found: list[tuple[str, bool]]) -> None:
    read = with_heard(message, [Heard(*one) for one in heard])
    assert [(one.term, one.negated) for one in read] == found


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert {one.term for one in symptoms(text)} <= set(lexicon().terms)
