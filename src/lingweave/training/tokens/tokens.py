"""Token ids of a table's texts, worked out once for each (record, language, side).

Tokenising inside the step is most of a step's time for a static encoder, and the same text comes
back in every epoch and in every language pair.
"""

import hashlib
import json
import time
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from lingweave.table import SIDES, ParallelTable
from lingweave.training.tokens.columns import Column, NegativeCells, SideCells
from lingweave.training.tokens.sequences import Ints, Sequences, text_id
from lingweave.training.tokens.shard import FORMAT_VERSION, Shard
from lingweave.training.tokens.store import Piece, shards_of
from lingweave.training.tokens.ways import Features, way_of

_BATCH = 2048
_SAY_EVERY = 10.0


class Tokens:
    """Tokenised texts of one table for one tokenizer, memory-mapped from a store."""

    def __init__(
        self,
        model: SentenceTransformer,
        table: ParallelTable,
        prompts: tuple[str, str],
        lengths: tuple[int, int],
        folder: Path | None = None,
        *,
        negatives: bool = False,
        say: Callable[[str], None] | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        """Opens the store and tokenises what is not in it.

        Args:
            model: says how texts become ids.
            table: the texts.
            prompts: what stands before a query and before a passage.
            lengths: tokens after which a query and a passage are cut, prompt included.
            folder: the store (``store_folder``), which any number of tables, models and processes
                may share; None keeps the ids in memory.
            negatives: whether the table's hard negatives are tokenised now too, rather than when
                they are first asked for.
            say: told what was tokenised, and how it goes if it takes long.
            check: called after every few thousand texts; may raise, and what is finished stays.

        Raises:
            LingweaveError: the model does more than tokenise, or the disk is full.
        """
        self.table = table
        self.prompts = prompts
        self.lengths = lengths
        self._way = way_of(model, prompts, lengths)
        tokenizer = self._way.key
        self._keys = [
            hashlib.sha256(json.dumps([FORMAT_VERSION, tokenizer, *side]).encode()).digest()
            for side in zip(prompts, lengths, strict=True)
        ]
        self._folder = folder / tokenizer[:16] if folder is not None else None
        self._say = say or _silent
        self._check = check or _nothing
        self._cells = [SideCells(table, side) for side in SIDES]
        work = [self._work(side, cells) for side, cells in enumerate(self._cells)]
        shards = self._shards([*work[0], *work[1]])
        parts = (shards[: len(work[0])], shards[len(work[0]) :])
        self._columns = [
            Column(cells.starts, part) for cells, part in zip(self._cells, parts, strict=True)
        ]
        if negatives:
            _ = self._negatives

    def sequences(self, side: int, rows: Ints, languages: Ints) -> Sequences:
        """Query (side 0) or passage (side 1) of each row (n,) in its language (n,).

        Raises:
            ValueError: a row has no such text.
        """
        return self._columns[side].take(self._cells[side].places(rows, languages))

    def negatives(self, rows: Ints, languages: Ints, count: int) -> Sequences:
        """At most ``count`` hard negatives of each row (n,) in its language, all rows' together."""
        cells, column = self._negatives
        return column.take(cells.places(rows, languages, count))

    def features(self, sequences: Sequences) -> Features:
        """The texts as one batch of the encoder's inputs."""
        return self._way.features(sequences)

    @cached_property
    def _negatives(self) -> tuple[NegativeCells, Column]:
        cells = NegativeCells(self.table)
        return cells, Column(cells.starts, self._shards(self._work(1, cells)))

    def _work(self, side: int, cells: SideCells | NegativeCells) -> list[Piece]:
        encode = partial(self._encode, side)
        return [Piece(self._keys[side], texts, encode) for texts in cells.pieces]

    def _shards(self, pieces: list[Piece]) -> list[Shard]:
        start = last = time.monotonic()

        def done(made: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _SAY_EVERY and made < total:
                last = now
                left = (now - start) / made * (total - made)
                self._say(
                    f"tokens: {made:,} of {total:,} texts, {made / (now - start):,.0f} a second,"
                    f" {left:,.0f} s to go"
                )

        shards, built = shards_of(pieces, self._folder, done)
        if built.made:
            rate = built.made / max(built.seconds, 1e-9)
            self._say(
                f"tokens: {built.made:,} of {built.texts:,} texts tokenised, {rate:,.0f} a second,"
                f" kept in {self._folder or 'memory'}"
            )
        elif built.texts:
            self._say(f"tokens: {built.texts:,} texts from {self._folder}")
        return shards

    def _encode(self, side: int, texts: pa.LargeStringArray) -> Shard:
        encoded = texts.dictionary_encode()
        distinct: list[str] = encoded.dictionary.to_pylist()
        sizes: list[int] = []
        ids: list[NDArray[np.int32]] = []
        for start in range(0, len(distinct), _BATCH):
            self._check()
            batch = [self.prompts[side] + text for text in distinct[start : start + _BATCH]]
            found = self._way.ids(batch, self.lengths[side])
            sizes.extend(map(len, found))
            ids.extend(np.array(x, np.int32) for x in found)
        # One more, without ids, for the holes.
        places = encoded.indices.fill_null(len(distinct)).to_numpy(False)
        hashes = np.array([*map(text_id, distinct), -1], np.int64)
        ids.append(np.empty(0, np.int32))
        offsets = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(np.array([*sizes, 0], np.int64)[places], out=offsets[1:])
        cells = [ids[place] for place in places.tolist()]
        return Shard(offsets, np.concatenate(cells), hashes[places])


def _silent(line: str) -> None:
    """Nobody wants to know."""


def _nothing() -> None:
    """Nobody stops."""
