"""A sentence as 384 numbers: what it means, so that other words for the same thing lie near it."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from nlu.components.memory import Memory
from nlu.components.weights import MODEL, TOKENIZER, checked

DIMENSIONS = 384
TOKENS = 128  # the length the model was trained for; 128 tokens are about 90 words
FIRST_WORD = 1996  # of the vocabulary: "the"
WINDOWS = 4  # of TOKENS each; what follows in a longer message is read by its parts (nlu/reading.py)
WORKERS = 2
BATCH = 16


class Embedder:
    """The mean over the tokens, and length one. Common words count less than rare ones, by the logarithm of their rank:
    the vocabulary stands in the order of how common a piece is in English. The model's authors let every token count
    the same; of a stranger's questions 72% instead of 83% can then be answered with 95% right (ADR 021).

    Sentences of the same number of tokens are read together, without padding, which halves the time of training. A
    sentence's numbers do not depend on its neighbours but in the last digit (3e-8, measured over the examples).
    """

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_buffer(checked(TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS)
        self._counts = _counts(self._tokenizer.get_vocab_size())
        # Made now, so that no message waits for it and a wrong file shows.
        self._session = _session()
        self._workers = ThreadPoolExecutor(WORKERS)
        self._memory: Optional[Memory] = None

    def words(self) -> Dict[str, int]:
        """The English words the tokenizer knows whole, the commonest with the lowest number."""
        return {word: place for word, place in self._tokenizer.get_vocab().items() if word.isalpha()}

    @contextmanager
    def remembering(self, file: Path) -> Iterator[None]:
        """Inside of it only texts that are not in the file are read; at its end they are, unless something went
        wrong."""
        self._memory = Memory(file, _reader())
        try:
            yield
            self._memory.keep()
        finally:
            self._memory = None

    def of(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text, in their order, whatever the number of threads."""
        if self._memory is None:
            return self._read(texts)
        return self._memory.rows(texts, self._read)

    def _read(self, texts: Sequence[str]) -> np.ndarray:
        windows: Dict[int, List[Tuple[int, List[int]]]] = {}  # by number of tokens: the text's place and the tokens
        for place, text in enumerate(texts):
            encoded = self._tokenizer.encode(text)
            for window in [encoded, *encoded.overflowing][:WINDOWS]:
                windows.setdefault(len(window.ids), []).append((place, window.ids))
        batches = [same[at : at + BATCH] for same in windows.values() for at in range(0, len(same), BATCH)]
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        work = self._workers.map if len(batches) > 1 else map
        for batch, sums in zip(batches, work(self._sums, batches), strict=True):
            # A text longer than TOKENS has several windows, each of which counts by its tokens.
            np.add.at(rows, [place for place, _ in batch], sums)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    def _sums(self, batch: List[Tuple[int, List[int]]]) -> np.ndarray:
        """The sum over the tokens of each, as much as they count, one row each."""
        ids = np.array([tokens for _, tokens in batch], dtype=np.int64)
        asked = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return (self._session.run(None, asked)[0] * self._counts[ids][:, :, np.newaxis]).sum(axis=1)


def _session() -> onnxruntime.InferenceSession:
    """One thread a run: two runs at once are faster than one on both cores, and one alone is as fast."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3  # errors only
    # No arena: it keeps the largest message's memory for ever, for a gain of a tenth of a millisecond.
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(checked(MODEL), options, providers=["CPUExecutionProvider"])


def _reader() -> bytes:
    """What reads: the weights, this code and the library that runs them."""
    made_of = (MODEL.sha256, TOKENIZER.sha256, onnxruntime.__version__)
    return hashlib.sha256(Path(__file__).read_bytes() + " ".join(made_of).encode()).digest()


def _counts(vocabulary: int) -> np.ndarray:
    """How much each token counts: from almost nothing for "the" to one for the rarest. Marks, single letters and what
    begins and ends a sentence stand before all words."""
    rank = np.maximum(np.arange(vocabulary) - FIRST_WORD, 0)
    return (np.log(2.0 + rank) / np.log(2.0 + rank[-1])).astype(np.float32)


@lru_cache(maxsize=1)
def the_embedder() -> Embedder:
    """One for the process: its weights are 22 MB, and two components read with it."""
    return Embedder()
