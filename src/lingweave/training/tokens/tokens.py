"""Token ids of a table's texts, worked out once for each (record, language, side).

Tokenising inside the step is most of a step's time for a static encoder, and the same text comes
back in every epoch and in every language pair.
"""

from collections.abc import Iterable
from itertools import islice

import numpy as np
from sentence_transformers import SentenceTransformer

from lingweave.table import ParallelTable, Side
from lingweave.training.tokens.sequences import Ints, Sequences, joined, text_id
from lingweave.training.tokens.ways import Features, way_of

SIDES: tuple[Side, Side] = ("query", "passage")


class Tokens:
    """Tokenised texts of one table for one tokenizer."""

    def __init__(
        self,
        model: SentenceTransformer,
        table: ParallelTable,
        prompts: tuple[str, str],
        lengths: tuple[int, int],
    ) -> None:
        """``prompts`` and ``lengths`` (in tokens) are the query's and the passage's."""
        self.table = table
        self.prompts = prompts
        self.lengths = lengths
        self._way = way_of(model, prompts, lengths)
        self._kept: tuple[dict[int, Sequences], ...] = ({}, {})
        self._negatives: dict[int, list[Sequences]] = {}

    def serves(self, other: "Tokens") -> bool:
        """Whether this one gives what ``other`` would: same table, prompts, lengths, tokenizer."""
        if (self.table, self.prompts, self.lengths) != (other.table, other.prompts, other.lengths):
            return False
        samples = list(islice(self.table.texts("passage"), 0, None, 1 + len(self.table) // 16))[:16]
        pairs = zip(self._encode(1, samples), other._encode(1, samples), strict=True)
        return all(np.array_equal(one.ids, two.ids) for one, two in pairs)

    def sequences(self, side: int, rows: Ints, languages: Ints) -> Sequences:
        """Query (side 0) or passage (side 1) of each row (n,) in its language (n,)."""
        kept = self._kept[side]
        width = len(self.table.languages)
        keys = (rows * width + languages).tolist()
        missing = [k for k in dict.fromkeys(keys) if k not in kept]
        if missing:
            read = self.table.passage if side else self.table.query
            texts = (read(*divmod(k, width)) for k in missing)
            kept.update(zip(missing, self._encode(side, texts), strict=True))
        return joined([kept[k] for k in keys])

    def negatives(self, rows: Ints, languages: Ints, count: int) -> Sequences:
        """At most ``count`` hard negatives of each row in its language, all rows' together."""
        width = len(self.table.languages)
        result: list[Sequences] = []
        for key in (rows * width + languages).tolist():
            if key not in self._negatives:
                self._negatives[key] = self._encode(1, self.table.negatives(*divmod(key, width)))
            result.extend(self._negatives[key][:count])
        return joined(result)

    def features(self, sequences: Sequences) -> Features:
        """The texts as one batch of the encoder's inputs."""
        return self._way.features(sequences)

    def _encode(self, side: int, texts: Iterable[str]) -> list[Sequences]:
        texts = list(texts)
        if not texts:
            return []
        ids = self._way.ids([self.prompts[side] + text for text in texts], self.lengths[side])
        return [
            Sequences(found, np.array([len(found)]), np.array([text_id(text)]))
            for text, found in zip(texts, ids, strict=True)
        ]
