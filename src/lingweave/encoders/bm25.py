"""BM25 over the pool of all languages, with words of every script."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import bm25s
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.encoders.scores import Scores, first_positions
from lingweave.encoders.words import DEFINITION, words
from lingweave.errors import LingweaveError

K1, B = 0.9, 0.4
"""Anserini's settings, which the field's baselines are reported with."""
VARIANT = "lucene"
"""idf ln(1 + (N - df + .5) / (df + .5)), term weight tf / (tf + k1 (1 - b + b length / mean))."""


def bm25_scores(benchmark: Benchmark) -> Scores:
    """BM25 of every query against the pool, one idf and one mean length over all languages.

    A passage is scored as often as it stands in the pool; passages of equal text tie exactly. A
    word that a query repeats counts as often as it stands there.

    Source: Robertson and Zaragoza 2009, in Lucene's form (Kamphuis et al. 2020, "Which BM25 do you
    mean?"), by the package bm25s (Lù 2024, arXiv 2407.03618).

    Raises:
        LingweaveError: there are no passages, or no word in any of them.
    """
    vocabulary: dict[str, int] = {}
    passages = [
        [vocabulary.setdefault(word, len(vocabulary)) for word in words(text)]
        for text in _texts(benchmark)
    ]
    if not passages:
        raise LingweaveError(f"{benchmark.name} has no passages: nothing can be ranked")
    if not vocabulary:
        raise LingweaveError(f"{benchmark.name}: no passage holds a word, BM25 finds nothing")
    index = bm25s.BM25(k1=K1, b=B, method=VARIANT, backend="numpy")
    index.index((passages, vocabulary), create_empty_token=False, show_progress=False)
    parts = index.scores
    # Its columns are words: the same three arrays are the rows of the transposed matrix.
    weights = sp.csr_matrix(
        (parts["data"], parts["indices"], parts["indptr"]), shape=(len(vocabulary), len(passages))
    )
    queries = {x: _counts(side.texts, vocabulary) for x, side in benchmark.queries.items()}

    def block(language: str, rows: slice) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = (queries[language][rows] @ weights).toarray()
        return scores

    return Scores(
        block=block,
        first_equal=first_positions(list(_texts(benchmark))),
        provenance={
            "encoder": "bm25",
            "variant": VARIANT,
            "k1": K1,
            "b": B,
            "words": DEFINITION,
            "statistics": "idf and mean length over the passages of all languages",
            "package": f"bm25s {bm25s.__version__}",
            "vocabulary": len(vocabulary),
        },
    )


def _texts(benchmark: Benchmark) -> Iterator[str]:
    return chain.from_iterable(benchmark.corpora[y].texts for y in sorted(benchmark.corpora))


def _counts(texts: Sequence[str], vocabulary: dict[str, int]) -> Any:
    """(texts, vocabulary) how often each query says each word that some passage holds."""
    rows = [[vocabulary[word] for word in words(text) if word in vocabulary] for text in texts]
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    columns = np.fromiter(chain.from_iterable(rows), np.int64)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    matrix = sp.csr_matrix(
        (np.ones(len(columns), np.float32), columns, ends), shape=(len(texts), len(vocabulary))
    )
    matrix.sum_duplicates()
    return matrix
