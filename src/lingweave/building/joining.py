"""Existing translations, joined to records by id."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from lingweave.building.writer import TableWriter
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.files import read_file, text_lines
from lingweave.sources.long_form import lengthened
from lingweave.sources.rows import refuse_blanks
from lingweave.sources.training.origins import with_origins
from lingweave.table import SIDES, Origin, ParallelTable

ROWS = 16384
"""Records that are written together."""
_CELLS = ("query", "passage", "negatives", "answers")
_TSV = (".tsv", ".tsv.gz")


class JoinCounts(NamedTuple):
    """What became of a file's translations."""

    joined: dict[str, int]
    """Language -> cells that the table has got."""
    kept: int
    """Cells that the table had already; the file's were passed over."""
    unknown: int
    """Cells whose id no record has."""
    missing: dict[str, int]
    """Language -> records that still have nothing in it."""


class Joined(NamedTuple):
    """A table with translations."""

    table: ParallelTable
    """Memory-mapped."""
    counts: JoinCounts
    """What was joined and what was not."""


def joined(
    table: ParallelTable,
    files: Sequence[Path],
    source: str,
    out: Path,
    targets: Sequence[str] | None = None,
) -> Joined:
    """The table with the translations of files whose ids are those of its records.

    Files are JSON lines, Parquet or TSV with a line of names, in long form (``id, lang, query,
    passage``) or wide form (``id, query_de, passage_de, ...``), perhaps with answers and
    ``dataset``, which is needed where data sets of the table share ids. What the table has in a
    language already stays. What the table was cleared of is forgotten: nobody looked for benchmarks
    in these texts.

    Args:
        table: the records; it is read some at a time, the files are in memory.
        files: with the translations.
        source: the language that they are translations from.
        out: the Arrow file to write.
        targets: take only these languages; all with None.

    Raises:
        LingweaveError: a file is malformed, a text in it is empty, a record stands twice in a
            language, or no id fits; naming the file.
    """
    table = with_origins(table)
    wanted = None if targets is None else {canonical(code) for code in targets}
    parts = [_read(file, table) for file in files]
    if not parts:
        raise LingweaveError("no translations given: name files to join")
    rows = pa.concat_tables(parts).combine_chunks()
    if wanted is not None:
        rows = rows.filter(pc.is_in(rows["lang"], pa.array(sorted(wanted), pa.large_string())))
    codes = sorted(pc.unique(rows["lang"]).to_pylist())
    known = rows["row"].to_numpy() >= 0
    if not known.any():
        raise _none_fits(files, rows, table)
    place = {code: _places(rows, code, len(table), files) for code in codes}
    origin = Origin("joined", ", ".join(file.name for file in files), source)
    answers = table.extras.answers or rows["answers"].null_count < len(rows)
    languages = sorted({*table.languages, *codes})
    with TableWriter(
        out,
        languages,
        (*table.origins, origin),
        score_names=table.score_names,
        answers=answers,
    ) as writer:
        for start in range(0, len(table), ROWS):
            writer.add(_widened(table, rows, place, slice(start, min(start + ROWS, len(table)))))
    made = ParallelTable.open(out)
    return Joined(made, _counts(table, made, rows, place))


def _read(file: Path, table: ParallelTable) -> pa.Table:
    """A file in long form with canonical languages, and the record of each row or -1."""
    given = _tsv(file) if file.name.endswith(_TSV) else read_file(file)
    own_sets = bool({"dataset", "source"} & set(given.column_names))
    rows = lengthened(given, file)
    refuse_blanks(rows, file)
    codes = pc.unique(rows["lang"]).to_pylist()
    names = []
    for code in codes:
        try:
            names.append(canonical(code))
        except LingweaveError as error:
            line = rows["row"][pc.index(rows["lang"], code).as_py()]
            raise LingweaveError(f"{file}: row {line}: {error}") from None
    which = pc.index_in(rows["lang"], value_set=pa.array(codes, pa.large_string()))
    languages = pa.array(names, pa.large_string()).take(which.combine_chunks())
    numbers = _records(rows, table, own_sets, file)
    cells = {name: rows[name] for name in (*_CELLS, "id")}
    return pa.table({**cells, "lang": languages, "row": numbers})


def _records(rows: pa.Table, table: ParallelTable, own_sets: bool, file: Path) -> pa.Array:
    """(n,) the record of each row, -1 where there is none."""
    text = pa.large_string()
    ids, wanted = table.ids().cast(text), rows["id"].cast(text)
    if own_sets:
        sets, between = table.records(slice(None))["dataset"].cast(text), pa.scalar("\x00", text)
        ids = pc.binary_join_element_wise(sets, ids, between).combine_chunks()
        wanted = pc.binary_join_element_wise(rows["dataset"].cast(text), wanted, between)
    elif len(table.datasets) > 1 and pc.count_distinct(ids).as_py() < len(ids):
        raise LingweaveError(
            f"{file}: data sets of the table share ids: give the file a column 'dataset'"
        )
    return pc.fill_null(pc.index_in(wanted, value_set=ids), -1).cast(pa.int64())


def _tsv(file: Path) -> pa.Table:
    first = next(iter(text_lines(file)), (0, ""))[1]
    columns = dict.fromkeys(first.split("\t"), pa.large_string())
    try:
        return csv.read_csv(
            file,
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=columns, strings_can_be_null=True, null_values=[""]
            ),
        )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(f"{file}: not a readable TSV file ({reason})") from None


def _places(rows: pa.Table, code: str, records: int, files: Sequence[Path]) -> Any:
    """(records,) the row of each record's translation, -1 where there is none."""
    here = np.flatnonzero(pc.equal(rows["lang"], code).to_numpy() & (rows["row"].to_numpy() >= 0))
    targets = rows["row"].to_numpy()[here]
    numbers, counts = np.unique(targets, return_counts=True)
    if (counts > 1).any():
        twice = rows["id"][int(here[targets == numbers[counts > 1][0]][0])]
        raise LingweaveError(
            f"{', '.join(map(str, files))}: record {twice} stands twice in {code!r}: give each"
            " record one translation a language"
        )
    places = np.full(records, -1)
    places[targets] = here
    return places


def _widened(table: ParallelTable, rows: pa.Table, place: dict[str, Any], span: slice) -> pa.Table:
    """Some records with their translations where they had nothing."""
    records = table.records(span)
    columns = {name: records[name] for name in records.column_names}
    origin = len(table.origins)
    for code, places in place.items():
        there = _there(table, code, span)
        own = np.where(there, -1, places[span])
        picks = pa.array(own, mask=own < 0)
        for name in _CELLS:
            new = rows[name].combine_chunks().take(picks)
            old = columns.get(f"{name}:{code}")
            columns[f"{name}:{code}"] = new if old is None else _either(old, new, there)
        numbers = pa.array(np.full(len(records), origin, np.int16), mask=own < 0)
        old = columns.get(f"origin:{code}")
        columns[f"origin:{code}"] = numbers if old is None else _either(old, numbers, there)
    if rows["answers"].null_count == len(rows) and not table.extras.answers:
        columns = {name: x for name, x in columns.items() if not name.startswith("answers:")}
    return pa.table(columns)


def _there(table: ParallelTable, code: str, rows: slice = slice(None)) -> Any:
    """(n,) whether a record has a text in a language."""
    if code not in table.languages:
        return np.zeros(len(range(*rows.indices(len(table)))), bool)
    query, passage = (table.column(side, code)[rows].is_valid() for side in SIDES)
    return pc.or_(query, passage).to_numpy(zero_copy_only=False)


def _either(old: Any, new: pa.Array, there: Any) -> pa.Array:
    """The old cells where there are some, else the new ones."""
    old = old.combine_chunks() if isinstance(old, pa.ChunkedArray) else old
    both = pa.concat_arrays([old, new.cast(old.type)])
    rows = np.arange(len(old))
    return both.take(pa.array(np.where(there, rows, rows + len(old))))


def _counts(
    table: ParallelTable, made: ParallelTable, rows: pa.Table, place: dict[str, Any]
) -> JoinCounts:
    before, kept = {}, 0
    for code, places in place.items():
        there = _there(table, code)
        before[code] = int(there.sum())
        kept += int((there & (places >= 0)).sum())
    after = {code: int(_there(made, code).sum()) for code in place}
    return JoinCounts(
        {code: after[code] - before[code] for code in place},
        kept,
        int((rows["row"].to_numpy() < 0).sum()),
        {code: len(made) - after[code] for code in place},
    )


def _none_fits(files: Sequence[Path], rows: pa.Table, table: ParallelTable) -> LingweaveError:
    theirs = f"such as {rows['id'][0]}" if len(rows) else "none in the languages asked for"
    return LingweaveError(
        f"{', '.join(map(str, files))}: no id is that of a record: it has {theirs}, the records"
        f" {table.id(0)}"
    )
