"""One classifier over intents and FAQ topics alike.

Rasa's usual way is two models: an intent classifier that says `faq`, then a ResponseSelector that picks the
topic. The first can be .99 sure of `faq` for a sentence that fits no topic, and the second then answers at
random. Here a FAQ topic is a class of its own (`faq/withdrawal`), so the confidence the fallback looks at is
the confidence in the answer given.
"""

import logging
import warnings
from typing import Any, Dict, List, Optional, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from nlu.components.class_weights import class_weights

logger = logging.getLogger(__name__)

WEIGHTS_FILE = "flat_classifier.npz"
EXAMPLES_FILE = "examples.txt"
OUT_OF_SCOPE = "out_of_scope"
NEAREST = 5  # examples shown to a coordinator who tries a sentence


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FlatClassifier(IntentClassifier, GraphComponent):
    """Logistic regression over the sentence features, sparse and dense, of every featurizer before it, together with
    the examples that lie nearest, and held back by two doubts: is this about the study at all, and is it like anything
    we were taught?

    confidence(label) = share(label) * sqrt(in_scope) * likeness(label). `share` mixes the regression's share with that
    of the label's nearest examples (the mean cosine of the `neighbours` nearest, through a softmax of the width
    `nearness_width`): a product of the one to the power 1 - `nearness` and the other to the power `nearness`, summing
    to one. `in_scope` is a second regression's, of all that is in scope against out_of_scope; `likeness` grows from 0
    to 1 while the cosine to the label's nearest example grows from `unlike` to `alike`. What is nearly one of a label's
    examples (from `nearly` to `same`) is in scope, whatever the second regression thinks. Alone the regression is .9
    sure of "vaccines" for "is my dog's vaccination due" (docs/adr/018-dense-sentences.md has the figures).

    What is kept in the model is a few arrays in an .npz read with allow_pickle=False, and the examples as text: nothing
    in a model file can run code, and another scikit-learn reads it as well.
    """

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._labels: List[Text] = []
        self._weights = np.zeros((0, 0))
        self._offsets = np.zeros(0)
        self._widths = (0, 0)  # of the sparse and of the dense features
        self._scope_weights, self._scope_offset = np.zeros(0), 0.0
        self._taught = np.zeros((0, 0))  # the dense features of the examples, and the place of their label
        self._taught_labels = np.zeros(0, dtype=int)
        self._begins = np.zeros(1, dtype=int)  # where each label's examples begin, and the end
        self._examples: List[Text] = []

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        # sparse_weight: how much a word's spelling counts beside a sentence's meaning, which counts 1.
        # out_of_scope_weight: how much more it counts than one topic, being everything else there is.
        return {
            "C": 20.0,
            "sparse_weight": 0.3,
            "out_of_scope_weight": 10.0,
            "nearness": 0.5,
            "nearness_width": 0.06,
            "neighbours": 3,
            "unlike": 0.1,
            "alike": 0.5,
            "nearly": 0.7,
            "same": 0.9,
            "max_iter": 60,
            "random_state": 7,
            "ranking_length": 10,
        }

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
        labels = np.array([label_of(example) for example in examples])
        self._widths = _widths(examples)
        features = self._features(examples)
        model = self._regression(
            self._config["C"],
            features,
            labels,
            class_weights(labels, {OUT_OF_SCOPE: self._config["out_of_scope_weight"]}),
        )
        self._labels = list(model.classes_)
        self._weights, self._offsets = np.ascontiguousarray(model.coef_.T), model.intercept_
        self._learn_scope(features, labels)
        order = np.argsort(labels, kind="stable")
        self._taught = features[order, self._widths[0] :].astype(np.float16)
        self._taught_labels = np.searchsorted(model.classes_, labels[order])
        self._examples = [" ".join(examples[at].get(TEXT).split()) for at in order]
        self._persist()
        return self._resource

    def _learn_scope(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Without an example out of scope everything is in it."""
        outside = labels == OUT_OF_SCOPE
        self._scope_weights, self._scope_offset = np.zeros(features.shape[1]), 30.0
        if outside.any() and not outside.all():
            scope = self._regression(self._config["C"], features, ~outside, class_weights(outside, {}))
            self._scope_weights, self._scope_offset = scope.coef_[0], float(scope.intercept_[0])

    def _regression(
        self, strength: float, features: np.ndarray, told: np.ndarray, weights: np.ndarray
    ) -> LogisticRegression:
        model = LogisticRegression(
            C=strength, max_iter=self._config["max_iter"], random_state=self._config["random_state"]
        )
        with warnings.catch_warnings():
            # Where it stops before the last digit settles, held-out sentences are understood as well, sooner.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(features, told, sample_weight=weights)

    def process(self, messages: List[Message]) -> List[Message]:
        """Set `intent`, `intent_ranking` (full names) and `response_selector`, as if Rasa's own had."""
        rows = self._features(messages)
        every = rows[:, self._widths[0] :] @ self._taught.T
        for message, row, cosines in zip(messages, rows, every, strict=True):
            ranking = self._ranking(row, cosines)
            best = ranking[0]
            topics = [entry for entry in ranking if "/" in entry["name"]]
            name = best["name"].partition("/")[0]
            message.set(INTENT, {"name": name, "confidence": best["confidence"]}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set("nearest_examples", self._nearest(row, cosines), add_to_output=True)
            message.set("response_selector", _selected(topics), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _ranking(self, row: np.ndarray, cosines: np.ndarray) -> List[Dict[Text, Any]]:
        """All labels with their probability, best first. A sentence with no feature at all (an emoji, "???")
        gets an equal share everywhere, hence falls back, instead of whatever the offsets happen to prefer.
        """
        if not row.any():
            even = 1.0 / max(1, len(self._labels))
            return [{"name": label, "confidence": even} for label in self._labels[: self._config["ranking_length"]]]
        shares = _softmax(row @ self._weights + self._offsets)
        in_scope = 1.0 / (1.0 + np.exp(-(row @ self._scope_weights + self._scope_offset)))
        if self._widths[1]:
            nearest, nearness = self._near(cosines)
            mix = self._config["nearness"]
            shares = shares ** (1 - mix) * _softmax(nearness / self._config["nearness_width"]) ** mix
            shares /= shares.sum()
            likeness = self._grown(nearest, self._config["unlike"], self._config["alike"])
            sameness = self._grown(nearest, self._config["nearly"], self._config["same"])
            doubts = np.sqrt(np.maximum(in_scope, sameness)) * likeness
        else:
            doubts = np.full(len(shares), np.sqrt(in_scope))
        sure = np.where(np.array(self._labels) == OUT_OF_SCOPE, shares, shares * doubts)
        order = np.argsort(-sure, kind="stable")[: self._config["ranking_length"]]
        return [{"name": self._labels[i], "confidence": float(sure[i])} for i in order]

    def _near(self, cosines: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Of each label the cosine to its nearest example, and the mean of its few nearest. `cosines`: to every
        example; they stand in the order of their labels."""
        left, begins = cosines.copy(), self._begins[:-1]
        found = []
        for _ in range(self._config["neighbours"]):
            best = np.maximum.reduceat(left, begins)
            found.append(best)
            left[left == best[self._taught_labels]] = -1.0
        return found[0], np.mean(found, axis=0)

    @staticmethod
    def _grown(cosines: np.ndarray, begin: float, end: float) -> np.ndarray:
        """From 0 to 1 while the cosine grows from `begin` to `end`."""
        return np.clip((cosines - begin) / (end - begin), 0.0, 1.0)

    def _nearest(self, row: np.ndarray, cosines: np.ndarray) -> List[Dict[Text, Any]]:
        """The examples most like the message, for a coordinator to see why."""
        if not self._widths[1] or not row.any():
            return []
        few = np.argpartition(-cosines, min(NEAREST, len(cosines) - 1))[:NEAREST]
        order = few[np.argsort(-cosines[few], kind="stable")]
        return [
            {
                "name": self._labels[self._taught_labels[i]],
                "example": self._examples[i],
                "likeness": float(cosines[i]),
            }
            for i in order
        ]

    def _features(self, messages: List[Message]) -> np.ndarray:
        """One row a message: its sparse and its dense sentence features side by side, each of a fixed length.

        Without that, a long sentence has more n-grams, hence larger scores, hence more confidence than a short
        one. Where a featurizer found nothing in a message, its part of the row stays zero.
        """
        rows = np.zeros((len(messages), int(sum(self._widths))), dtype=np.float32)
        found = [_sentence_features(message) for message in messages]
        places = [at for at, (sparse, _) in enumerate(found) if sparse is not None]
        if places:
            sparse = normalize(vstack([found[at][0] for at in places])).toarray()
            rows[places, : self._widths[0]] = self._config["sparse_weight"] * sparse
        places = [at for at, (_, dense) in enumerate(found) if dense is not None]
        if places:
            rows[places, self._widths[0] :] = normalize(np.vstack([found[at][1] for at in places]))
        return rows

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / WEIGHTS_FILE,
                labels=np.array(self._labels),
                weights=self._weights,
                offsets=self._offsets,
                widths=np.array(self._widths),
                scope_weights=self._scope_weights,
                scope_offset=np.array(self._scope_offset),
                taught=self._taught,
                taught_labels=self._taught_labels,
            )
            (folder / EXAMPLES_FILE).write_text("\n".join(self._examples), encoding="utf-8")

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
            component._widths = (int(kept["widths"][0]), int(kept["widths"][1]))
            component._scope_weights, component._scope_offset = kept["scope_weights"], float(kept["scope_offset"])
            component._taught = kept["taught"].astype(np.float32)
            component._taught_labels = kept["taught_labels"]
            component._begins = np.searchsorted(component._taught_labels, np.arange(len(component._labels) + 1))
            component._examples = (folder / EXAMPLES_FILE).read_text(encoding="utf-8").split("\n")
        return component


def _softmax(scores: np.ndarray) -> np.ndarray:
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def label_of(example: Message) -> Text:
    """`faq/withdrawal` where the example belongs to a topic, else its intent."""
    return example.get(INTENT_RESPONSE_KEY) or example.get(INTENT)


def _sentence_features(message: Message) -> Tuple[Optional[csr_matrix], Optional[np.ndarray]]:
    """What the featurizers before this found in a message, one row each."""
    sparse, dense = message.get_sparse_features(TEXT)[1], message.get_dense_features(TEXT)[1]
    return None if sparse is None else sparse.features, None if dense is None else dense.features


def _widths(examples: List[Message]) -> Tuple[int, int]:
    """How many sparse and dense features a sentence has; none where the pipeline has no such featurizer."""
    found = [0, 0]
    for example in examples:
        for place, features in enumerate(_sentence_features(example)):
            found[place] = max(found[place], 0 if features is None else features.shape[1])
    return found[0], found[1]


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
