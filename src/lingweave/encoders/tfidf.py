"""The floor that needs no model: character TF-IDF, fitted on the candidates of all languages."""

import unicodedata
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from lingweave.benchmark import Benchmark
from lingweave.encoders.scores import Scores, first_positions
from lingweave.errors import LingweaveError

DEFINITION = (
    "character 2-4-grams of NFKC-lowercased text with one space at both ends, 1 + ln tf,"
    " smoothed idf over the candidates of all languages, cosine"
)


def tfidf_scores(benchmark: Benchmark) -> Scores:
    """Cosine of character n-gram TF-IDF vectors, kept sparse."""
    texts = [padded(text) for y in sorted(benchmark.corpora) for text in benchmark.corpora[y].texts]
    if not texts:
        raise LingweaveError(f"{benchmark.name} has no passages: nothing can be ranked")
    vectorizer = TfidfVectorizer(
        analyzer="char",
        ngram_range=(2, 4),
        sublinear_tf=True,
        lowercase=False,
        dtype=np.float32,
    )
    passages: Any = vectorizer.fit_transform(texts).T.tocsr()
    queries: dict[str, Any] = {
        x: vectorizer.transform([padded(text) for text in side.texts])
        for x, side in benchmark.queries.items()
        if side.texts
    }

    def block(language: str, rows: slice) -> NDArray[np.float32]:
        product: sp.csr_matrix = queries[language][rows] @ passages
        scores: NDArray[np.float32] = product.toarray()
        return scores

    return Scores(
        block=block,
        first_equal=first_positions(texts),
        provenance={"encoder": "tfidf", "definition": DEFINITION, "dimension": passages.shape[0]},
    )


def padded(text: str) -> str:
    """The text as its n-grams are counted."""
    return f" {unicodedata.normalize('NFKC', text).lower()} "
