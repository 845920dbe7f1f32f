"""An exact vector store in memory: what others are held against, and a stand-in for tests."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

import numpy as np

from lingweave.encoders.words import words
from lingweave.errors import LingweaveError
from lingweave.index.conditions import fits
from lingweave.index.passages import EVERYTHING, Filter, Passage
from lingweave.index.store import Floats, Found, Place

K1, B = 0.9, 0.4


class MemoryStore:
    """A `VectorStore` that forgets everything with the process.

    Args:
        dimension: Numbers of each vector.
        has_words: Whether it can be searched by words.
    """

    def __init__(self, dimension: int, has_words: bool = True) -> None:
        self._dimension = dimension
        self._has_words = has_words
        self._rows: dict[str, tuple[Passage, Floats]] = {}
        self._arranged()

    @property
    def dimension(self) -> int:
        return self._dimension

    def upsert(self, passages: Sequence[Passage], vectors: Floats) -> None:
        assert vectors.shape == (len(passages), self._dimension), vectors.shape
        for one in passages:
            other, _ = self._rows.get(one.id, (one, None))
            if other.document not in {each.document for each in passages}:
                raise LingweaveError(f"document {other.document!r} has a passage of that id")
        self.delete(list({one.document for one in passages}))
        for one, vector in zip(passages, vectors, strict=True):
            self._rows[one.id] = one, np.asarray(vector, np.float32)
        self._arranged()

    def delete(self, documents: Sequence[str]) -> int:
        gone = {one.document for one, _ in self._rows.values()} & {*documents}
        self._rows = {id: row for id, row in self._rows.items() if row[0].document not in gone}
        self._arranged()
        return len(gone)

    def search(self, vectors: Floats, depth: int, where: Filter = EVERYTHING) -> list[list[Found]]:
        allowed = self._allowed(where)
        return [self._best(scores, allowed, depth) for scores in self._scores(vectors)]

    def search_languages(
        self, vectors: Floats, depth: int, where: Filter = EVERYTHING
    ) -> list[dict[str, list[Found]]]:
        allowed = self._allowed(where)
        present = sorted({str(x) for x in self._languages[allowed]})
        of = {x: allowed[self._languages[allowed] == x] for x in present}
        return [
            {x: self._best(scores, rows, depth) for x, rows in of.items()}
            for scores in self._scores(vectors)
        ]

    def search_words(
        self, texts: Sequence[str], depth: int, where: Filter = EVERYTHING
    ) -> list[list[Found]]:
        if not self._has_words:
            raise LingweaveError("this store has no index of words; search with vectors")
        allowed = self._allowed(where)
        found = []
        for text in texts:
            scores = self._bm25(text)
            hit = allowed[scores[allowed] > 0]
            found.append(self._best(scores, hit, depth))
        return found

    def places(
        self, vector: Floats, ids: Sequence[str], where: Filter = EVERYTHING
    ) -> dict[str, Place]:
        (scores,) = self._scores(vector[None])
        order = [one.id for one in self._best(scores, self._allowed(where), len(self._ids))]
        pool = {id: i for i, id in enumerate(order, 1)}
        seen: Counter[str] = Counter()
        inside: dict[str, int] = {}
        for id in order:
            language = self._rows[id][0].language
            seen[language] += 1
            inside[id] = seen[language]
        return {id: Place(inside[id], pool[id]) for id in ids if id in pool}

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        return {id: self._rows[id][0] for id in ids if id in self._rows}

    def versions(self, parallel: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {one: [] for one in parallel}
        for id in self._ids:
            key = self._rows[id][0].parallel
            if key in found:
                found[key].append(id)
        return {key: ids for key, ids in found.items() if ids}

    def counts(self, where: Filter = EVERYTHING) -> Mapping[str, int]:
        return dict(Counter(map(str, self._languages[self._allowed(where)])).most_common())

    def optimise(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _arranged(self) -> None:
        """Rows in the order of their ids, so that a stable sort breaks ties by id."""
        self._ids = sorted(self._rows)
        held = [self._rows[id] for id in self._ids]
        self._languages = np.array([one.language for one, _ in held], dtype=object)
        self._vectors = np.zeros((len(held), self._dimension), np.float64)
        for row, (_, vector) in enumerate(held):
            self._vectors[row] = vector
        self._words: list[Counter[str]] | None = None

    def _allowed(self, where: Filter) -> np.ndarray:
        rows = [i for i, id in enumerate(self._ids) if fits(self._rows[id][0], where)]
        return np.array(rows, np.int64)

    def _scores(self, vectors: Floats) -> list[np.ndarray]:
        # Rounded from doubles: equal vectors tie, however the product was cut up.
        product = np.asarray(vectors, np.float64) @ self._vectors.T
        return list(product.astype(np.float32))

    def _best(self, scores: np.ndarray, rows: np.ndarray, depth: int) -> list[Found]:
        order = rows[np.argsort(-scores[rows], kind="stable")[:depth]]
        return [Found(self._ids[i], float(scores[i])) for i in order]

    def _bm25(self, text: str) -> np.ndarray:
        if self._words is None:
            self._words = [Counter(words(self._rows[id][0].text)) for id in self._ids]
        lengths = np.array([sum(one.values()) for one in self._words], np.float64)
        norm = K1 * (1 - B + B * lengths / max(1.0, lengths.mean() if len(lengths) else 1.0))
        scores = np.zeros(len(self._ids))
        for word in words(text):
            times = np.array([one[word] for one in self._words], np.float64)
            holds = int((times > 0).sum())
            idf = log(1 + (len(times) - holds + 0.5) / (holds + 0.5))
            scores += idf * times / (times + norm)
        return scores.astype(np.float32)
