"""A table in which some languages are rare: of their records only a share keeps its text."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lingweave.atomic import disk_errors_named, whole_file
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.files import read_file
from lingweave.sources.long_form import LONG, lengthened
from lingweave.studies.definition.study import ThinTable
from lingweave.table import ParallelTable

VERSION = 1
"""Of the draw: part of the names of files."""


def check_thin(spec: ThinTable, name: str) -> None:
    """Whether a thin table is possible.

    Raises:
        LingweaveError: it is not.
    """
    if not 0 <= spec.share <= 1:
        raise LingweaveError(f"table {name!r}: share {spec.share}: give 0 to 1")
    if not spec.languages:
        raise LingweaveError(f"table {name!r}: languages: name those that are made rare")
    for code in spec.languages:
        canonical(code)


def thinned(files: Sequence[Path], spec: ThinTable, folder: Path) -> Path:
    """The file of a thin table, written if it is not there yet.

    A language keeps a text in `share` of the records that had one, rounded and at least one unless
    the share is 0; each split of long rows is drawn by itself. Which ones follows from a hash of
    language, data set, id and seed, so a smaller share is a subset of a larger one. A record that
    has no text left goes.

    Args:
        files: of the table that is made thin.
        spec: how.
        folder: where the new file goes, named by what is in it.

    Raises:
        LingweaveError: the files cannot be read, lack a language, or the folder cannot be written.
    """
    codes = sorted({canonical(code) for code in spec.languages})
    packed = len(files) == 1 and files[0].suffix == ".arrow"
    what = [VERSION, _content(files, packed), codes, spec.share, spec.seed]
    key = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:24]
    path = folder / f"{key}{'.arrow' if packed else '.parquet'}"
    if path.exists():
        return path
    with disk_errors_named(str(path)):
        folder.mkdir(parents=True, exist_ok=True)
        if packed:
            _thin_table(ParallelTable.open(files[0]), codes, spec).write(path)
        else:
            rows = _thin_rows(files, codes, spec)
            with whole_file(path) as part:
                pq.write_table(rows, part)
    return path


def _content(files: Sequence[Path], packed: bool) -> list[str]:
    if packed:
        return [ParallelTable.open(files[0]).fingerprint]
    stats = ((file, file.stat()) for file in files)
    # A file's name is the name of its data set, where the rows do not tell one.
    return [f"{f.name} {_checksum(f, s.st_size, s.st_mtime_ns)}" for f, s in stats]


@lru_cache
def _checksum(file: Path, size: int, changed: int) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _thin_rows(files: Sequence[Path], codes: Sequence[str], spec: ThinTable) -> pa.Table:
    parts = [lengthened(read_file(file), file).select([*LONG, "split"]) for file in files]
    rows = pa.concat_tables(parts, promote_options="default").combine_chunks()
    spoken = pc.unique(rows["lang"]).to_pylist()
    names = pa.array([canonical(code or "") for code in spoken], pa.large_string())
    lang = names.take(pc.index_in(rows["lang"], pa.array(spoken, pa.large_string())))
    rows = rows.set_column(rows.column_names.index("lang"), "lang", lang)
    split = pc.fill_null(rows["split"], "train")
    keep = np.ones(len(rows), bool)
    _refuse_absent(codes, names.to_pylist())
    for code in codes:
        for one in pc.unique(split).to_pylist():
            here = pc.and_(pc.equal(rows["lang"], code), pc.equal(split, one))
            keep[_lost(np.flatnonzero(here.to_numpy()), rows, code, spec)] = False
    rows = rows.filter(pa.array(keep))
    empty = [name for name in rows.column_names if rows[name].null_count == len(rows)]
    return rows.drop_columns(empty)


def _thin_table(table: ParallelTable, codes: Sequence[str], spec: ThinTable) -> ParallelTable:
    _refuse_absent(codes, table.languages)
    records = table.records(slice(None))
    present = table.present("query") | table.present("passage")
    columns = {name: records[name].combine_chunks() for name in records.column_names}
    for code in codes:
        place = table.languages.index(code)
        lost = _lost(np.flatnonzero(present[:, place]), records, code, spec)
        present[lost, place] = False
        picks = pa.array(np.arange(len(table)), mask=~present[:, place])
        for name in columns:
            if name.rpartition(":")[2] == code:
                columns[name] = columns[name].take(picks)
    rows = pa.array(np.flatnonzero(present.any(axis=1)))
    left = [x for place, x in enumerate(table.languages) if present[:, place].any()]
    kept = {name: column.take(rows) for name, column in columns.items()}
    ids, datasets, groups = (kept.pop(name) for name in ("id", "dataset", "group"))
    cells = {name: column for name, column in kept.items() if name.rpartition(":")[2] in left}
    return ParallelTable.build(ids, datasets, groups, left, cells, table.origins, table.unseen)


def _lost(
    places: NDArray[np.int64], records: pa.Table, code: str, spec: ThinTable
) -> NDArray[np.int64]:
    """The places, of those given, whose records lose the language."""
    ids, datasets = (records[name].take(pa.array(places)).to_pylist() for name in ("id", "dataset"))
    keys = [
        hashlib.blake2b("\x1f".join((code, *record, str(spec.seed))).encode()).digest()
        for record in zip(datasets, ids, strict=True)
    ]
    kept = round(spec.share * len(places))
    kept = max(kept, 1) if spec.share else 0
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return places[order[kept:]]


def _refuse_absent(codes: Iterable[str], there: Iterable[str]) -> None:
    for code in codes:
        if code not in there:
            raise LingweaveError(f"no text is in {code!r}: its table has {', '.join(there)}")
