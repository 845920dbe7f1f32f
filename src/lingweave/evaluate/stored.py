"""`ranks.parquet` read back, one query language after another."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.evaluate import storage
from lingweave.ranks import Counts, GoldRanks, joined_ranks

LANGUAGE_COLUMNS = ("query_language", "passage_language")


def read_queries(folder: Path) -> dict[str, str]:
    """The ids of all queries in the table, sorted, and the group of each.

    Raises:
        LingweaveError: the table is missing or damaged.
    """
    groups: dict[str, str] = {}
    for table in _row_groups(folder, ["query_id", "group"]):
        query = _encoded(table["query_id"])
        number, first = np.unique(query.indices.to_numpy(), return_index=True)
        ids = query.dictionary.take(pa.array(number)).to_pylist()
        group = table["group"].combine_chunks().take(pa.array(first)).to_pylist()
        groups.update(zip(ids, group, strict=True))
    return dict(sorted(groups.items()))


def read_ranks(
    folder: Path,
    languages: tuple[str, ...],
    corpus_sizes: Sequence[int],
    query_ids: tuple[str, ...],
) -> Iterator[GoldRanks]:
    """The ranks, one query language after another.

    Args:
        folder: The evaluation's.
        languages: All languages, in the order of their codes.
        corpus_sizes: How many candidates each one has.
        query_ids: Those that `read_queries` gives.

    Raises:
        LingweaveError: the table is damaged, or names another language.
    """
    place = {id: number for number, id in enumerate(query_ids)}
    sizes = np.array(corpus_sizes, dtype=np.int64)
    begun: list[GoldRanks] = []
    for table in _row_groups(folder):
        try:
            whole = _gold_ranks(table, languages, sizes, place)
        except KeyError as error:
            raise LingweaveError(
                f"{folder / storage.RANKS}: no column or language {error}; evaluate again"
            ) from error
        # A language may go on in the next row group, and a row group may hold several.
        changes = np.flatnonzero(np.diff(whole.query_language)) + 1
        for start, stop in itertools.pairwise([0, *changes.tolist(), len(whole)]):
            part = _rows(whole, slice(start, stop))
            if begun and len(part) and begun[0].query_language[0] != part.query_language[0]:
                yield joined_ranks(begun)
                begun = []
            begun += [part] if len(part) else []
    if begun:
        yield joined_ranks(begun)


def _gold_ranks(
    table: pa.Table, languages: tuple[str, ...], sizes: NDArray[np.int64], place: dict[str, int]
) -> GoldRanks:
    # Millions of rows, few distinct strings: only those are ever made into Python objects.
    query = _encoded(table["query_id"])
    # A dictionary may hold more than its row group uses, but all of it stands in the file.
    number = np.array([place.get(id, -1) for id in query.dictionary.to_pylist()], dtype=np.int64)
    numbers = {
        name: table[name].to_numpy().astype(np.int64)
        for name in table.column_names
        if pa.types.is_integer(table[name].type)
    }
    codes = {side: _codes(table[side], languages) for side in LANGUAGE_COLUMNS}
    return GoldRanks(
        languages=languages,
        query_ids=tuple(place),
        corpus_sizes=sizes,
        query_language=codes["query_language"],
        query=number[query.indices.to_numpy()],
        passage_language=codes["passage_language"],
        position=numbers["position"],
        grade=numbers["grade"],
        own=Counts(*(numbers[f"own_{name}"] for name in Counts._fields)),
        pool=Counts(*(numbers[f"pool_{name}"] for name in Counts._fields)),
    )


def _rows(ranks: GoldRanks, rows: slice) -> GoldRanks:
    return replace(
        ranks,
        query_language=ranks.query_language[rows],
        query=ranks.query[rows],
        passage_language=ranks.passage_language[rows],
        position=ranks.position[rows],
        grade=ranks.grade[rows],
        own=Counts(*(column[rows] for column in ranks.own)),
        pool=Counts(*(column[rows] for column in ranks.pool)),
    )


def _row_groups(folder: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    path = folder / storage.RANKS
    try:
        with pq.ParquetFile(path) as file:
            missing = sorted({*(columns or ())} - {*file.schema_arrow.names})
            if missing:
                raise LingweaveError(f"{path}: no column {missing[0]!r}; evaluate again")
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, columns=columns)
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(f"{path}: cannot be read ({reason}); evaluate again") from error


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.combine_chunks().dictionary_encode()


def _codes(column: pa.ChunkedArray, languages: tuple[str, ...]) -> NDArray[np.int64]:
    """The place of each row's language; KeyError for a language that is not there."""
    encoded = _encoded(column)
    place = {language: i for i, language in enumerate(languages)}
    places = np.array([place[x] for x in encoded.dictionary.to_pylist()], dtype=np.int64)
    rows: NDArray[np.int64] = places[encoded.indices.to_numpy()]
    return rows
