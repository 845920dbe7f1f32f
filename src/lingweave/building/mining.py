"""Parallel records from sets in one language each: nearest neighbours by margin, no translation.

Margin-based mining (Artetxe and Schwenk, arXiv 1811.01136): the cosine of two texts over the mean
cosine of each with its k nearest neighbours on the other side (their ratio margin), so that texts
which are close to everything do not win. Only mutual best neighbours are taken; of question-passage
pairs, only those that are so by their questions and by their passages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from lingweave.encoders.scores import Encoder
from lingweave.encoders.unit import normalised
from lingweave.errors import LingweaveError
from lingweave.table import SIDES, Origin, ParallelTable, Side

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
SCORE = "margin"
"""The name of the figure that mined cells have."""


@dataclass(frozen=True)
class MiningOptions:
    """Which neighbours are translations."""

    least: float = 1.06
    """The least margin. Near 1 a text is no closer than its neighbours; what is right depends on
    the encoder: 1.04 to 1.1 with strong ones."""
    neighbours: int = 4
    """Nearest neighbours of each text that its margin is worked out from (k)."""
    block: int = 2048
    """Texts of one side that are scored together with all of the other."""

    def __post_init__(self) -> None:
        for name in ("neighbours", "block"):
            if getattr(self, name) < 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 1 or more")
        if not self.least >= 0:
            raise LingweaveError(f"--margin {self.least}: must be 0 or more")


class MonoSet(NamedTuple):
    """Texts of one language: questions, passages, or pairs of both."""

    name: str
    """The data set, for the table's origins."""
    language: str
    """Canonical code."""
    ids: Sequence[str]
    """(n,) unique ids."""
    queries: Sequence[str] | None = None
    """(n,) questions."""
    passages: Sequence[str] | None = None
    """(n,) passages."""

    def sides(self) -> dict[Side, Sequence[str]]:
        """The texts of the sides that there are."""
        both: dict[Side, Sequence[str] | None] = {"query": self.queries, "passage": self.passages}
        return {side: texts for side, texts in both.items() if texts is not None}


class Mates(NamedTuple):
    """Mutual best neighbours of two sets."""

    left: Ints
    """(n,) places in the first set, ascending."""
    right: Ints
    """(n,) their mates in the second set, each at most once."""
    margins: Floats
    """(n,) ratio margins; of pairs the lower one of both sides."""


def mono_set(table: ParallelTable, language: str) -> MonoSet:
    """The records of a table that are whole in one language.

    Raises:
        LingweaveError: there are none.
    """
    if language not in table.languages:
        raise LingweaveError(
            f"no texts in {language!r} to mine: the table has {', '.join(table.languages)}"
        )
    columns = {side: table.column(side, language) for side in SIDES}
    used = {side: column for side, column in columns.items() if column.null_count < len(column)}
    whole = np.ones(len(table), bool)
    for column in used.values():
        whole &= column.is_valid().to_numpy(zero_copy_only=False)
    if not used or not whole.any():
        raise LingweaveError(f"no whole record in {language!r} to mine")
    rows = pa.array(np.flatnonzero(whole))
    texts = {side: column.take(rows).to_pylist() for side, column in used.items()}
    ids = names_of(table, rows.to_pylist())
    name = ", ".join(table.datasets)
    return MonoSet(name, language, ids, texts.get("query"), texts.get("passage"))


def names_of(table: ParallelTable, rows: Sequence[int]) -> list[str]:
    """What records are called in a set: their ids, with the data set's name where several may have
    the same."""
    if len(table.datasets) == 1:
        return [table.id(row) for row in rows]
    return [f"{table.dataset(row)}/{table.id(row)}" for row in rows]


def mined(
    sets: Sequence[MonoSet], encoder: Encoder, options: MiningOptions | None = None
) -> ParallelTable:
    """The parallel records of two or more sets.

    Records are those of the first set that have a mate in another one; mates of several sets come
    together through it. Cells have the origin ``mined`` (the first set's: ``given``) and the
    score ``margin``.

    Args:
        sets: of one language each, with the same sides.
        encoder: puts translations close to each other.
        options: what counts as a translation.

    Raises:
        LingweaveError: the sets do not fit together, or no pair is found.
    """
    options = options or MiningOptions()
    _check(sets)
    first, *others = sets
    own = encoded(first, encoder)
    found = [mates(own, encoded(other, encoder), options) for other in others]
    kept = np.unique(np.concatenate([one.left for one in found]))
    if not len(kept):
        raise LingweaveError(
            f"no pair of {', '.join(one.name for one in sets)} has a margin of {options.least:g}:"
            " lower --margin, or take an encoder that knows both languages"
        )
    count = len(kept)
    encoded_by = str(encoder.describe().get("name") or encoder.describe().get("encoder") or "")
    origins = [Origin("given", first.name)]
    columns: dict[str, pa.Array] = {}
    for side, texts in first.sides().items():
        columns[f"{side}:{first.language}"] = _taken(texts, kept, np.ones(count, bool))
    columns[f"origin:{first.language}"] = pa.array(np.zeros(count, np.int16))
    for other, pairs in zip(others, found, strict=True):
        place = np.searchsorted(kept, pairs.left)
        right = np.zeros(count, np.int64)
        there = np.zeros(count, bool)
        margins = np.zeros(count, np.float32)
        right[place], there[place], margins[place] = pairs.right, True, pairs.margins
        for side, texts in other.sides().items():
            columns[f"{side}:{other.language}"] = _taken(texts, right, there)
        origin = np.full(count, len(origins), np.int16)
        origins.append(Origin("mined", other.name, first.language, encoded_by or None))
        columns[f"origin:{other.language}"] = pa.array(origin, mask=~there)
        columns[f"score:{SCORE}:{other.language}"] = pa.array(margins, mask=~there)
    return ParallelTable.build(
        pa.array([first.ids[row] for row in kept.tolist()], pa.string()),
        pa.array(np.full(count, first.name), pa.string()),
        pa.nulls(count, pa.string()),
        [one.language for one in sets],
        columns,
        origins=origins,
    )


