"""Gives each message its dense sentence features: spelling mended, then the sentence model's 384 numbers."""

from typing import Any, Dict, List, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.embedding import the_embedder
from nlu.components.spelling import Spelling, own_words

WORDS_FILE = "own_words.txt"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """What is learnt is only the words of the examples, kept as a text file, one word a line.

    The weights themselves stay in their package (nlu/components/weights.py) and are checked when this is made. A wrong
    file is WrongWeights: the model does not train, or is not served.
    """

    def __init__(
        self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource, context: ExecutionContext
    ) -> None:
        super().__init__(context.node_name, config)
        self._storage = storage
        self._resource = resource
        self._embedder = the_embedder()
        self._spelling = Spelling([], self._embedder.words())

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Nothing can be set."""

    @staticmethod
    def required_packages() -> List[Text]:
        return ["onnxruntime", "tokenizers"]

    @classmethod
    def required_components(cls) -> List[Type]:
        return []

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceFeaturizer":
        return cls(config, model_storage, resource, execution_context)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which words the examples use."""
        self._learn(own_words(example.get(TEXT) or "" for example in training_data.intent_examples))
        with self._storage.write_to(self._resource) as folder:
            (folder / WORDS_FILE).write_text("\n".join(self._spelling.own), encoding="ascii")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self._add_features(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        self._add_features(messages)
        return messages

    def _add_features(self, messages: List[Message]) -> None:
        """A message without a letter or a digit gets none: an emoji means nothing to this model, but not nothing."""
        readable = [message for message in messages if any(c.isalnum() for c in message.get(TEXT) or "")]
        rows = self._embedder.of([self._spelling.mended(message.get(TEXT)) for message in readable])
        for message, row in zip(readable, rows, strict=True):
            message.add_features(Features(row[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))

    def _learn(self, words: List[str]) -> None:
        self._spelling = Spelling(words, self._embedder.words())

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SentenceFeaturizer":
        """A model without its words is a broken model: the error goes up and Rasa is not ready."""
        component = cls(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            component._learn((folder / WORDS_FILE).read_text(encoding="ascii").split())
        return component
