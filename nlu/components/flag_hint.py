"""Hints at red flags the rules have no phrase for.

The rules of study/triage decide first, in the process that receives a message, and without this. What they let pass
comes here: a small model over the sentence's meaning, taught with the reviewed messages of study/triage/red_flags.yml
and nlu/red_flags.yml. It may add a flag. It cannot take one away: a message the rules flagged never gets this far.
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
from nlu.components.hints import dense_row, is_latin
from nlu.components.spelling import Spelling, own_words

ROOT = Path(__file__).resolve().parents[2]
FILE = "flag_hint.npz"
WORDS = 2  # a single word that tells a red flag is one of the rules' own; the model hears one in "aaaaa"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FlagHint(IntentClassifier, GraphComponent):
    """One yes-or-no a kind, each over the dense features of a message.

    `flag_hints` are the kinds at or above `threshold` that are borne out by what was taught: a message of the kind lies
    near (a cosine of `alike` or more), and nothing harmless lies nearer by more than `nearer`. Alone the yes-or-no is
    sure of suicide for "see you tomorrow", which is like nothing it knows.

    `rules` and `examples` are reviewed files, read as data (from the root of the project) when the model is trained:
    must_flag and `heard` messages are examples of their kind; must_not and `not_heard` messages and every other
    training example of none.
    """

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._kinds: List[Text] = []
        self._weights = np.zeros((0, 0))
        self._offsets = np.zeros(0)
        self._taught = np.zeros((0, 0))  # the features of every example, and which kinds each tells
        self._tells = np.zeros((0, 0), dtype=bool)

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {
            "rules": "study/triage/red_flags.yml",
            "examples": "nlu/red_flags.yml",
            "threshold": 0.5,
            "alike": 0.5,
            "nearer": 0.05,
            "a_little": 0.02,
            "C": 30.0,
            "random_state": 7,
        }

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
        told, untold = reviewed_messages(ROOT / self._config["rules"], ROOT / self._config["examples"])
        texts = [text for text, _ in told] + untold
        spelling = Spelling(own_words(example.get(TEXT) for example in examples), the_embedder().words())
        reviewed = the_embedder().of([spelling.mended(text) for text in texts])
        features = np.vstack([reviewed, *(dense_row(example) for example in examples)])
        kinds = [kinds for _, kinds in told] + [set()] * (len(features) - len(told))
        self._kinds = list(dict.fromkeys(kind for _, found in told for kind in sorted(found)))
        tells = np.array([[kind in found for kind in self._kinds] for found in kinds])
        heads = [self._head(features, told_it) for told_it in tells.T]
        self._weights = np.array([head.coef_[0] for head in heads]).T
        self._offsets = np.array([head.intercept_[0] for head in heads])
        # Kept to compare with: what tells a kind, and what is harmless and yet a little like one.
        kept = tells.any(axis=1) | (self._sure(features) >= self._config["a_little"]).any(axis=1)
        self._taught, self._tells = features[kept], tells[kept]
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / FILE,
                kinds=np.array(self._kinds),
                weights=self._weights,
                offsets=self._offsets,
                taught=self._taught.astype(np.float16),
                tells=self._tells,
            )
        return self._resource

    def _head(self, features: np.ndarray, told: np.ndarray) -> LogisticRegression:
        model = LogisticRegression(
            C=self._config["C"], class_weight="balanced", max_iter=60, random_state=self._config["random_state"]
        )
        return model.fit(features, told)

    def process(self, messages: List[Message]) -> List[Message]:
        """Set `flag_hints`, the surest first; a message without a word has none."""
        for message in messages:
            message.set("flag_hints", self._hints(message), add_to_output=True)
        return messages

    def _hints(self, message: Message) -> List[Dict[Text, Any]]:
        text = message.get(TEXT)
        if message.get_dense_features(TEXT)[1] is None or not is_latin(text) or len(text.split()) < WORDS:
            return []
        row = dense_row(message)
        sure = self._sure(row).ravel()
        cosines = self._taught @ row.ravel()
        harmless = cosines[~self._tells.any(axis=1)].max(initial=-1.0)
        nearest = np.array([cosines[told].max(initial=-1.0) for told in self._tells.T])
        borne_out = (nearest >= self._config["alike"]) & (nearest >= harmless - self._config["nearer"])
        hints = [
            {"kind": kind, "confidence": float(share)}
            for kind, share, holds in zip(self._kinds, sure, borne_out, strict=True)
            if holds and share >= self._config["threshold"]
        ]
        return sorted(hints, key=lambda hint: -hint["confidence"])

    def _sure(self, rows: np.ndarray) -> np.ndarray:
        """How sure each kind's yes-or-no is of each row."""
        return 1 / (1 + np.exp(-(rows @ self._weights + self._offsets)))

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
            component._taught, component._tells = kept["taught"].astype(np.float32), kept["tells"]
        return component


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
        return yaml.safe_load(path.read_text(encoding="utf-8"))[key]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise RasaException(f"{path}: red flags cannot be read from it ({type(error).__name__})") from None
