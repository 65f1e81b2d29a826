"""One classifier over intents and FAQ topics alike.

Rasa's usual way is two models: an intent classifier that says `faq`, then a ResponseSelector that picks the
topic. The first can be .99 sure of `faq` for a sentence that fits no topic, and the second then answers at
random. Here a FAQ topic is a class of its own (`faq/withdrawal`), so the confidence the fallback looks at is
the confidence in the answer given.
"""

import logging
from typing import Any, Dict, List, Optional, Text

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

logger = logging.getLogger(__name__)

WEIGHTS_FILE = "flat_classifier.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FlatClassifier(IntentClassifier, GraphComponent):
    """Logistic regression over the sentence features, sparse and dense, of every featurizer before it.

    What is kept in the model is three arrays in an .npz read with allow_pickle=False: nothing in a model file
    can run code, and another scikit-learn reads it as well.
    """

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._labels: List[Text] = []
        self._weights = np.zeros((0, 0))
        self._offsets = np.zeros(0)

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"C": 60.0, "max_iter": 1000, "random_state": 7, "ranking_length": 10}

    @staticmethod
    def required_packages() -> List[Text]:
        return ["sklearn"]

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "FlatClassifier":
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example that has an intent. Classes weigh the same however many examples they
        have: out_of_scope has five times as many as a topic, and must not win for that.
        """
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        model = LogisticRegression(
            C=self._config["C"],
            class_weight="balanced",
            max_iter=self._config["max_iter"],
            random_state=self._config["random_state"],
        )
        model.fit(_features(examples), [label_of(example) for example in examples])
        self._labels = list(model.classes_)
        self._weights, self._offsets = np.ascontiguousarray(model.coef_.T), model.intercept_
        self._persist()
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Set `intent`, `intent_ranking` (full names) and `response_selector`, as if Rasa's own had."""
        for message in messages:
            ranking = self._ranking(message)
            best = ranking[0]
            topics = [entry for entry in ranking if "/" in entry["name"]]
            name = best["name"].partition("/")[0]
            message.set(INTENT, {"name": name, "confidence": best["confidence"]}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set("response_selector", _selected(topics), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _ranking(self, message: Message) -> List[Dict[Text, Any]]:
        """All labels with their probability, best first. A sentence with no feature at all (an emoji, "???")
        gets an equal share everywhere, hence falls back, instead of whatever the offsets happen to prefer.
        """
        row = _features([message])
        scores = np.asarray(row @ self._weights).ravel() + self._offsets if row.nnz else np.zeros(len(self._labels))
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        order = np.argsort(-shares, kind="stable")[: self._config["ranking_length"]]
        return [{"name": self._labels[i], "confidence": float(shares[i])} for i in order]

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / WEIGHTS_FILE,
                labels=np.array(self._labels),
                weights=self._weights,
                offsets=self._offsets,
            )

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "FlatClassifier":
        """Read the weights. A model without them is a broken model: the error goes up and Rasa is not ready."""
        component = cls(config, model_storage, resource)
        with (
            model_storage.read_from(resource) as folder,
            np.load(folder / WEIGHTS_FILE, allow_pickle=False) as kept,
        ):
            component._labels = [str(label) for label in kept["labels"]]
            component._weights, component._offsets = kept["weights"], kept["offsets"]
        return component


def label_of(example: Message) -> Text:
    """`faq/withdrawal` where the example belongs to a topic, else its intent."""
    return example.get(INTENT_RESPONSE_KEY) or example.get(INTENT)


def _features(messages: List[Message]) -> csr_matrix:
    """One row a message: its sparse and its dense sentence features side by side, each of length one.

    Without that, a long sentence has more n-grams, hence larger scores, hence more confidence than a short
    one.
    """
    rows = []
    for message in messages:
        both = (message.get_sparse_features(TEXT)[1], message.get_dense_features(TEXT)[1])
        parts = [normalize(csr_matrix(found.features, dtype=float)) for found in both if found is not None]
        rows.append(parts[0] if len(parts) == 1 else hstack(parts))
    return csr_matrix(rows[0] if len(rows) == 1 else vstack(rows))


def _selected(topics: List[Dict[Text, Any]]) -> Dict[Text, Any]:
    """The topics in the shape Rasa's retrieval action reads, one entry a retrieval intent (`faq`)."""
    selected: Dict[Text, Any] = {"all_retrieval_intents": []}
    for topic in topics:
        intent = topic["name"].partition("/")[0]
        entry: Optional[Dict[Text, Any]] = selected.get(intent)
        if entry is None:
            selected["all_retrieval_intents"].append(intent)
            entry = selected[intent] = {
                "response": {
                    "responses": [],
                    "confidence": topic["confidence"],
                    "intent_response_key": topic["name"],
                    "utter_action": f"utter_{topic['name']}",
                },
                "ranking": [],
            }
        entry["ranking"].append({"intent_response_key": topic["name"], "confidence": topic["confidence"]})
    return selected
