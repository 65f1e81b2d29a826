"""Which symptom term a message tells of, in words the lexicon does not have.

The lexicon of study/triage/symptoms.yml reads first, more closely, and knows what is denied, asked or another's. People
say it in more ways than anybody can list ("my belt needs another hole", "staring at the ceiling till four"): a small
model over the sentence's meaning, taught with nlu/symptoms.yml, adds terms. It takes none away.
"""

from pathlib import Path
from typing import Any, Dict, List, Text, Tuple

import numpy as np
import yaml
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from nlu.components.class_weights import class_weights
from nlu.components.hints import ROOT, Hint, features_of, read_yaml

NONE = "none"
# What these examples tell is not said: neither a term nor none.
TELLS_SYMPTOMS = frozenset({"report_symptom", "inform"})


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SymptomHint(Hint):
    """One regression over the terms and `none`, over the dense features of a message.

    `symptom_hints` are the terms whose share is `threshold` or more and of which something that was taught lies near (a
    cosine of `alike` or more), the surest first: two symptoms in one sentence share it between them. Of the training
    examples whose intent tells no symptom every third (`every`) is taught as none: more cost seconds only.
    """

    gives = "symptom_hints"

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "examples": "nlu/symptoms.yml",
            "threshold": 0.4,
            "alike": 0.5,
            "none_weight": 10.0,
            "every": 3,
            "C": 20.0,
            "max_iter": 60,
            "random_state": 7,
        }

    def train(self, training_data: TrainingData) -> Resource:
        """Every term weighs the same, `none` as much as `none_weight` terms."""
        examples = [
            example
            for example in training_data.intent_examples
            if example.get_dense_features(TEXT)[1] and example.get(INTENT) not in TELLS_SYMPTOMS
        ][:: self._config["every"]]
        told = told_symptoms(ROOT / self._config["examples"])
        features = features_of([text for _, text in told], examples)
        labels = np.array([term for term, _ in told] + [NONE] * len(examples))
        model = LogisticRegression(
            C=self._config["C"], max_iter=self._config["max_iter"], random_state=self._config["random_state"]
        )
        model.fit(features, labels, sample_weight=class_weights(labels, {NONE: self._config["none_weight"]}))
        self._names = list(model.classes_)
        self._weights, self._offsets = np.ascontiguousarray(model.coef_.T), model.intercept_
        kept = labels != NONE
        self._taught, self._tells = features[kept], np.searchsorted(model.classes_, labels[kept])
        return self._keep()

    def _hints(self, message: Message, row: np.ndarray, cosines: np.ndarray) -> List[Dict[Text, Any]]:
        shares = softmax(row @ self._weights + self._offsets)
        nearest = np.full(len(self._names), -1.0)
        np.maximum.at(nearest, self._tells, cosines)
        return [
            {"term": term, "confidence": float(share)}
            for term, share, near in zip(self._names, shares, nearest, strict=True)
            if term != NONE and share >= self._config["threshold"] and near >= self._config["alike"]
        ]


def told_symptoms(path: Path) -> List[Tuple[Text, Text]]:
    """The sentences of the file, each with its term; `none` for those that tell no symptom. Raises RasaException,
    naming the file, when it cannot be read."""
    try:
        content = read_yaml(path)
        told = [(str(term), str(text)) for term, texts in content["told"].items() for text in texts]
        return told + [(NONE, str(text)) for text in content["not_told"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise RasaException(f"{path}: symptoms cannot be read from it ({type(error).__name__})") from None
