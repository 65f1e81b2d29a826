"""How much each example counts when labels have very different numbers of them."""

from typing import Dict, Text

import numpy as np


def class_weights(labels: np.ndarray, more: Dict[Text, float]) -> np.ndarray:
    """One weight an example, one on the average. Every label weighs the same however many examples it has, but for
    those in `more`, which weigh so many times as much.
    """
    names, counts = np.unique(labels, return_counts=True)
    share = {name: more.get(name, 1.0) / count for name, count in zip(names, counts, strict=True)}
    weights = np.array([share[label] for label in labels])
    return weights * len(weights) / weights.sum()
