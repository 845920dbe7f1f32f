"""From an encoder, or ready vectors, to the score blocks that the ranking pass asks for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders.equals import first_equal_rows
from lingweave.encoders.unit import as_float32, normalised
from lingweave.errors import LingweaveError
from lingweave.judgements import Judgements
from lingweave.ranks import TOP, LanguageRanks, ScoreBlock, ranks_by_language

if TYPE_CHECKING:
    from torch import Tensor

    from lingweave.ranks.streamed import Copies

Floats = NDArray[np.float32]
Similarity = Literal["cosine", "dot"]
"""Cosine: vectors are L2-normalised in fp32 first. Dot: they are taken as they are."""


class Encoder(Protocol):
    """Texts of one language to vectors; equal texts must get equal vectors.

    Where that holds only within a language, the encoder says so: see `by_language`.
    """

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        ...

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        ...

    def describe(self) -> dict[str, Any]:
        """What it is, for the provenance of a figure: plain JSON values."""
        ...


def by_language(encoder: object) -> bool:
    """Whether a text's vector depends on the language it is said to be in.

    Such an encoder has a true attribute ``by_language``; most have none.
    """
    return bool(getattr(encoder, "by_language", False))


class Streamed(Protocol):
    """`ranks.streamed.BlockScores` that knows which candidates are the same."""

    def __call__(self, language: str, rows: slice, candidates: slice, /) -> "Tensor":
        """(rows, candidates) float32."""
        ...

    def copies(self) -> "Copies":
        """Candidates that must tie with an earlier one."""
        ...


class Scores(NamedTuple):
    """Everything the ranking pass needs of an encoder that has seen a benchmark."""

    block: ScoreBlock
    """Scores of some query rows of a language against the pool."""
    first_equal: NDArray[np.int64] | None
    """(pool,) the position of the first candidate identical to each one, so that they tie."""
    provenance: dict[str, Any]
    """What made the scores: plain JSON values."""
    streamed: Streamed | None = None
    """Scores of blocks, for a pool past memory; `block` gives the same, a whole row at a time."""

    def parts(self, judgements: Judgements, top: int = TOP) -> Iterator[LanguageRanks]:
        """Exact ranks of all golds and the heads of the pool lists, by query language."""
        if self.streamed is None:
            return ranks_by_language(self.block, judgements, self.first_equal, top)
        # Imported here: torch takes seconds, and the floors do without it.
        from lingweave.ranks.streamed import streamed_ranks

        return streamed_ranks(self.streamed, judgements, self.streamed.copies(), top)


def encoder_scores(
    encoder: Encoder, benchmark: Benchmark, similarity: Similarity = "cosine"
) -> Scores:
    """Scores of an encoder. Each distinct text is encoded once, so equal texts tie exactly.

    A text that stands in several languages is encoded in the first of them, in code order, unless
    its vector depends on the language.
    """
    apart = by_language(encoder)
    return dense_scores(
        queries=_encoded(benchmark.queries, encoder.encode_queries, apart),
        passages=_encoded(benchmark.corpora, encoder.encode_passages, apart),
        similarity=similarity,
        provenance=encoder.describe(),
    )


def dense_scores(
    queries: Mapping[str, Floats],
    passages: Mapping[str, Floats],
    similarity: Similarity,
    provenance: dict[str, Any],
) -> Scores:
    """Scores of ready vectors, (rows, d) a language.

    Raises:
        LingweaveError: a vector holds NaN or infinity, or dimensions differ.
    """
    if not passages:
        raise LingweaveError("the benchmark has no passages: nothing can be ranked")
    sides = [(f"queries of {x}", v) for x, v in queries.items()]
    sides += [(f"passages of {x}", v) for x, v in passages.items()]
    dimension = sides[-1][1].shape[1]
    for what, vectors in sides:
        if vectors.shape[1] != dimension:
            raise LingweaveError(
                f"vectors for the {what} have {vectors.shape[1]} dimensions, others {dimension}:"
                " all must come from one model"
            )
        bad = int((~np.isfinite(vectors)).any(axis=1).sum())
        if bad:
            raise LingweaveError(
                f"vectors for the {what}: {bad} of {len(vectors)} hold NaN or infinity;"
                " check the model, or encode in fp32"
            )
    prepare = prepared(similarity)
    asked = {x: prepare(vectors) for x, vectors in queries.items()}
    pool = prepare(np.concatenate([passages[y] for y in sorted(passages)]))

    def block(language: str, rows: slice) -> Floats:
        scores: Floats = asked[language][rows] @ pool.T
        return scores

    return Scores(
        block=block,
        first_equal=first_equal_rows(pool),
        provenance={**provenance, "similarity": similarity, "dimension": dimension},
    )


def first_positions(keys: Sequence[object]) -> NDArray[np.int64]:
    """For each key the position of the first one equal to it."""
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(key, i) for i, key in enumerate(keys)], dtype=np.int64)


def _encoded(
    sides: Mapping[str, Texts], encode: Callable[[Sequence[str], str], Floats], apart: bool
) -> dict[str, Floats]:
    if apart:
        found = ({language: sides[language]} for language in sorted(sides))
        return {x: v for one in found for x, v in _encoded(one, encode, apart=False).items()}
    row_of: dict[str, int] = {}
    parts: list[Floats] = []
    for language in sorted(sides):
        new = list(dict.fromkeys(t for t in sides[language].texts if t not in row_of))
        if new:
            row_of |= {text: len(row_of) + i for i, text in enumerate(new)}
            parts.append(encode(new, language))
    if not parts:
        return {}
    vectors = np.concatenate(parts)
    return {
        language: vectors[[row_of[text] for text in side.texts]] for language, side in sides.items()
    }


def prepared(similarity: Similarity) -> Callable[[Floats], Floats]:
    """What makes vectors ready for plain products: (n, d) to (n, d) float32."""
    return normalised if similarity == "cosine" else as_float32
