"""Translations that mean something else than their source, as an encoder sees it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.building.filters.sources import comparisons, sampled
from lingweave.encoders.choice import encoder_of, identity_of
from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.scores import Encoder, Floats, prepared
from lingweave.table import SIDES, ParallelTable, Side

ENOUGH = 40
"""Pairs of texts from which a threshold is learned."""


class Threshold(NamedTuple):
    """The least similarity for one pair of languages and one side."""

    source: str
    """The language translated from."""
    language: str
    """The language translated into."""
    side: Side
    """Queries or passages."""
    least: float
    """Cosine, or dot product, below which a text goes."""


@dataclass(frozen=True)
class Similarity(Keyed):
    """Cells with a text whose vector is too far from its source's.

    Encoders see some pairs of languages less well than others, so that a threshold for each pair
    can be learned from the table.
    """

    encoder: EncoderOptions
    """What turns texts into vectors."""
    thresholds: tuple[Threshold, ...] = ()
    """By pair and side; others have the least similarity of all."""
    least: float = -1.0
    """The least similarity where no threshold was learned; -1 lets all pass."""

    name = "similarity"

    @classmethod
    def fitted(
        cls,
        table: ParallelTable,
        reference: str | None,
        encoder: EncoderOptions,
        quantile: float | None = None,
        chance: float | None = None,
    ) -> "Similarity":
        """The filter for a table, from a sample of it.

        Args:
            table: the records.
            reference: the language of sources where the table does not say.
            encoder: what turns texts into vectors.
            quantile: the share of the sample's cells of a pair that lie below its threshold, good
                or bad.
            chance: the share of texts that lie below it when they are compared with the source of
                another record of the sample; where it is given too, a threshold is no higher
                than this one.
        """
        true, false = defaultdict(list), defaultdict(list)
        for block in sampled(table, reference):
            for key, _, ours, theirs in _vectors(block, encoder):
                true[key].append((ours * theirs).sum(axis=1))
                # The next half of the block: neighbours are often of one document.
                false[key].append((ours * np.roll(theirs, len(theirs) // 2, axis=0)).sum(axis=1))
        found = []
        for key in sorted(true):
            values, others = np.concatenate(true[key]), np.concatenate(false[key])
            if len(values) >= ENOUGH:
                limits = [np.quantile(values, quantile)] if quantile is not None else []
                limits += [np.quantile(others, chance)] if chance is not None else []
                found.append(Threshold(*key, float(min(limits, default=-1.0))))
        return cls(encoder, tuple(found))

    @property
    def key(self) -> tuple[Any, ...]:
        """Its name, version, what the encoder is, and the thresholds."""
        return (self.name, self.version, identity_of(self.encoder), self.thresholds, self.least)

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        known = {(x.source, x.language, x.side): x.least for x in self.thresholds}
        names = block.table.languages
        for key, places, ours, theirs in _vectors(block, self.encoder):
            source, language, side = key
            least = known.get(key, self.least)
            values = (ours * theirs).sum(axis=1)
            texts = block.table.column(side, language)[block.rows]
            for i in np.flatnonzero(values < least).tolist():
                place, value = int(places[i]), float(values[i])
                text = shown(texts[place].as_py())
                detail = f"{side}: {value:.2f} to {source}, under {least:.2f} ({text})"
                found.add(place, names.index(language), detail, value)
        return found.verdicts()


_Key = tuple[str, str, Side]


def _vectors(
    block: Block, options: EncoderOptions
) -> Iterator[tuple[_Key, NDArray[np.int64], Floats, Floats]]:
    """By pair and side: places in the block, and (n, d) vectors of cells and of their sources."""
    names = block.table.languages
    encoder, ready = _loaded(replace(options, progress=False)), prepared(options.similarity)
    for side in SIDES:
        encode = encoder.encode_queries if side == "query" else encoder.encode_passages
        texts = {code: block.texts(side, code) for code in names}
        kept: dict[int, tuple[dict[str, int], Floats]] = {}
        for one in comparisons(block):
            ours, theirs = texts[names[one.language]], texts[names[one.source]]
            if one.source not in kept:
                distinct = list(dict.fromkeys(x for x in theirs if x is not None))
                if not distinct:
                    continue
                vectors = ready(encode(distinct, names[one.source]))
                kept[one.source] = {text: i for i, text in enumerate(distinct)}, vectors
            number, vectors = kept[one.source]
            places = [
                p for p in one.places.tolist() if ours[p] is not None and theirs[p] is not None
            ]
            if places:
                asked = [str(ours[p]) for p in places]
                found = ready(encode(asked, names[one.language]))
                beside = vectors[[number[str(theirs[p])] for p in places]]
                key = (names[one.source], names[one.language], side)
                yield key, np.array(places), found, beside


@lru_cache(maxsize=1)
def _loaded(options: EncoderOptions) -> Encoder:
    return encoder_of(options)
