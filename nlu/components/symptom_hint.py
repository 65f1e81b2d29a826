"""Which symptom term a message tells of, in words the lexicon does not have.

The lexicon of study/triage/symptoms.yml reads first, more closely, and knows what is denied, asked or another's. People
say it in more ways than anybody can list ("my belt needs another hole", "staring at the ceiling till four"): a small
model over the sentence's meaning, taught with nlu/symptoms.yml, adds terms. It takes none away.
"""

from pathlib import Path
from typing import Any, Dict, List, Text, Tuple

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression

from nlu.components.class_weights import class_weights
from nlu.components.embedding import the_embedder
from nlu.components.hints import dense_row, is_latin
from nlu.components.spelling import Spelling, own_words

ROOT = Path(__file__).resolve().parents[2]
FILE = "symptom_hint.npz"
NONE = "none"
TELLS_SYMPTOMS = frozenset(
    {"report_symptom", "inform"}
)  # what these examples tell is not said: neither a term nor none


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SymptomHint(IntentClassifier, GraphComponent):
    """One regression over the terms and `none`, over the dense features of a message.

    `symptom_hints` are the terms whose share is `threshold` or more and of which something that was taught lies near (a
    cosine of `alike` or more), the surest first: two symptoms in one sentence share it between them. Every training
    example of an intent that tells no symptom is taught as none.
    """

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._terms: List[Text] = []
        self._weights = np.zeros((0, 0))
        self._offsets = np.zeros(0)
        self._taught = np.zeros((0, 0))  # the features of what tells a term, and the place of that term
        self._tells = np.zeros(0, dtype=int)

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "examples": "nlu/symptoms.yml",
            "threshold": 0.4,
            "alike": 0.5,
            "none_weight": 10.0,
            "C": 20.0,
            "max_iter": 60,
            "random_state": 7,
        }

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SymptomHint":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Every term weighs the same, `none` as much as `none_weight` terms."""
        examples = [
            example
            for example in training_data.intent_examples
            if example.get_dense_features(TEXT)[1] and example.get(INTENT) not in TELLS_SYMPTOMS
        ]
        told = told_symptoms(ROOT / self._config["examples"])
        spelling = Spelling(own_words(example.get(TEXT) for example in examples), the_embedder().words())
        features = the_embedder().of([spelling.mended(text) for _, text in told])
        labels = np.array([term for term, _ in told] + [NONE] * len(examples))
        features = np.vstack([features, *(dense_row(example) for example in examples)])
        model = LogisticRegression(
            C=self._config["C"], max_iter=self._config["max_iter"], random_state=self._config["random_state"]
        )
        model.fit(features, labels, sample_weight=class_weights(labels, {NONE: self._config["none_weight"]}))
        self._terms = list(model.classes_)
        self._weights, self._offsets = np.ascontiguousarray(model.coef_.T), model.intercept_
        kept = labels != NONE
        self._taught, self._tells = features[kept], np.searchsorted(model.classes_, labels[kept])
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / FILE,
                terms=np.array(self._terms),
                weights=self._weights,
                offsets=self._offsets,
                taught=self._taught.astype(np.float16),
                tells=self._tells,
            )
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Set `symptom_hints`, the surest first; a message without a word has none."""
        for message in messages:
            message.set("symptom_hints", self._hints(message), add_to_output=True)
        return messages

    def _hints(self, message: Message) -> List[Dict[Text, Any]]:
        if message.get_dense_features(TEXT)[1] is None or not is_latin(message.get(TEXT)):
            return []
        row = dense_row(message).ravel()
        scores = np.exp((found := row @ self._weights + self._offsets) - found.max())
        shares = scores / scores.sum()
        nearest = np.full(len(self._terms), -1.0)
        np.maximum.at(nearest, self._tells, self._taught @ row)
        hints = [
            {"term": term, "confidence": float(share)}
            for term, share, near in zip(self._terms, shares, nearest, strict=True)
            if term != NONE and share >= self._config["threshold"] and near >= self._config["alike"]
        ]
        return sorted(hints, key=lambda hint: -hint["confidence"])

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SymptomHint":
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / FILE, allow_pickle=False) as kept:
            component._terms = [str(term) for term in kept["terms"]]
            component._weights, component._offsets = kept["weights"], kept["offsets"]
            component._taught, component._tells = kept["taught"].astype(np.float32), kept["tells"]
        return component


def told_symptoms(path: Path) -> List[Tuple[Text, Text]]:
    """The sentences of the file, each with its term; `none` for those that tell no symptom. Raises RasaException,
    naming the file, when it cannot be read."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        told = [(str(term), str(text)) for term, texts in content["told"].items() for text in texts]
        return told + [(NONE, str(text)) for text in content["not_told"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise RasaException(f"{path}: symptoms cannot be read from it ({type(error).__name__})") from None
