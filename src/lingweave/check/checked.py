"""Everything that a page says of a table."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from lingweave.building.removed import Losses, losses, removed_beside
from lingweave.check.config import CheckConfig
from lingweave.check.coverage import Coverage, coverage_of
from lingweave.check.samples import Sample, part_of, random_rows, samples_of
from lingweave.check.spread import Spread, spread_of
from lingweave.check.texts import (
    COUNTED,
    Lengths,
    Repeated,
    lengths_of,
    repeated_of,
    same_as,
    with_tokens,
)
from lingweave.errors import LingweaveError
from lingweave.evaluate.tokens import Counter, token_counter
from lingweave.languages import canonical
from lingweave.table import SIDES, ParallelTable, Side

if TYPE_CHECKING:
    from lingweave.check.cost import Cost

SAMPLED = 4_000
"""Records whose tokens are counted, and whose batches are planned, at most."""


class Checked(NamedTuple):
    """A table, looked at from all sides."""

    table: ParallelTable
    """The table itself."""
    reference: str
    """The language that the others are set against."""
    coverage: Coverage
    """Which languages stand beside which."""
    lengths: dict[Side, dict[str, Lengths]]
    """By side and language."""
    repeated: dict[Side, dict[str, Repeated]]
    """By side and language."""
    untranslated: dict[str, dict[Side, int]]
    """By language but the reference, and side: texts that are the reference's own."""
    origins: dict[int | None, dict[str, int]]
    """By place of the origin (None: not known) and language: cells."""
    scores: dict[str, dict[str, Spread]]
    """By name and language."""
    losses: Losses | None
    """What was removed; None: not known."""
    record: dict[str, Any] | None
    """How `lingweave build` made the table: its own file of that, as it is; None: not known."""
    samples: tuple[Sample, ...]
    """Some records."""
    cost: "Cost | None"
    """Of training; None: it could not be worked out."""
    notes: tuple[str, ...]
    """What could not be told, and why."""


def checked(table: ParallelTable, config: CheckConfig) -> Checked:
    """Looks at a table.

    Raises:
        LingweaveError: the reference, the file of removed cells, the model or the device is not
            there.
    """
    notes: list[str] = []
    coverage = coverage_of(table)
    reference = _reference(table, coverage, config.reference)
    removed = _losses(table, config, notes)
    some = part_of(table, random_rows(len(table), SAMPLED, config.seed))
    count = _counter(config.model, notes) if config.model is not None else None
    cost = _cost(config, some, coverage, notes)
    lengths: dict[Side, dict[str, Lengths]] = {
        side: {code: lengths_of(table, side, code) for code in table.languages} for side in SIDES
    }
    if count is not None:
        _count_tokens(count, some, lengths)
    return Checked(
        table,
        reference,
        coverage,
        lengths,
        {side: {x: repeated_of(table, side, x) for x in table.languages} for side in SIDES},
        {x: same_as(table, x, reference) for x in table.languages if x != reference},
        _origins(table),
        _scores(table),
        removed,
        _record(table, Path(config.paths[0])),
        samples_of(table, coverage, reference, config.samples, config.seed),
        cost,
        tuple(notes),
    )


def _reference(table: ParallelTable, coverage: Coverage, given: str | None) -> str:
    if given is not None:
        code = canonical(given)
        if code not in table.languages:
            raise LingweaveError(f"--reference {given}: the table has {', '.join(table.languages)}")
        return code
    if "en" in table.languages:
        return "en"
    return table.languages[int(np.argmax(np.diag(coverage.pairs)))]


def _counter(model: str, notes: list[str]) -> Counter | None:
    # Imported here: torch and its like take seconds, which other mistakes need not wait for.
    from lingweave.encoders.sentence_transformer import model_folder

    folder = model_folder(model)
    try:
        return token_counter(folder)
    except LingweaveError as error:
        notes.append(f"Tokens were not counted: {error}.")
        return None


def _count_tokens(
    count: Counter, some: ParallelTable, lengths: dict[Side, dict[str, Lengths]]
) -> None:
    for side in SIDES:
        for code in some.languages:
            texts = some.column(side, code).drop_null()[:COUNTED].to_pylist()
            if texts:
                lengths[side][code] = with_tokens(lengths[side][code], texts, count)


def _origins(table: ParallelTable) -> dict[int | None, dict[str, int]]:
    found: dict[int | None, dict[str, int]] = {}
    for code in table.languages:
        there = pc.or_(*(table.column(side, code).is_valid() for side in SIDES))
        origin = table.origin(code)
        if origin is None:
            counts = [{"values": None, "counts": pc.sum(there).as_py() or 0}]
        else:
            counts = pc.value_counts(origin.filter(there)).to_pylist()
        for one in counts:
            if one["counts"]:
                found.setdefault(one["values"], {})[code] = one["counts"]
    return found


def _scores(table: ParallelTable) -> dict[str, dict[str, Spread]]:
    found: dict[str, dict[str, Spread]] = {}
    for name in table.score_names:
        for code in table.languages:
            column = table.score(name, code)
            if column is not None:
                spread = spread_of(column.drop_null().to_numpy(zero_copy_only=False))
                if spread is not None:
                    found.setdefault(name, {})[code] = spread
    return found


def _losses(table: ParallelTable, config: CheckConfig, notes: list[str]) -> Losses | None:
    path = config.removed
    if path is None:
        path = removed_beside(Path(config.paths[0]))
        if not path.is_file():
            return None
    found = losses(path)
    if found.table == table.fingerprint:
        return found
    if config.removed is not None:
        raise LingweaveError(f"--removed {path}: belongs to another table")
    notes.append(f"{path} belongs to another table, and is not looked at.")
    return None


def _record(table: ParallelTable, path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(record, dict) and record.get("table") == table.fingerprint
    return record if known else None


def _cost(
    config: CheckConfig, some: ParallelTable, coverage: Coverage, notes: list[str]
) -> "Cost | None":
    # Imported here for the same reason.
    from lingweave.check.cost import cost_of, refuse_unknown_device

    refuse_unknown_device(config.device)
    cells = int(np.diag(coverage.pairs).sum())
    try:
        return cost_of(config, some, len(coverage.languages_of), cells)
    except LingweaveError as error:
        notes.append(f"No estimate of the cost of training: {error}.")
        return None
