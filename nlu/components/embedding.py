"""A sentence as 384 numbers: what it means, so that other words for the same thing lie near it."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Dict, List, Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from nlu.components.weights import MODEL, TOKENIZER, checked

DIMENSIONS = 384
TOKENS = 128  # the length the model was trained for; 128 tokens are about 90 words
WINDOWS = 4  # of TOKENS each; what follows in a longer message is left to its sentences (nlu/reading.py)
WORKERS = 2  # for training, where hundreds of sentences wait; a message has few


class Embedder:
    """Mean pooling over the tokens and length one, as the model's authors do it.

    One sentence at a time: int8 activations are scaled over a whole batch, so in a batch the numbers of a sentence
    would depend on its neighbours. Alone and on one thread the same sentence gives the same numbers for ever.
    """

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 3  # errors only
        # No arena: it keeps the largest message's memory for ever, for a gain of a tenth of a millisecond.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(checked(MODEL), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_buffer(checked(TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS)

    def words(self) -> Dict[str, int]:
        """The English words the tokenizer knows whole, the commonest with the lowest number."""
        return {word: place for word, place in self._tokenizer.get_vocab().items() if word.isalpha()}

    def of(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text. Deterministic whatever the order, the number of texts or the threads."""
        if len(texts) < 2 * WORKERS:
            rows = [self._row(text) for text in texts]
        else:
            with ThreadPoolExecutor(WORKERS) as workers:
                rows = list(workers.map(self._row, texts))
        return np.array(rows, dtype=np.float32).reshape(len(texts), DIMENSIONS)

    def _row(self, text: str) -> np.ndarray:
        """A text longer than TOKENS is read in windows; each counts by its tokens."""
        encoded = self._tokenizer.encode(text)
        windows = [encoded, *encoded.overflowing][:WINDOWS]
        pooled = sum(self._tokens(window.ids).sum(axis=0) for window in windows)
        return pooled / np.linalg.norm(pooled)

    def _tokens(self, ids: List[int]) -> np.ndarray:
        row = np.array([ids], dtype=np.int64)
        asked = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
        return self._session.run(None, asked)[0][0]


@lru_cache(maxsize=1)
def the_embedder() -> Embedder:
    """One for the process: its weights are 22 MB, and two components read with it."""
    return Embedder()
