"""What both hints, at red flags and at symptoms, read of a message."""

from typing import Text

import numpy as np
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message


def is_latin(text: Text) -> bool:
    """Whether half of the letters or more are: of another script the sentence model knows nothing."""
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(character.isascii() for character in letters) >= len(letters)


def dense_row(message: Message) -> np.ndarray:
    """The dense features, one row of length one, as the reviewed messages have them."""
    row = np.asarray(message.get_dense_features(TEXT)[1].features, dtype=np.float32)
    return row / np.linalg.norm(row)
