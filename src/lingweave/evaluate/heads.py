"""The heads of pool lists as arrays: what the figures that need no judgements are made of."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.bias import Heads
from lingweave.errors import LingweaveError
from lingweave.evaluate.storage import top_table
from lingweave.ranks import TopLists

Ints = NDArray[np.int64]


def heads_of(table: pa.Table, languages: tuple[str, ...], corpus_sizes: Ints) -> Heads:
    """The heads of pool lists from `topk.parquet`'s table, or from `storage.top_table`.

    Raises:
        LingweaveError: its lists are not equally deep, or hold other languages.
    """
    rank = table["rank"].to_numpy()
    n = int(np.count_nonzero(rank == 1))
    depth = len(rank) // n if n else 0
    if len(rank) != n * depth or not (rank == np.tile(np.arange(1, depth + 1), n)).all():
        raise LingweaveError("the top lists are not equally deep, best first; evaluate again")
    codes = {}
    for name in ("query_language", "passage_language"):
        index, values = _encoded(table[name])
        missing = sorted({*values} - {*languages})
        if missing:
            raise LingweaveError(f"the top lists name the language {missing[0]!r}; evaluate again")
        place = np.array([languages.index(x) for x in values], dtype=np.int16)
        codes[name] = place[index].reshape(n, depth)
    query, ids = _encoded(table["query_id"])
    names, number = np.unique(ids, return_inverse=True)
    passage, passage_ids = _encoded(table["passage_id"])
    # One number a passage: ids need only be distinct within a language. As narrow as they fit.
    narrow = np.int32 if len(passage_ids) * len(languages) < 2**31 else np.int64
    in_pool: NDArray[np.integer[Any]] = passage.astype(narrow)
    in_pool *= len(languages)
    in_pool += codes["passage_language"].ravel()
    return Heads(
        languages=languages,
        query_ids=tuple(map(str, names)),
        corpus_sizes=corpus_sizes,
        query_language=codes["query_language"].ravel()[:: max(depth, 1)].astype(np.int64),
        query=number.astype(np.int64)[query[:: max(depth, 1)]],
        passage=in_pool.reshape(n, depth),
        passage_language=codes["passage_language"],
        scores=table["score"].to_numpy().reshape(n, depth),
    )


def heads_of_lists(top: TopLists, benchmark: Benchmark) -> Heads:
    """The heads of pool lists as the ranking pass gives them."""
    sizes = [
        len(benchmark.corpora[y].ids) if y in benchmark.corpora else 0 for y in benchmark.languages
    ]
    return heads_of(top_table(top, benchmark), benchmark.languages, np.array(sizes, dtype=np.int64))


def _encoded(column: pa.ChunkedArray) -> tuple[NDArray[Any], list[str]]:
    """A column of few strings as indices and what they mean."""
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
