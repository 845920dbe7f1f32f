"""What each query came to, beside its evaluation: what bootstraps of readings use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lingweave.atomic import whole_file
from lingweave.errors import LingweaveError
from lingweave.reading.figures import Reading
from lingweave.reading.rules import RuleSet
from lingweave.significance import Head, ValueSample

VALUES = "reading.parquet"
"""The file: a row a query and language, a column a measure; null where it was not taken."""
_NOTES = b"lingweave"


class Named(NamedTuple):
    """A reading, and what its measures are called in the file."""

    reading: Reading
    names: Mapping[str, str]
    """Measure -> name; what stands after `@` stays."""


def of_sentences(reading: Reading) -> Named:
    """What `sentence_match` gave: sentence_match@k, sentence_MRR@k."""
    return Named(reading, {"contains": "sentence_match", "MRR": "sentence_MRR"})


def of_gold(reading: Reading) -> Named:
    """What `read_gold` gave: gold_exact_match, gold_f1."""
    return Named(reading, {"exact": "gold_exact_match", "f1": "gold_f1"})


def of_top(reading: Reading) -> Named:
    """What `read_top` gave: exact_match, f1."""
    return Named(reading, {"exact": "exact_match", "f1": "f1"})


def write_values(path: Path, readings: Sequence[Named], rules: RuleSet) -> None:
    """Writes the values of the readings of one evaluation.

    Raises:
        OSError: there is no writing, or the disk is full.
    """
    keys = sorted({(row.language, row.query_id) for one, _ in readings for row in one.rows})
    place = {key: number for number, key in enumerate(keys)}
    columns: dict[str, pa.Array] = {
        "query_language": pa.array([x for x, _ in keys], pa.string()),
        "query_id": pa.array([id for _, id in keys], pa.string()),
    }
    for reading, names in readings:
        values = np.full((len(keys), len(reading.value)), np.nan)
        rows = [place[row.language, row.query_id] for row in reading.rows]
        values[rows] = [row.values for row in reading.rows]
        for measure, column in zip(reading.value, values.T, strict=True):
            word, at, depth = measure.partition("@")
            columns[f"{names[word]}{at}{depth}"] = pa.array(column, from_pandas=True)
    notes = {"rules": rules.name, "left_out": sorted(rules.left_out)}
    table = pa.table(columns).replace_schema_metadata({_NOTES: json.dumps(notes).encode()})
    with whole_file(path) as part:
        pq.write_table(table, part, compression="zstd")


def answer_sample(folder: Path, head: Head) -> ValueSample:
    """The values of an evaluation's readings, with its queries and clusters.

    Languages that the rules leave out of the mean have none.

    Args:
        folder: The evaluation's.
        head: The evaluation: languages, query ids, clusters.

    Raises:
        LingweaveError: it was not read, or the file is damaged or of another evaluation.
    """
    path = folder / VALUES
    try:
        table = pq.read_table(path)
        notes = json.loads((table.schema.metadata or {})[_NOTES])
        language, query_id = (table[name].to_pylist() for name in ("query_language", "query_id"))
        left_out = {*notes["left_out"]}
    except FileNotFoundError:
        raise LingweaveError(f"{folder}: holds no {VALUES}; run lingweave read {folder}") from None
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(f"{path}: damaged ({reason}); read again") from error
    names = tuple(name for name in table.column_names if name not in ("query_language", "query_id"))
    values = np.column_stack([table[name].to_numpy().astype(np.float64) for name in names])
    kept = [row for row, x in enumerate(language) if x not in left_out]
    places = (
        {x: i for i, x in enumerate(head.languages)},
        {q: i for i, q in enumerate(head.query_ids)},
    )
    try:
        asked = np.array([places[0][language[row]] for row in kept], np.int64)
        query = np.array([places[1][query_id[row]] for row in kept], np.int64)
    except KeyError as error:
        raise LingweaveError(
            f"{path}: is of another evaluation ({error} is not in this one); read again"
        ) from error
    of_head = {field.name: getattr(head, field.name) for field in fields(Head)}
    return ValueSample(
        **of_head, names=names, query_language=asked, query=query, values=values[kept]
    )
