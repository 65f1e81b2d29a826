"""Hints at red flags the rules have no phrase for.

The rules of study/triage decide first, in the process that receives a message, and without this. What they let pass
comes here: a small model over the sentence's meaning, taught with the reviewed messages of red_flags.yml. It may add a
flag. It cannot take one away: a message the rules flagged never gets this far.
"""

from pathlib import Path
from typing import Any, Dict, List, Set, Text, Tuple

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression

from nlu.components.embedding import the_embedder
from nlu.components.spelling import Spelling, own_words

ROOT = Path(__file__).resolve().parents[2]
FILE = "flag_hint.npz"
NONE = "none"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FlagHint(IntentClassifier, GraphComponent):
    """One yes-or-no a kind, each over the dense features of a message; `flag_hints` are those at or above `threshold`.

    `examples` is the rules' reviewed file, read as data (from the root of the project) when the model is trained: its
    must_flag messages are examples of their kind, its must_not messages and every other training example of none.
    """

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._kinds: List[Text] = []
        self._weights = np.zeros((0, 0))
        self._offsets = np.zeros(0)

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"examples": "study/triage/red_flags.yml", "threshold": 0.7, "C": 10.0, "random_state": 7}

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "FlagHint":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn every kind against all the rest. A kind has few messages among thousands: they weigh as much."""
        examples = [example for example in training_data.intent_examples if example.get_dense_features(TEXT)[1]]
        told, untold = reviewed_messages(ROOT / self._config["examples"])
        texts = [text for text, _ in told] + untold
        spelling = Spelling(own_words(example.get(TEXT) for example in examples), the_embedder().words())
        reviewed = the_embedder().of([spelling.mended(text) for text in texts])
        features = np.vstack([reviewed, *(_features(example) for example in examples)])
        kinds = [kinds for _, kinds in told] + [set()] * (len(features) - len(told))
        self._kinds = list(dict.fromkeys(kind for _, found in told for kind in sorted(found)))
        heads = [self._head(features, np.array([kind in found for found in kinds])) for kind in self._kinds]
        self._weights = np.array([head.coef_[0] for head in heads]).T
        self._offsets = np.array([head.intercept_[0] for head in heads])
        with self._storage.write_to(self._resource) as folder:
            np.savez(folder / FILE, kinds=np.array(self._kinds), weights=self._weights, offsets=self._offsets)
        return self._resource

    def _head(self, features: np.ndarray, told: np.ndarray) -> LogisticRegression:
        model = LogisticRegression(
            C=self._config["C"], class_weight="balanced", max_iter=200, random_state=self._config["random_state"]
        )
        return model.fit(features, told)

    def process(self, messages: List[Message]) -> List[Message]:
        """Set `flag_hints`, the surest first; a message without a word has none."""
        for message in messages:
            message.set("flag_hints", self._hints(message), add_to_output=True)
        return messages

    def _hints(self, message: Message) -> List[Dict[Text, Any]]:
        if message.get_dense_features(TEXT)[1] is None:
            return []
        scores = (_features(message) @ self._weights + self._offsets).ravel()
        hints = [
            {"kind": kind, "confidence": float(sure)}
            for kind, sure in zip(self._kinds, 1 / (1 + np.exp(-scores)), strict=True)
        ]
        above = [hint for hint in hints if hint["confidence"] >= self._config["threshold"]]
        return sorted(above, key=lambda hint: -hint["confidence"])

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
    ) -> "FlagHint":
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / FILE, allow_pickle=False) as kept:
            component._kinds = [str(kind) for kind in kept["kinds"]]
            component._weights, component._offsets = kept["weights"], kept["offsets"]
        return component


def reviewed_messages(path: Path) -> Tuple[List[Tuple[Text, Set[Text]]], List[Text]]:
    """The messages that must raise flags, each with its kinds, and those that must raise none.

    A must_not message is a near miss of its own kind and may tell another ("no chest pain but I fainted"): it counts as
    none only where no kind has it as must_flag, and where its text names no entry's must_flag message within it.
    Raises RasaException, naming the file, when it is not the rules' file.
    """
    try:
        kinds = yaml.safe_load(path.read_text(encoding="utf-8"))["kinds"]
        told: Dict[Text, Set[Text]] = {}
        near: List[Text] = []
        for kind, described in kinds.items():
            for entry in described["entries"]:
                for text in entry["must_flag"]:
                    told.setdefault(str(text), set()).add(kind)
                near += [str(text) for text in entry.get("must_not") or []]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise RasaException(f"{path}: red flags cannot be read from it ({type(error).__name__})") from None
    return list(told.items()), [text for text in dict.fromkeys(near) if text not in told]


def _features(message: Message) -> np.ndarray:
    """The dense features, one row of length one, as the reviewed messages have them."""
    row = np.asarray(message.get_dense_features(TEXT)[1].features, dtype=np.float32)
    return row / np.linalg.norm(row)
