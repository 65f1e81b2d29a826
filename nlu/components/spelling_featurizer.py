"""How a sentence is spelt: its pieces of three and four letters, each in one of a fixed number of places."""

from typing import Any, Dict, List, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import HashingVectorizer

SHORTEST, LONGEST = 3, 4  # letters
PLACES = 256


def pieces_of_words(shortest: int = SHORTEST, longest: int = LONGEST, places: int = PLACES) -> HashingVectorizer:
    """Reads texts as rows of `places` numbers of length one, without having learnt anything."""
    return HashingVectorizer(
        analyzer="char_wb", ngram_range=(shortest, longest), n_features=places, strip_accents="unicode"
    )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SpellingFeaturizer(SparseFeaturizer, GraphComponent):
    """Character n-grams within words, hashed: there is no vocabulary to learn or to keep, and typing errors keep most
    of their pieces.

    Rasa's CountVectorsFeaturizer does the same with a vocabulary, but wants a tokenizer before it and gives every word
    features too, which nothing here reads: training takes longer (docs/adr/020-nearest-examples-and-parts.md).
    """

    def __init__(self, config: Dict[Text, Any], context: ExecutionContext) -> None:
        super().__init__(context.node_name, config)
        self._pieces = pieces_of_words(config["min_ngram"], config["max_ngram"], config["places"])

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {**SparseFeaturizer.get_default_config(), "min_ngram": SHORTEST, "max_ngram": LONGEST, "places": PLACES}

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """What is wrong shows when the vectorizer is made."""

    @staticmethod
    def required_packages() -> List[Text]:
        return ["sklearn"]

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
    ) -> "SpellingFeaturizer":
        return cls(config, execution_context)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """A message without a letter or a digit gets none, as in the dense features."""
        readable = [message for message in messages if any(c.isalnum() for c in message.get(TEXT) or "")]
        if readable:
            rows = self._pieces.transform(message.get(TEXT) for message in readable)
            for message, row in zip(readable, rows, strict=True):
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages
