"""Parallel question-passage rows in files -> ParallelTable.

Long form has one row a record and language (columns ``id, lang, query, passage``), wide form one
row a record (columns ``query_<code>``, ``passage_<code>``, or ``texts: {code: {query, passage}}``).
Both may have ``source`` (or ``dataset``), ``group``, ``split``, hard negatives (``negatives``,
``negatives_<code>``) and ``answers`` (texts, or SQuAD's ``{text, answer_start}``).
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.files import files_of, read_file
from lingweave.sources.long_form import LONG, lengthened
from lingweave.table import FORMAT_VERSION, ParallelTable

SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "development"),
    "test": ("test",),
}
"""The names under which a ``split`` column may know each split."""


def read_table(
    paths: Sequence[str | os.PathLike[str]],
    *,
    languages: Sequence[str] | None = None,
    datasets: Sequence[str] | None = None,
    one_of: Sequence[Sequence[str]] = (),
    split: str | None = "train",
    blank: Literal["refuse", "keep"] = "refuse",
    language: str | None = None,
) -> ParallelTable:
    """The table of these files, packed into the cache on first use and memory-mapped.

    Args:
        paths: Parquet or JSON lines files (``.jsonl``, ``.jsonl.gz``), packed ``.arrow`` tables, or
            folders of them; one packed table by itself is opened as it is.
        languages: keep only these; all with None.
        datasets: keep only these; all with None.
        one_of: groups of near-identical languages (zh-CN, zh-TW): each record keeps one of them,
            chosen by a hash of its id, so that near copies do not fill batches.
        split: ``train``, ``validation``, ``test``, or None for all rows.  Rows of files without
            a split column count as ``train``.
        blank: what to do with texts that are empty or white space; ``keep`` is for looking at them.
        language: of rows that do not tell their own.

    Raises:
        LingweaveError: a file is missing or unreadable, a column or language is wrong, a text is
            empty, or nothing is left.
    """
    if not paths:
        raise LingweaveError("no table given: name Parquet or JSON lines files with --table")
    if split is not None and split not in SPLITS:
        raise LingweaveError(f"split {split!r}: choose from {', '.join(SPLITS)}")
    kept = None if languages is None else tuple(sorted({canonical(x) for x in languages}))
    choices = tuple(tuple(canonical(x) for x in group) for group in one_of)
    files = files_of(paths)
    if len(files) == 1 and files[0].suffix == ".arrow":
        if kept or datasets or choices:
            raise LingweaveError(
                f"{files[0]} is packed: --languages, --datasets and --one_of choose while packing"
            )
        return ParallelTable.open(files[0])
    wanted: tuple[object, ...] = (
        kept,
        tuple(datasets) if datasets else None,
        choices,
        split,
        blank,
    )
    if language is not None:  # Keys without one are those of earlier versions.
        wanted = (*wanted, language)
    cached = cache_folder() / "tables" / f"{_key(files, wanted)}.arrow"
    if cached.exists():
        return ParallelTable.open(cached)
    rows = pa.concat_tables(
        [_long_rows(file, split, blank, language) for file in files], promote_options="default"
    )
    if datasets:
        rows = _only_datasets(rows, datasets)
    if kept:
        rows = _only_languages(rows, kept)
    for group in choices:
        rows = _one_of(rows, group)
    if not len(rows):
        files_named = ", ".join(map(str, files))
        raise LingweaveError(f"no rows are left of {files_named} (split {split or 'any'})")
    return ParallelTable.open(pivoted(rows).write(cached))


def cache_folder() -> Path:
    """Where packed and generated tables go: $LINGWEAVE_CACHE, else the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("LINGWEAVE_CACHE") or Path(home) / "lingweave")


def _key(files: Sequence[Path], wanted: object) -> str:
    """Changes when a file, what is asked of it, what is read, or the format of tables does."""
    stats = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    key = json.dumps([FORMAT_VERSION, LONG, stats, wanted])
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _long_rows(file: Path, split: str | None, blank: str, language: str | None) -> pa.Table:
    """A file's rows in long form with canonical columns, checked."""
    rows = lengthened(read_file(file), file, language)
    if split is not None:
        known = pc.fill_null(rows["split"], "train")
        rows = rows.filter(pc.is_in(known, pa.array(SPLITS[split])))
    codes = pc.unique(rows["lang"]).to_pylist()
    names = {}
    for code in codes:
        try:
            names[code] = canonical(code or "")
        except LingweaveError as error:
            line = pc.index(rows["lang"], code).as_py()
            raise LingweaveError(f"{file}: row {rows['row'][line]}: {error}") from None
    places = pc.index_in(rows["lang"], pa.array(codes, pa.large_string())).combine_chunks()
    rows = rows.set_column(
        rows.column_names.index("lang"), "lang", pa.array(names.values(), pa.string()).take(places)
    )
    if blank == "refuse":
        refuse_blanks(rows, file)
    return rows.select(LONG)


def refuse_blanks(rows: pa.Table, file: Path) -> None:
    """Refuses texts that are empty or white space, in rows as `lengthened` gives them.

    Raises:
        LingweaveError: naming row, id and language.
    """
    for side in ("query", "passage"):
        bare = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(rows[side])), 0)
        if pc.any(bare).as_py():
            place = pc.index(bare, True).as_py()
            raise LingweaveError(
                f"{file}: row {rows['row'][place]} (id {rows['id'][place]},"
                f" {rows['lang'][place]}): {side} is empty: fill it or leave the row out"
            )
    listed = rows["negatives"].combine_chunks()
    texts = pc.utf8_trim_whitespace(listed.flatten())
    if pc.any(pc.fill_null(pc.equal(texts, ""), True)).as_py():
        bad = pc.index(pc.fill_null(pc.equal(texts, ""), True), True).as_py()
        place = pc.list_parent_indices(listed)[bad].as_py()
        raise LingweaveError(
            f"{file}: row {rows['row'][place]} (id {rows['id'][place]},"
            f" {rows['lang'][place]}): a hard negative is empty: fill it or leave it out"
        )


def _only_datasets(rows: pa.Table, datasets: Sequence[str]) -> pa.Table:
    known = set(pc.unique(rows["dataset"]).to_pylist())
    for name in datasets:
        if name not in known:
            raise LingweaveError(
                f"unknown data set {name!r}: the files have {', '.join(sorted(known))}"
            )
    return rows.filter(pc.is_in(rows["dataset"], pa.array(datasets)))


def _only_languages(rows: pa.Table, languages: Sequence[str]) -> pa.Table:
    known = set(pc.unique(rows["lang"]).to_pylist())
    for code in languages:
        if code not in known:
            raise LingweaveError(
                f"no row is in {code!r}: the files have {', '.join(sorted(known))}"
            )
    return rows.filter(pc.is_in(rows["lang"], pa.array(languages)))


def _one_of(rows: pa.Table, group: Sequence[str]) -> pa.Table:
    """The rows with at most one language of the group for each record."""
    inside = pc.is_in(rows["lang"], pa.array(group)).to_numpy()
    ids, codes = rows["id"].to_pylist(), rows["lang"].to_pylist()
    names = rows["dataset"].to_pylist()
    has: dict[tuple[str, str], list[str]] = {}
    for place in np.flatnonzero(inside):
        has.setdefault((names[place], ids[place]), []).append(codes[place])
    chosen = {
        record: sorted(had)[hashlib.sha256(record[1].encode()).digest()[0] % len(had)]
        for record, had in has.items()
    }
    keep = ~inside
    for place in np.flatnonzero(inside):
        keep[place] = chosen[names[place], ids[place]] == codes[place]
    return rows.filter(pa.array(keep))


def pivoted(rows: pa.Table) -> ParallelTable:
    """Long rows -> records × languages."""
    rows = rows.combine_chunks()
    # One key for (data set, id), by the order of first appearance.
    parts = [rows[name].combine_chunks().dictionary_encode() for name in ("dataset", "id")]
    sets, numbers = (part.indices.to_numpy().astype(np.int64) for part in parts)
    keys, first, record = np.unique(
        sets * (numbers.max() + 1) + numbers, return_index=True, return_inverse=True
    )
    order = np.argsort(first, kind="stable")
    place = np.empty(len(keys), np.int64)
    place[order] = np.arange(len(keys))
    record, first = place[record], np.sort(first)
    columns: dict[str, pa.Array] = {}
    languages = pc.unique(rows["lang"]).to_pylist()
    answers = ["answers"] if rows["answers"].null_count < len(rows) else []
    for code in languages:
        at = np.flatnonzero(pc.equal(rows["lang"], code).to_numpy())
        records, counts = np.unique(record[at], return_counts=True)
        if (counts > 1).any():
            twice = first[records[counts > 1][0]]
            raise LingweaveError(
                f"record {rows['id'][twice]} of {rows['dataset'][twice]} stands twice in {code!r}:"
                " give each record one row a language"
            )
        source = np.full(len(keys), -1)
        source[record[at]] = at
        picks = pa.array(source, mask=source < 0)
        for side in ("query", "passage", "negatives", *answers):
            columns[f"{side}:{code}"] = rows[side].combine_chunks().take(picks)
    ids, datasets, groups = (
        rows[name].combine_chunks().take(pa.array(first)) for name in ("id", "dataset", "group")
    )
    return ParallelTable.build(ids, datasets, groups, languages, columns)
