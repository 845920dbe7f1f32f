"""Finds duplicates: keys of all cells, pairs that share one, their similarity, verdicts.

The keys lie on the disk, 8 bytes each, and are sorted one kind at a time, so that memory holds one
key and two places a cell whatever the number of kinds.
"""

import shutil
import tempfile
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.atomic import disk_errors_named
from lingweave.building.blocks import RECORDS, WHOLE, Block, Verdicts, blocks
from lingweave.building.duplicates.cells import Cells, Part
from lingweave.building.duplicates.sketch import BANDS, ROWS, SHINGLE, resemblance
from lingweave.building.filters.found import Found, joined
from lingweave.building.filters.sources import comparisons, reference_of
from lingweave.building.verdict_files import VerdictFiles
from lingweave.errors import LingweaveError
from lingweave.progress import progress_bar
from lingweave.table import ParallelTable

EXACT, NEAR = "duplicate", "near_duplicate"
"""The reasons of the verdicts."""
_TOGETHER = 8192
"""Pairs whose texts are compared together."""


@dataclass(frozen=True, kw_only=True)
class DuplicateOptions:
    """Which cells say what an earlier record says."""

    part: Part = "pair"
    """What of a cell is compared: pair, its query with the other's query and its passage with the
    other's passage, and both must be alike; query; passage."""
    near: float | None = 0.8
    """Least Jaccard similarity of two texts' shingles for the later one to go; null: only texts go
    that have the same words in the same order."""

    def __post_init__(self) -> None:
        if self.part not in ("pair", "query", "passage"):
            raise LingweaveError(f"part {self.part}: choose from pair, query, passage")
        if self.near is not None and not 0.5 <= self.near <= 1:
            raise LingweaveError(f"near {self.near}: must be 0.5 to 1, or null")

    @property
    def key(self) -> tuple[Any, ...]:
        """What verdicts depend on but for the table, as JSON takes it."""
        return (*astuple(self), SHINGLE, BANDS, sorted(ROWS.items()), version("rensa"))


class _Pairs(NamedTuple):
    """Cells that are much the same, by their places in the list of cells."""

    later: NDArray[np.int64]
    """(p,) ascending, each once."""
    earlier: NDArray[np.int64]
    """(p,) the cell that it is like."""
    values: NDArray[np.float64]
    """(p,) their similarity; 1 for texts of the same words."""
    exact: NDArray[np.bool_]
    """(p,) whether the words are the same, in the same order."""


