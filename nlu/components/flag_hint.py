"""Hints at red flags the rules have no phrase for.

The rules of study/triage decide first, in the process that receives a message, and without this. What they let pass
comes here: a small model over the sentence's meaning, taught with the reviewed messages of study/triage/red_flags.yml
and nlu/red_flags.yml. It may add a flag. It cannot take one away: a message the rules flagged never gets this far.
"""

from functools import cached_property
from pathlib import Path
from typing import Any, Dict, List, Set, Text, Tuple

import numpy as np
import yaml
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression

from nlu.components.hints import ROOT, Hint, features_of, read_yaml
from nlu.components.spelling_featurizer import pieces_of_words

WORDS = 2  # a single word that tells a red flag is one of the rules' own; the model hears one in "aaaaa"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FlagHint(Hint):
    """One yes-or-no a kind, each over the dense features of a message and, counting less, the pieces of its words.

    The yes-or-no is made surer or less sure by the company a message keeps: by the cosine to the nearest message that
    tells the kind, less that to the nearest harmless one, in units of `width`. `flag_hints` are the kinds that are
    then at or above `threshold`, with a message of the kind near (a cosine of `alike` or more); `is_sure` says whether
    one is at or above `sure` as well: a fainter one is worth a question, not an alarm. Alone the yes-or-no is sure of
    suicide for "see you tomorrow", which is like nothing it knows; so it counts for no more than `most` (log odds). The
    figures by which this was chosen are in docs/understanding.md.

    The harmless messages are the reviewed ones and the training examples; how near the nearest of those is the
    FlatClassifier before this has found already.

    `rules` and `examples` are reviewed files, read as data (from the root of the project) when the model is trained:
    must_flag and `heard` messages are examples of their kind; must_not and `not_heard` messages and every other
    training example of none.
    """

    gives = "flag_hints"

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "rules": "study/triage/red_flags.yml",
            "examples": "nlu/red_flags.yml",
            "spelling_weight": 0.3,
            "threshold": 0.25,
            "sure": 0.65,
            "most": 3.0,
            "alike": 0.4,
            "width": 0.04,
            "a_little": 0.02,
            "C": 30.0,
            "random_state": 7,
        }

    def train(self, training_data: TrainingData) -> Resource:
        """Learn every kind against all the rest. A kind has few messages among thousands: they weigh as much."""
        examples = [example for example in training_data.intent_examples if example.get_dense_features(TEXT)[1]]
        told, untold = reviewed_messages(ROOT / self._config["rules"], ROOT / self._config["examples"])
        reviewed = [text for text, _ in told] + untold
        features = features_of(reviewed, examples)
        rows = self._with_spelling(features, reviewed + [example.get(TEXT) for example in examples])
        kinds = [kinds for _, kinds in told] + [set()] * (len(features) - len(told))
        self._names = list(dict.fromkeys(kind for _, found in told for kind in sorted(found)))
        tells = np.array([[kind in found for kind in self._names] for found in kinds])
        heads = [self._head(rows, told_it) for told_it in tells.T]
        self._weights = np.array([head.coef_[0] for head in heads]).T
        self._offsets = np.array([head.intercept_[0] for head in heads])
        # Kept to compare with: what tells a kind, and what is harmless and yet a little like one. Of the reviewed only:
        # with the examples the classifier compares.
        features, rows, tells = (every[: len(reviewed)] for every in (features, rows, tells))
        kept = tells.any(axis=1) | (_share(self._leaning(rows)) >= self._config["a_little"]).any(axis=1)
        self._taught, self._tells = features[kept], tells[kept]
        return self._keep()

    def _head(self, features: np.ndarray, told: np.ndarray) -> LogisticRegression:
        model = LogisticRegression(
            C=self._config["C"], class_weight="balanced", max_iter=60, random_state=self._config["random_state"]
        )
        return model.fit(features, told)

    def _hints(self, message: Message, row: np.ndarray, cosines: np.ndarray) -> List[Dict[Text, Any]]:
        text = message.get(TEXT)
        if len(text.split()) < WORDS:
            return []
        harmless, *nearest = (cosines[places].max(initial=-1.0) for places in self._places)
        harmless = max([harmless, *(near["likeness"] for near in message.get("nearest_examples") or [])])
        leaning = np.minimum(self._leaning(self._with_spelling(row[np.newaxis], [text])[0]), self._config["most"])
        shares = _share(leaning + (np.array(nearest) - harmless) / self._config["width"])
        return [
            {"kind": kind, "confidence": float(share), "is_sure": bool(share >= self._config["sure"])}
            for kind, share, alike in zip(self._names, shares, nearest, strict=True)
            if share >= self._config["threshold"] and alike >= self._config["alike"]
        ]

    @cached_property
    def _places(self) -> List[np.ndarray]:
        """Where in what was taught the harmless messages stand, then those of each kind."""
        return [np.flatnonzero(told) for told in (~self._tells.any(axis=1), *self._tells.T)]

    def _with_spelling(self, features: np.ndarray, texts: List[Text]) -> np.ndarray:
        """The dense features and how the words are spelt, side by side."""
        pieces = pieces_of_words().transform(texts).toarray().astype(np.float32)
        return np.hstack([features, self._config["spelling_weight"] * pieces])

    def _leaning(self, rows: np.ndarray) -> np.ndarray:
        """The log odds of each kind's yes-or-no, for each row."""
        return rows @ self._weights + self._offsets


def _share(odds: np.ndarray) -> np.ndarray:
    """Log odds as a share of one."""
    return 1 / (1 + np.exp(-odds))


def reviewed_messages(rules: Path, examples: Path) -> Tuple[List[Tuple[Text, Set[Text]]], List[Text]]:
    """The messages that tell red flags, each with its kinds, and those that tell none.

    A near miss of one kind may tell another ("no chest pain but I fainted"): it counts as none only where no kind has
    it among its own. Raises RasaException, naming the file, when it is not a file of red flags.
    """
    told: Dict[Text, Set[Text]] = {}
    near: List[Text] = []
    for kind, described in _read(rules, "kinds").items():
        for entry in described["entries"]:
            for text in entry["must_flag"]:
                told.setdefault(str(text), set()).add(kind)
            near += [str(text) for text in entry.get("must_not") or []]
    for kind, texts in _read(examples, "heard").items():
        for text in texts:
            told.setdefault(str(text), set()).add(kind)
    near += [str(text) for text in _read(examples, "not_heard")]
    return list(told.items()), [text for text in dict.fromkeys(near) if text not in told]


def _read(path: Path, key: Text) -> Any:
    try:
        return read_yaml(path)[key]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise RasaException(f"{path}: red flags cannot be read from it ({type(error).__name__})") from None
