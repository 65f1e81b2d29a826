"""What the hints, at red flags and at symptoms, have in common."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, Dict, List, Sequence, Text

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.embedding import the_embedder
from nlu.components.spelling import Spelling, own_words

ROOT = Path(__file__).resolve().parents[2]


class Hint(IntentClassifier, GraphComponent):
    """Linear scores over the dense features of a message, and what was taught, to bear them out. What is heard is added
    to the message as the property `gives`, the surest first, each with its confidence. Nothing is taken away by it.

    A kind of hint says in `train` what `_names` it knows and learns the scores, and in `_hints` what it hears.
    """

    gives: Text = ""

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._names: List[Text] = []
        self._weights = np.zeros((0, 0))
        self._offsets = np.zeros(0)
        self._taught = np.zeros((0, 0))  # the features of what was taught, and what each of it tells
        self._tells = np.zeros(0)

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Hint":
        return cls(config, model_storage, resource)

    @abstractmethod
    def _hints(self, message: Message, row: np.ndarray, cosines: np.ndarray) -> List[Dict[Text, Any]]:
        """What a message in our letters tells. `row`: its dense features; `cosines`: to each of what was taught."""

    def process(self, messages: List[Message]) -> List[Message]:
        """Set the hints; a message without a word, or in another script, has none."""
        readable = [one for one in messages if one.get_dense_features(TEXT)[1] and is_latin(one.get(TEXT))]
        for message in messages:
            message.set(self.gives, [], add_to_output=True)
        if not readable:
            return messages
        rows = np.vstack([dense_row(message) for message in readable])
        for message, row, cosines in zip(readable, rows, rows @ self._taught.T, strict=True):
            heard = self._hints(message, row, cosines)
            message.set(self.gives, sorted(heard, key=lambda hint: -hint["confidence"]), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _keep(self) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / f"{self.gives}.npz",
                names=np.array(self._names),
                weights=self._weights,
                offsets=self._offsets,
                taught=self._taught.astype(np.float16),
                tells=self._tells,
            )
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "Hint":
        component = cls(config, model_storage, resource)
        with (
            model_storage.read_from(resource) as folder,
            np.load(folder / f"{cls.gives}.npz", allow_pickle=False) as kept,
        ):
            component._names = [str(name) for name in kept["names"]]
            component._weights, component._offsets = kept["weights"], kept["offsets"]
            component._taught, component._tells = kept["taught"].astype(np.float32), kept["tells"]
        return component


def features_of(reviewed: Sequence[Text], examples: Sequence[Message]) -> np.ndarray:
    """One row each, the reviewed sentences first; their spelling is mended with the words of the examples."""
    spelling = Spelling(own_words(example.get(TEXT) for example in examples), the_embedder().words())
    rows = the_embedder().of([spelling.mended(text) for text in reviewed])
    return np.vstack([rows, *(dense_row(example) for example in examples)])


def read_yaml(path: Path) -> Any:
    """A reviewed file, by libyaml: its parser in Python takes ten times as long."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def is_latin(text: Text) -> bool:
    """Whether half of the letters or more are: of another script the sentence model knows nothing."""
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(character.isascii() for character in letters) >= len(letters)


def dense_row(message: Message) -> np.ndarray:
    """The dense features, one row of length one, as the reviewed messages have them."""
    row = np.asarray(message.get_dense_features(TEXT)[1].features, dtype=np.float32)
    return row / np.linalg.norm(row)
