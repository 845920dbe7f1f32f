"""Scores of a corpus past memory: vectors from shards, products block by block."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.encoders.equals import first_equal_rows
from lingweave.encoders.scores import Encoder, Scores, Similarity, dense_scores, prepared
from lingweave.encoders.shards import Sharded, ShardOptions, sharded
from lingweave.errors import LingweaveError
from lingweave.ranks.streamed import Copies

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
MEMORY = 2**30
"""Bytes of passage vectors up to which all are taken into memory and ranked there."""


def sharded_scores(
    make: Callable[[], Encoder],
    benchmark: Benchmark,
    options: ShardOptions,
    identity: Mapping[str, Any],
    similarity: Similarity = "cosine",
    device: str | None = None,
    memory: int = MEMORY,
) -> Scores:
    """Scores of an encoder whose vectors are kept in shards.

    The figures are those of `encoder_scores`. Queries and passages are encoded where the folder
    lacks them; then vectors are taken into memory if they fit, else read block by block.

    Args:
        make: Makes the encoder: see `shards.sharded`.
        benchmark: The texts.
        options: Where vectors are kept, and who encodes.
        identity: What decides the encoder's vectors, of plain JSON values.
        similarity: How vectors are compared.
        device: Where products of blocks are made; None: a GPU if there is one.
        memory: Bytes of passage vectors up to which they are ranked in memory.

    Raises:
        LingweaveError: the benchmark has no passages; what `shards.sharded` raises.
    """
    if not benchmark.corpora:
        raise LingweaveError("the benchmark has no passages: nothing can be ranked")
    # A model is loaded once, for its description and for encoding here.
    made = cache(make)
    make = made if options.ray is None else make
    queries = sharded(make, "query", benchmark.queries, options, identity)
    passages = sharded(make, "passage", benchmark.corpora, options, identity)
    if len(queries) and queries.dimension != passages.dimension:
        raise LingweaveError(
            f"queries have {queries.dimension} dimensions, passages {passages.dimension}:"
            " all must come from one model"
        )
    provenance = {**made().describe(), "shards": str(options.folder)}
    if 4 * len(passages) * passages.dimension <= memory:
        return dense_scores(
            {x: queries.of(x, slice(0, len(s.ids))) for x, s in benchmark.queries.items()},
            {y: passages.of(y, slice(0, len(s.ids))) for y, s in benchmark.corpora.items()},
            similarity,
            provenance,
        )
    blocks = ShardedBlocks(queries, passages, similarity, device)
    return Scores(
        block=blocks.rows,
        first_equal=None,
        provenance={**provenance, "similarity": similarity, "dimension": passages.dimension},
        streamed=blocks,
    )


class ShardedBlocks:
    """Products of blocks of queries and passages, on a processor or a GPU.

    Args:
        queries: Their vectors.
        passages: Their vectors.
        similarity: How vectors are compared.
        device: Where to make the products; None: a GPU if there is one.
        dtype: What the products are made in; scores are float32 either way.
    """

    def __init__(
        self,
        queries: Sharded,
        passages: Sharded,
        similarity: Similarity,
        device: str | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._queries, self._passages = queries, passages
        self._prepare = prepared(similarity)
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._dtype = dtype
        self._last: tuple[tuple[str, int, int], torch.Tensor] | None = None

    def __call__(self, language: str, rows: slice, candidates: slice, /) -> torch.Tensor:
        """(rows, candidates) float32."""
        key = (language, rows.start, rows.stop)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._moved(self._queries.of(language, rows)))
        passages = self._moved(self._passages[candidates.start : candidates.stop])
        return (self._last[1] @ passages.T).float()

    def rows(self, language: str, rows: slice, /) -> Floats:
        """(rows, pool): for who must see whole rows, and can hold them."""
        scores: Floats = self(language, rows, slice(0, len(self._passages))).cpu().numpy()
        return scores

    def copies(self) -> Copies:
        """Passages whose vectors are those of an earlier one; reads all vectors once or twice."""
        texts = self._passages.texts
        first = first_equal_rows(_Prepared(self._passages, self._prepare))
        return Copies.of(texts.first[first[texts.number]])

    def _moved(self, vectors: Floats) -> torch.Tensor:
        return torch.from_numpy(self._prepare(vectors)).to(self._device, self._dtype)


class _Prepared:
    """The distinct vectors of a side as they are compared."""

    def __init__(self, vectors: Sharded, prepare: Callable[[Floats], Floats]) -> None:
        self._vectors, self._prepare = vectors, prepare

    def __len__(self) -> int:
        return len(self._vectors.texts.first)

    def __getitem__(self, rows: slice | Ints) -> Floats:
        numbers = np.arange(len(self))[rows] if isinstance(rows, slice) else rows
        return self._prepare(self._vectors.distinct(numbers))