def find_duplicates(
    table: ParallelTable,
    options: DuplicateOptions,
    folder: Path,
    reference: str | None = None,
    records: int = RECORDS,
    progress: bool = False,
) -> Path:
    """Judges which cells repeat an earlier record, in the same language or another.

    The first stays: a cell goes if a record before its own, in the table's order, has a cell like
    it, whether or not that one stays itself. Where the cell is one that others of its record were
    translated from, the whole record goes. Equal texts in two languages of one record are the
    filter ``copied``'s.

    Args:
        table: the records.
        options: what counts as the same.
        folder: where verdicts go, as those of filters do; for a while it holds 8 bytes a key too.
        reference: the language of sources where the table does not say.
        records: records of a slice.
        progress: whether to show progress, where the terminal can.

    Returns:
        The folder of the verdicts; nothing is done if it is complete.

    Raises:
        LingweaveError: the disk is full.
    """
    reference_of(table, reference)
    with disk_errors_named(f"verdicts to {folder}"), progress_bar(progress) as bar:
        files = VerdictFiles(folder, "duplicates", (options.key, records), table, reference).open()
        slices = list(blocks(table, reference, records))
        if all(files.read(block.rows) is not None for block in slices):
            return files.folder
        cells = Cells(table, options.part)
        for old in files.folder.glob("keys-*"):
            # Of a run that was killed: they are made from the beginning.
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=files.folder, prefix="keys-") as temporary:
            task = bar.add_task("records sketched", total=len(table))
            spool = Path(temporary)
            cells.keys(
                spool, options.near is not None, records, lambda done: bar.advance(task, done)
            )
            numbers = np.fromfile(spool / "numbers", np.int64)
            pairs = _exact(spool, numbers // cells.width)
            if options.near is not None:
                near = _near(spool, numbers, cells, pairs, options.near)
                pairs = _merged(pairs, near)
        later, earlier = numbers[pairs.later], numbers[pairs.earlier]
        for block in slices:
            bounds = [block.rows.start * cells.width, block.rows.stop * cells.width]
            some = slice(*np.searchsorted(later, bounds).tolist())
            found = _Pairs(later[some], earlier[some], pairs.values[some], pairs.exact[some])
            files.write(block.rows, _verdicts(block, found, cells.width))
        return files.folder


def _shared(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], ...]:
    """Places of cells with the key of an earlier one: theirs, the first one's, the one before's."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1]) + 1
    if not len(same):
        return (np.zeros(0, np.int64),) * 3
    # The group of each is a run of neighbours; the first of it stands before its first repetition.
    starts = np.flatnonzero(np.diff(same, prepend=-1) != 1)
    first = np.repeat(same[starts] - 1, np.diff(np.append(starts, len(same))))
    return order[same], order[first], order[same - 1]


def _exact(spool: Path, rows: NDArray[np.int64]) -> _Pairs:
    """Cells whose words are those of the first cell that has them, in another record."""
    later, first, _ = _shared(np.fromfile(spool / "keys-0", np.uint64))
    apart = rows[later] != rows[first]
    later, first = later[apart], first[apart]
    order = np.argsort(later)
    return _Pairs(later[order], first[order], np.ones(len(order)), np.ones(len(order), bool))


def _near(
    spool: Path, numbers: NDArray[np.int64], cells: Cells, exact: _Pairs, least: float
) -> _Pairs:
    """Of the other cells, those that are much like an earlier one of another record."""
    left = np.ones(len(numbers), bool)
    left[exact.later] = False
    left = np.flatnonzero(left)
    rows = numbers // cells.width
    candidates = np.zeros(0, np.int64)
    for band in range(BANDS):
        keys = np.fromfile(spool / f"keys-{1 + band}", np.uint64)[left]
        later, first, before = _shared(keys)
        for other in (first, before):
            a, b = left[later], left[other]
            apart = rows[a] != rows[b]
            # Two places in one number, so that they are sorted and told apart as one.
            candidates = np.union1d(candidates, a[apart] * len(numbers) + b[apart])
    later, earlier = candidates // max(len(numbers), 1), candidates % max(len(numbers), 1)
    values = np.zeros(len(later))
    for start in range(0, len(later), _TOGETHER):
        some = slice(start, start + _TOGETHER)
        sides = (cells.of(numbers[places[some]]) for places in (later, earlier))
        values[some] = np.min(list(map(resemblance, *sides)), axis=0)
    # The most alike of a cell's pairs; of equals the first.
    order = np.lexsort((earlier, -values, later))
    later, earlier, values = later[order], earlier[order], values[order]
    best = np.flatnonzero(np.diff(later, prepend=-1) != 0)
    best = best[values[best] >= least]
    return _Pairs(later[best], earlier[best], values[best], np.zeros(len(best), bool))


def _merged(first: _Pairs, second: _Pairs) -> _Pairs:
    order = np.argsort(np.concatenate([first.later, second.later]))
    return _Pairs(
        np.concatenate([first.later, second.later])[order],
        np.concatenate([first.earlier, second.earlier])[order],
        np.concatenate([first.values, second.values])[order],
        np.concatenate([first.exact, second.exact])[order],
    )


def _verdicts(block: Block, pairs: _Pairs, width: int) -> Verdicts:
    table = block.table
    sources = {
        (int(place), one.source) for one in comparisons(block) for place in one.places.tolist()
    }
    parts = []
    for reason, exact in ((EXACT, True), (NEAR, False)):
        found = Found(block, reason)
        for i in np.flatnonzero(pairs.exact == exact).tolist():
            row, language = divmod(int(pairs.later[i]), width)
            other, its = divmod(int(pairs.earlier[i]), width)
            place, value = row - block.rows.start, float(pairs.values[i])
            what = "as" if exact else f"{value:.2f} like"
            detail = f"{what} {table.languages[its]} of {table.dataset(other)}/{table.id(other)}"
            whole = (place, language) in sources
            found.add(place, WHOLE if whole else language, detail, value)
        parts.append(found.verdicts())
    return joined(parts)
