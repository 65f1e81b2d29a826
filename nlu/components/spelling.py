"""Mends a misspelt word before the sentence is read.

A sentence model splits a word it does not know into pieces that mean something else ("tabelt" is "tab" and "##elt"): of
sentences with one typing error a fifth less is understood (docs/adr/018-dense-sentences.md). A word one slip away from
a word of the examples, or else from a common English word, is read as that. Only for understanding: what was written
stays as it is, and the rules for red flags have their own, stricter reading.
"""

import re
from collections import Counter
from typing import Dict, Iterable, Iterator, List

PUNCTUATION = re.compile(r"[^\w\s'’]")
WORD = re.compile(r"[^\W_]+")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHORTEST = 4  # in shorter words one slip is too often another word
# What thumbs and haste make of common words, most of them too short to be mended by a letter.
ON_A_PHONE = (
    "2day=today 2moro=tomorrow 2morrow=tomorrow 2nite=tonight abt=about adn=and any1=anyone appt=appointment "
    "apt=appointment atm=at_the_moment av=have b4=before bc=because bcos=because becos=because btw=by_the_way "
    "cld=could cos=because coz=because cud=could cuz=because da=the dat=that dem=them evry=every evryday=every_day "
    "fone=phone frm=from gettin=getting goin=going gona=going_to gonna=going_to gotta=got_to gr8=great hav=have "
    "havin=having havnt=havent hosp=hospital hte=the hv=have idk=i_dont_know imo=i_think jst=just kno=know l8r=later "
    "lmk=let_me_know mins=minutes mnths=months mor=more mornin=morning msg=message msgs=messages mths=months n=and "
    "nite=night nr=number nuffin=nothing nuthin=nothing ov=of pls=please plse=please plz=please ppl=people r=are "
    "rly=really shld=should shud=should sm1=someone smth=something som=some some1=someone sth=something "
    "summat=something sumthing=something tab=tablet tabs=tablets taht=that tbh=to_be_honest teh=the tho=though "
    "thru=through tht=that thx=thanks tihs=this tmr=tomorrow tmrw=tomorrow tomoz=tomorrow tuk=took tx=thanks u=you "
    "ur=your urs=yours waht=what wat=what wats=whats wen=when whn=when wich=which wiht=with wiv=with wk=week "
    "wks=weeks wld=would wnat=want wnt=want wot=what wots=whats woz=was wth=with wud=would y=why ya=you "
    "yday=yesterday yr=your yrs=years "
)
PHONE_SPELLING = dict(pair.replace("_", " ").split("=") for pair in ON_A_PHONE.split())
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")  # "sooo", "pleeease"


class Spelling:
    """`own` are the words of the examples, common ones first; `english` any known word with its rank."""

    def __init__(self, own: Iterable[str], english: Dict[str, int]) -> None:
        self.own = {word: place for place, word in enumerate(own)}
        self._english = {word: place for word, place in english.items() if len(word) >= SHORTEST}

    def mended(self, text: str) -> str:
        """The text with each unknown word as the known word next to it, if there is one, and without punctuation: the
        examples have none, and "thank you!" is no other sentence than "thank you"."""
        return WORD.sub(lambda found: self._mended_word(found.group()), " ".join(PUNCTUATION.sub(" ", text).split()))

    def _mended_word(self, written: str) -> str:
        word = written.lower()
        if word in PHONE_SPELLING:
            return PHONE_SPELLING[word]
        if len(word) < SHORTEST or not (word.isascii() and word.isalpha()) or self._is_known(word):
            return written
        word = STRETCHED.sub(r"\1", word)
        if self._is_known(word):
            return word
        near = set(_one_slip_away(word))
        for known in (self.own, self._english):
            candidates = near & known.keys()
            if candidates:
                return min(candidates, key=known.__getitem__)
        return written

    def _is_known(self, word: str) -> bool:
        """Also as a plural or with the apostrophe left out: "wheres" is no slip."""
        stem = word[:-1] if word.endswith("s") else word
        return any(form in self.own or form in self._english for form in (word, stem))


def own_words(texts: Iterable[str]) -> List[str]:
    """The words of the examples worth mending to, the most used first; equally used ones by the alphabet."""
    words = (word.lower() for text in texts for word in WORD.findall(text))
    counted = Counter(word for word in words if len(word) >= SHORTEST and word.isascii())
    return sorted(counted, key=lambda word: (-counted[word], word))


def _one_slip_away(word: str) -> Iterator[str]:
    """One letter missing, doubled or too many, one wrong, or two swapped."""
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in LETTERS:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
