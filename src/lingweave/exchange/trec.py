"""TREC qrels and run files.

Query ids are ``de/ID`` (mono and multi: the query's language) or ``de:en/ID`` (cross: the query's
and the passages'), passage ids ``en/ID``. White space and % in an id become %20 and the like.
"""

import gzip
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from lingweave.benchmark import Benchmark
from lingweave.exchange.lists import Ask, Ranked, golds_in
from lingweave.judgements import Judgements

_SPACE = re.compile(r"[\s%]")
TAG = "lingweave"
_CACHED = 2**18
"""Passage ids that are kept in memory as they are written."""


def token(id: str) -> str:
    """An id without white space; different ids stay different."""
    return _SPACE.sub(lambda found: quote(found.group(), safe=""), id)


class Ids:
    """The ids of queries and passages in the files."""

    def __init__(self, benchmark: Benchmark, judgements: Judgements) -> None:
        self._benchmark, self._judgements = benchmark, judgements
        self._starts = judgements.corpus_starts.tolist()
        # The same passages stand in many lists.
        self._passage = lru_cache(_CACHED)(self._passage_at)

    def query(self, ask: Ask) -> str:
        """Of the query of a list."""
        languages = self._judgements.languages
        name = languages[ask.query_language]
        if ask.setting == "cross" and ask.passage_language is not None:
            name += f":{languages[ask.passage_language]}"
        return f"{name}/{token(self._judgements.query_ids[ask.query])}"

    def passages(self, positions: Iterable[int]) -> Iterator[str]:
        """Of passages, by their positions in the pool."""
        return map(self._passage, positions)

    def _passage_at(self, position: int) -> str:
        language = bisect_right(self._starts, position) - 1
        code = self._judgements.languages[language]
        ids = self._benchmark.corpora[code].ids
        return f"{code}/{token(ids[position - self._starts[language]])}"


def write_qrels(path: Path, wanted: Iterable[Ask], ids: Ids, judgements: Judgements) -> None:
    """One line a gold of each list: query, 0, passage, grade."""
    with path.open("w", encoding="utf-8") as file:
        for ask in wanted:
            golds = golds_in(ask, judgements)
            query = ids.query(ask)
            named = ids.passages(judgements.positions[golds].tolist())
            for passage, grade in zip(named, judgements.grades[golds].tolist(), strict=True):
                file.write(f"{query} 0 {passage} {grade}\n")


class Runs:
    """Run files that are open for writing."""

    def __init__(self, ids: Ids, real: bool, stack: ExitStack) -> None:
        self._ids, self._real, self._stack = ids, real, stack
        self._files: dict[Path, gzip.GzipFile] = {}

    def write(self, path: Path, one: Ranked, depth: int | None = None) -> None:
        """Adds a list, or its head, to a file."""
        if path not in self._files:
            # Without the time of day in it, so that the same lists give the same bytes.
            opened = gzip.GzipFile(path, "wb", compresslevel=4, mtime=0)
            self._files[path] = self._stack.enter_context(opened)
        query = self._ids.query(one.ask)
        positions = one.positions[:depth].tolist()
        count = len(positions)
        scores = one.scores[:depth].tolist() if self._real else range(count, 0, -1)
        lines = [
            f"{query} Q0 {passage} {rank} {score!r} {TAG}\n"
            for rank, (passage, score) in enumerate(
                zip(self._ids.passages(positions), scores, strict=True), start=1
            )
        ]
        self._files[path].write("".join(lines).encode())


@contextmanager
def open_runs(ids: Ids, real: bool) -> Iterator[Runs]:
    """Run files, closed at the end of the block.

    Args:
        ids: of queries and passages.
        real: write the encoder's scores; else scores that count down from the first place.
    """
    with ExitStack() as stack:
        yield Runs(ids, real, stack)
