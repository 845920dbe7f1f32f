"""Training data in the forms in which people have it -> ParallelTable."""

import logging
import os
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from lingweave.errors import LingweaveError
from lingweave.languages import is_language
from lingweave.sources.files import json_lines, text_lines
from lingweave.sources.rows import read_table
from lingweave.sources.training.cells import Reader, Source, table_of
from lingweave.sources.training.dpr import dpr_cells
from lingweave.sources.training.origins import with_origins
from lingweave.sources.training.pairs import pair_cells
from lingweave.sources.training.retrieval import beir_cells, is_beside, triple_cells
from lingweave.sources.training.squad import squad_cells
from lingweave.sources.training.tydi import tydi_cells
from lingweave.table import ParallelTable

log = logging.getLogger("lingweave")

Format = Literal["squad", "tydi", "dpr", "beir", "triples", "pairs", "rows"]
READERS: dict[str, Reader] = {
    "squad": squad_cells, "tydi": tydi_cells, "dpr": dpr_cells, "beir": beir_cells,
    "triples": triple_cells, "pairs": pair_cells,
}  # fmt: skip
"""All formats but ``rows``, which `read_table` reads."""
_FIELDS: tuple[tuple[Format, tuple[set[str], ...]], ...] = (
    ("dpr", ({"question", "positive_ctxs"},)),
    ("tydi", ({"question_text", "passage_answer_candidates"},)),
    (
        "rows",
        (
            {"lang", "query", "passage"},
            {"language", "query", "passage"},
            {"id", "query", "passage"},
            {"id", "texts"},
        ),
    ),
    (
        "triples",
        tuple(
            {query, positive}
            for query in ("query", "anchor", "question")
            for positive in ("positive", "positives", "pos", "positive_passages")
        ),
    ),
    ("pairs", ({"question", "answer"}, {"qa_pairs"})),
)
"""What a row of each format has, in one of these ways."""
_ENDINGS = (".json", ".jsonl", ".parquet", ".tsv", ".txt", ".arrow")
_HEAD = 1 << 16
"""Lines of a JSON file that are looked at to tell its format."""


class TrainingData(NamedTuple):
    """What was read."""

    table: ParallelTable
    """The records."""
    format: Format
    """As which they were read."""
    left_out: dict[str, int]
    """What was not taken, and how much of it."""


def training_table(
    paths: Sequence[str | os.PathLike[str]],
    format: Format | None = None,
    language: str | None = None,
    split: str | None = "train",
    dataset: str | None = None,
) -> ParallelTable:
    """The table of training data; see `training_data`."""
    return training_data(paths, format, language, split, dataset).table


def training_data(
    paths: Sequence[str | os.PathLike[str]],
    format: Format | None = None,
    language: str | None = None,
    split: str | None = "train",
    dataset: str | None = None,
) -> TrainingData:
    """Reads training data, and logs as what.

    Args:
        paths: files, or folders of files, all of one format; for ``beir`` folders. In folders of
            triples, files of queries and passages are only looked up.
        format: None: told by the first file.
        language: of what does not tell its own.
        split: of ``rows`` with a split column and of BEIR's judgements; None is all rows, and for
            BEIR ``train``.
        dataset: what to call the data set; by default after the first file. Rows tell their own.

    Raises:
        LingweaveError: the format cannot be told or is another one, something is malformed, or
            nothing is left; naming file and line.
    """
    if not paths:
        raise LingweaveError("no training data given: name files or folders with --from")
    if format is not None and format not in get_args(Format):
        raise LingweaveError(f"format {format!r}: choose from {', '.join(get_args(Format))}")
    places = [Path(path) for path in paths]
    for place in places:
        if not place.exists():
            raise LingweaveError(f"{place}: no such file or folder")
    files = [file for place in places for file in _files(place)]
    asked = [file for file in files if not is_beside(file)] or files
    told = format or _told(asked[0])
    if told == "triples":
        files = [file for file in files if file in asked or file in places]
    log.info("%s: read as %s", ", ".join(map(str, paths)), told)
    if told == "rows":
        table = read_table(paths, split=split, language=language)
        return TrainingData(with_origins(table), told, {})
    source = Source(places if told == "beir" else files, language, split, Counter())
    name = dataset or _name(places[0])
    table = table_of(READERS[told](source), name)
    left_out = {what: count for what, count in source.left_out.items() if count}
    for what, count in left_out.items():
        log.info("%s: left out: %s %s", name, f"{count:,}", what)
    return TrainingData(table, told, left_out)


def _name(place: Path) -> str:
    """What a data set is called after its file or folder; ``.`` and ``..`` are called otherwise."""
    named = place if place.name.strip(".") else place.resolve()
    return named.name.lstrip(".").split(".")[0] or "data"


def _files(place: Path) -> list[Path]:
    """A file, or the files of a folder; a BEIR folder stays one."""
    if place.is_file() or _is_beir(place):
        return [place]
    inside = [p for p in sorted(place.iterdir()) if p.name.removesuffix(".gz").endswith(_ENDINGS)]
    if not inside:
        raise LingweaveError(f"{place}: no {', '.join(_ENDINGS)} file in this folder")
    return inside


def _is_beir(place: Path) -> bool:
    if not place.is_dir():
        return False
    return any(place.glob("corpus*")) or any(place.glob("*/corpus*"))


def _told(place: Path) -> Format:
    """The format of a file or folder."""
    if place.is_dir():
        return "beir"
    name = place.name.removesuffix(".gz")
    if name.endswith(".arrow"):
        return "rows"
    if name.endswith((".tsv", ".txt")):
        return "triples"
    if name.endswith(".json"):
        head = "".join(line for _, line in islice(text_lines(place), _HEAD))
        if '"positive_ctxs"' in head:
            return "dpr"
        if '"paragraphs"' in head:
            return "squad"
        raise _unknown(place, "neither paragraphs nor positive_ctxs stand in it")
    names = _names(place)
    for told, ways in _FIELDS:
        if any(way <= names for way in ways):
            return told
    sides = (name.partition("_") for name in names)
    if any(side in ("query", "passage") and is_language(code) for side, _, code in sides):
        return "rows"
    raise _unknown(place, f"its fields are {', '.join(sorted(names))}")


def _names(place: Path) -> set[str]:
    """The fields of a file's first row."""
    if place.name.endswith(".parquet"):
        try:
            return set(pq.read_schema(place).names)
        except (pa.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise LingweaveError(f"{place}: not a readable Parquet file ({reason})") from None
    row: dict[str, Any] | None = next((row for _, row in json_lines(place)), None)
    if row is None:
        raise LingweaveError(f"{place}: the file has no rows")
    return set(row)


def _unknown(place: Path, why: str) -> LingweaveError:
    return LingweaveError(
        f"{place}: which format is this? {why}; say it with --format"
        f" ({', '.join(get_args(Format))})"
    )
