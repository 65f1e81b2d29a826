"""A plain copy of a message, for the rules only; what is stored and shown is always the original.

People write in capitals, with zero-width characters, curly quotes, spaced letters and "dont". Instead of
making every phrase of the data files allow for all that, the message is brought to one plain form: lower case
words without accents, contractions written out ("can't" -> "can not"), each mark on its own. Every step is
linear in the length.
"""

import re
import unicodedata
from dataclasses import dataclass

SENTENCE_ENDS = frozenset(".!?;")

_PASSES = 6  # a second pass finds nothing to do for ordinary text; odd Unicode settles within three
_SURROGATES = re.compile("[\ud800-\udfff]")
_DROPPED = frozenset(("Mn", "Me", "Cf", "Cs", "Cn", "Co"))
_ONE_BY_ONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # scripts written without spaces: each sign is a word
_TOKEN = re.compile(
    rf"\d+(?:[.:]\d+)+|[{_ONE_BY_ONE}]|[^\W_{_ONE_BY_ONE}]+(?:'[^\W_{_ONE_BY_ONE}]+)*|[.,!?;]", re.UNICODE
)
_PARTS = re.compile(r"\d+|\D+")
_SPACED = re.compile(r"(?<![^\W_])[a-z](?:[ .\-_*]{1,4}[a-z](?![^\W_])){3,}")
_WORD_GAP = re.compile(r"[ .\-_*]{2,}")
_LETTER_GAP = re.compile(r"[ .\-_*]")
_INITIALS = re.compile(r"(?<![^\W_])(?:[a-z]\.){2,3}(?![^\W_])")
_TITLES = re.compile(r"\b(dr|mr|mrs|ms|sr|sra)\.(?= ?[^\W_])")
_DIGIT_AS_LETTER = re.compile(r"(?<=[a-z])[013457@$](?=[a-z])")
_DIGIT_LETTERS = str.maketrans("013457@$", "oieastas")
_COLON = re.compile(r"(?<!\d):|:(?!\d)")  # "8:30" stays one piece
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_DICTATED = re.compile(
    r"(?<!\ba )\b(comma|full stop|question mark|exclamation mark|exclamation point|new line|new paragraph)\b"
)
_DICTATED_MARKS = {"comma": ",", "full stop": ".", "question mark": "?", "new line": ";", "new paragraph": ";"}
_LOST_APOSTROPHE = re.compile(
    r"\b(do|does|did|is|are|was|were|have|has|had|could|would|should|can|won|don|doesn|didn|isn|aren|wasn|weren"
    r"|haven|hasn|hadn|couldn|wouldn|shouldn) t\b"
)
_MARKS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u2032`\u00b4\u02bc\uff07", "'"),
        **dict.fromkeys("\u2013\u2014\u2212()[]{}<>\u3001\u060c|", ","),
        **dict.fromkeys("\u3002\u0964\u2026", "."),
        **dict.fromkeys("\u061f\u00bf", "?"),
        **dict.fromkeys("\n\r\u2028\u2029\x0b\x0c\x85", ";"),
        "\u00a1": "!",
        "\u061b": ";",
    }
)
# Look-alikes of Latin letters, used only inside a word that also has Latin letters.
_LOOK_ALIKES = str.maketrans("аеорсухіјѕԁһӏмткнвαορεικνυτχγ", "aeopcyxijsdhlmtkhbaopeiknutxy")
_MIXED = re.compile(r"(?=[^\W\d_]*[a-z])(?=[^\W\d_]*[\u0370-\u052f])[^\W\d_]+")

_NOT_BASES = (  # "dont" -> "do not"
    "do", "does", "did", "is", "are", "was", "were", "have", "has", "had", "could", "would", "should", "must",
    "need", "might", "dare",
)  # fmt: skip
_WORDS: dict[str, str] = {f"{base}nt": f"{base} not" for base in _NOT_BASES} | {
    "cant": "can not", "cannot": "can not", "cannt": "can not", "wont": "will not", "shant": "shall not",
    "aint": "am not", "im": "i am", "ive": "i have", "hes": "he is", "shes": "she is", "its": "it is",
    "thats": "that is", "theres": "there is", "whats": "what is", "whos": "who is", "youre": "you are",
    "youve": "you have", "theyre": "they are", "theyve": "they have", "weve": "we have",
    "dunno": "do not know", "idk": "i do not know", "gonna": "going to", "wanna": "want to",
    "gotta": "got to", "kinda": "kind of", "sorta": "sort of", "lotta": "lot of", "lemme": "let me",
    "gimme": "give me", "coz": "because", "cos": "because", "cuz": "because", "bc": "because", "u": "you",
    "ur": "your", "r": "are", "pls": "please", "plz": "please", "n": "and", "ppl": "people",
    "b4": "before", "2day": "today", "2nite": "tonight", "2morrow": "tomorrow", "2moro": "tomorrow",
    "tonite": "tonight", "thx": "thanks", "ty": "thanks", "anymore": "any more", "alot": "a lot",
    "abit": "a bit", "noone": "no one", "didint": "did not", "coudnt": "could not", "doesent": "does not",
    "havnt": "have not", "dint": "did not",
}  # fmt: skip
_WITH_APOSTROPHE: dict[str, str] = {
    "can't": "can not", "won't": "will not", "shan't": "shall not", "ain't": "am not", "i'm": "i am",
    "i'll": "i will", "we'll": "we will", "he'll": "he will", "she'll": "she will", "it'll": "it will",
    "they'll": "they will", "you'll": "you will", "i'd": "i would", "we're": "we are", "let's": "let us",
    "he's": "he is", "she's": "she is", "it's": "it is", "that's": "that is", "there's": "there is",
    "what's": "what is", "who's": "who is", "how's": "how is", "here's": "here is",
}  # fmt: skip


@dataclass(frozen=True)
class Sentence:
    """The words and commas of one sentence; `question` when a question mark closed it."""

    tokens: tuple[str, ...]
    question: bool = False


def normalise(text: str) -> str:
    """The plain form: words and marks separated by one space. Normalising it again changes nothing.

    Never raises, whatever the string holds. Letters repeated three times or more are cut to two ("heeelp" ->
    "heelp"; the rules' spelling knows the rest). Marks that were dictated ("comma", "full stop") become marks, but for
    "in a comma", which is a coma, and "to a full stop". The model's reading does the same (nlu/calls.py).
    """
    for _ in range(_PASSES):
        plain = _once(text)
        if plain == text:
            break
        text = plain
    return text


def sentences(text: str) -> list[Sentence]:
    """The sentences of a message, from its plain form. A new line ends a sentence too."""
    found: list[Sentence] = []
    words: list[str] = []
    for piece in normalise(text).split():
        if piece not in SENTENCE_ENDS:
            words.append(piece)
        elif words:
            found.append(Sentence(tuple(words), piece == "?"))
            words = []
        elif piece == "?" and found:  # "really!?"
            found[-1] = Sentence(found[-1].tokens, True)
    if words:
        found.append(Sentence(tuple(words)))
    return found


def _once(text: str) -> str:
    text = _letters(text.translate(_MARKS))
    text = _DIGIT_AS_LETTER.sub(lambda found: found[0].translate(_DIGIT_LETTERS), text)
    text = _COLON.sub(",", text).replace("&", " and ").replace("w/o ", "without ")
    text = _TITLES.sub(r"\1", text)
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    text = _SPACED.sub(_join_letters, text)
    text = text.replace("in a comma", "in a coma")
    text = _DICTATED.sub(lambda found: _DICTATED_MARKS.get(found[1], "!"), text)
    text = re.sub(r"(?<=\s)-+(?=\s)|--+", ",", text)
    text = _LOST_APOSTROPHE.sub(lambda found: found[1].removesuffix("n") + "nt", text)
    text = _LONG_RUN.sub(r"\1\1", text)
    tokens: list[str] = []
    for found in _TOKEN.finditer(text):
        for piece in _written_out(found[0]):
            if piece == "," and (not tokens or tokens[-1] in ",.!?;"):
                continue
            if piece in SENTENCE_ENDS and tokens and tokens[-1] == ",":
                tokens.pop()
            if piece in SENTENCE_ENDS and tokens and tokens[-1] == piece:
                continue
            tokens.append(piece)
    return " ".join(tokens)


def _letters(text: str) -> str:
    """Compatibility forms folded, accents, invisible and control characters gone, look-alikes in Latin."""
    if text.isascii():
        text = text.lower()
        return text if text.isprintable() else "".join(c if c.isprintable() else _unseen(c) for c in text)
    text = unicodedata.normalize("NFKC", _SURROGATES.sub("", text)).casefold()
    kept: list[str] = []
    for character in unicodedata.normalize("NFKD", text):
        kind = unicodedata.category(character)
        if kind == "Cc":
            kept.append(_unseen(character))
        elif kind not in _DROPPED:
            kept.append(character)
    text = unicodedata.normalize("NFC", "".join(kept)).translate(_MARKS)
    return _MIXED.sub(lambda found: found[0].translate(_LOOK_ALIKES), text)


def _unseen(character: str) -> str:
    return " " if character.isspace() else ""


def _join_letters(found: re.Match[str]) -> str:
    """ "c h e s t  p a i n" is two words: the wider gap parts them."""
    return " ".join(_LETTER_GAP.sub("", word) for word in _WORD_GAP.split(found[0]))


def _written_out(piece: str) -> list[str]:
    """One piece as plain words: contractions and texting forms in full, numbers parted from their unit."""
    if piece in _WORDS:
        return _WORDS[piece].split()
    if "'" in piece:
        return _without_apostrophe(piece)
    if piece[0] in ".,!?;" or piece.isalpha() or not any(c.isalpha() for c in piece):
        return [piece]
    return _PARTS.findall(piece)


def _without_apostrophe(piece: str) -> list[str]:
    if piece in _WITH_APOSTROPHE:
        return _WITH_APOSTROPHE[piece].split()
    if piece.endswith("n't"):
        return [piece[:-3], "not"]
    if piece.endswith("'ve"):
        return [*_written_out(piece[:-3]), "have"]
    if piece.endswith("'re"):
        return [*_written_out(piece[:-3]), "are"]
    if piece.endswith("'s"):
        return _written_out(piece[:-2])
    return [word for part in piece.split("'") for word in _written_out(part)]