def mates(left: dict[Side, Floats], right: dict[Side, Floats], options: MiningOptions) -> Mates:
    """Mutual best neighbours by margin, by every side.

    Args:
        left: side -> (n, d) unit vectors.
        right: the same sides -> (m, d).
        options: k, and the least margin.
    """
    agreed: Mates | None = None
    for side in left:
        one = _mates(left[side], right[side], options)
        if agreed is None:
            agreed = one
            continue
        # Both lists go up by the left place, in which each stands once.
        _, ours, theirs = np.intersect1d(agreed.left, one.left, return_indices=True)
        same = agreed.right[ours] == one.right[theirs]
        ours, theirs = ours[same], theirs[same]
        lower = np.minimum(agreed.margins[ours], one.margins[theirs])
        agreed = Mates(agreed.left[ours], agreed.right[ours], lower)
    assert agreed is not None
    return agreed


def encoded(texts: MonoSet, encoder: Encoder) -> dict[Side, Floats]:
    """The unit vectors of a set by side, as `mates` takes them.

    Raises:
        LingweaveError: the encoder gives NaN or infinity.
    """
    encode = {"query": encoder.encode_queries, "passage": encoder.encode_passages}
    found = {}
    for side, some in texts.sides().items():
        vectors = np.asarray(encode[side](some, texts.language), np.float32)
        if not np.isfinite(vectors).all():
            raise LingweaveError(
                f"vectors of {texts.name} in {texts.language}: NaN or infinity; check the model"
            )
        found[side] = normalised(vectors)
    return found


def _mates(left: Floats, right: Floats, options: MiningOptions) -> Mates:
    near, near_scores = _neighbours(left, right, options)
    far, far_scores = _neighbours(right, left, options)
    own, theirs = near_scores.mean(axis=1), far_scores.mean(axis=1)
    forward, margins = _best(near, near_scores, own, theirs)
    backward, _ = _best(far, far_scores, theirs, own)
    places = np.flatnonzero(
        (backward[forward] == np.arange(len(left))) & (margins >= options.least)
    )
    return Mates(places, forward[places], margins[places])


def _neighbours(left: Floats, right: Floats, options: MiningOptions) -> tuple[Ints, Floats]:
    """(n, k) the nearest vectors of the right for each of the left, and their cosines: exact."""
    count = min(options.neighbours, len(right))
    places = np.empty((len(left), count), np.int64)
    scores = np.empty((len(left), count), np.float32)
    every = torch.from_numpy(right)
    for start in range(0, len(left), options.block):
        rows = slice(start, start + options.block)
        found = (torch.from_numpy(left[rows]) @ every.T).topk(count, dim=1)
        places[rows], scores[rows] = found.indices.numpy(), found.values.numpy()
    return places, scores


def _best(places: Ints, scores: Floats, own: Floats, others: Floats) -> tuple[Ints, Floats]:
    """(n,) of each text's neighbours the one with the highest ratio margin, and that margin."""
    around = (own[:, None] + others[places]) / 2
    # Cosines at or below zero have no meaningful ratio: such texts are no translations.
    margins = np.where((scores > 0) & (around > 0), scores / np.maximum(around, 1e-9), 0)
    best = margins.argmax(axis=1)
    rows = np.arange(len(places))
    return places[rows, best], margins[rows, best].astype(np.float32)


def _taken(texts: Sequence[str], rows: Ints, there: NDArray[np.bool_]) -> pa.Array:
    cells = [
        texts[row] if here else None
        for row, here in zip(rows.tolist(), there.tolist(), strict=True)
    ]
    return pa.array(cells, pa.large_string())


def _check(sets: Sequence[MonoSet]) -> None:
    if len(sets) < 2:
        raise LingweaveError("mining needs two sets or more, of one language each")
    languages = [one.language for one in sets]
    for one in sets:
        if languages.count(one.language) > 1:
            raise LingweaveError(f"{one.name}: two sets are in {one.language!r}: join them first")
        if not one.sides() or set(one.sides()) != set(sets[0].sides()):
            raise LingweaveError(
                f"{one.name}: it has {' and '.join(one.sides()) or 'no texts'}, {sets[0].name} has"
                f" {' and '.join(sets[0].sides()) or 'none'}: give sets of the same sides"
            )
        for side, texts in one.sides().items():
            if not len(texts) or len(texts) != len(one.ids):
                raise LingweaveError(
                    f"{one.name}: {len(one.ids)} ids but {len(texts)} texts on the side {side}"
                )
