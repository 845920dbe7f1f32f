"""Exact match at the level of sentences: does a candidate contain the answer? Needs no reader."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lingweave.benchmark import Benchmark, Texts
from lingweave.errors import LingweaveError
from lingweave.reading.figures import Reading, Row, reading_of
from lingweave.reading.rules import RuleSet
from lingweave.significance import Resampling

WITHOUT_BLANKS = frozenset({"bo", "ja", "km", "lo", "my", "th", "zh"})
"""Languages that part no words: an answer may stand anywhere in a sentence of theirs."""


def contains(candidate: str, answers: Sequence[str], language: str, rules: RuleSet) -> bool:
    """Whether a candidate holds a right answer in its own language, both normalised.

    The answer must stand there as whole tokens, save in languages that part no words. An answer
    of which normalisation leaves nothing is never found.
    """
    return _holds(rules.normalised(candidate, language), answers, language, rules)


def _holds(text: str, answers: Sequence[str], language: str, rules: RuleSet) -> bool:
    """The same for a candidate that is normalised already."""
    found = (rules.normalised(answer, language) for answer in answers)
    if language.partition("-")[0] in WITHOUT_BLANKS:
        return any(answer and answer in text for answer in found)
    return any(answer and f" {answer} " in f" {text} " for answer in found)


class Places(NamedTuple):
    """The first candidates of one query."""

    language: str
    """The language it was asked in."""
    query_id: str
    """Which query."""
    candidates: tuple[tuple[str, str], ...]
    """(language, passage id), best first."""


def top_places(top: pa.Table, depth: int) -> Iterator[Places]:
    """The first `depth` candidates of every pool list, from an evaluation's `top()`."""
    rank = top["rank"].to_numpy()
    head = top.filter(pa.array(rank <= depth))
    names = ("query_language", "query_id", "passage_language", "passage_id")
    columns = [head[name].to_pylist() for name in names]
    starts = np.flatnonzero(head["rank"].to_numpy() == 1)
    for begin, end in zip(starts, [*starts[1:], len(head)], strict=True):
        language, query_id = columns[0][begin], columns[1][begin]
        pairs = zip(columns[2][begin:end], columns[3][begin:end], strict=True)
        yield Places(language, query_id, tuple(pairs))


def check_depth(top: pa.Table, benchmark: Benchmark, depth: int) -> None:
    """Refuses a depth of which an evaluation's `top()` does not keep all candidates.

    Raises:
        LingweaveError: the lists end before this depth, and before the pool does.
    """
    kept = pc.max(top["rank"]).as_py() or 0
    if kept < min(depth, sum(len(side.ids) for side in benchmark.corpora.values())):
        raise LingweaveError(
            f"--depth {depth}: the evaluation keeps the first {kept} candidates of the pool: give"
            f" {kept} at most"
        )


def sentence_match(
    top: pa.Table,
    benchmark: Benchmark,
    rules: RuleSet,
    depths: Sequence[int] = (1, 10),
    resampling: Resampling | None = None,
) -> Reading:
    """Whether the first candidates of the pool contain the answer in their own language.

    Measures: ``contains@k`` for each depth, the share of queries with such a candidate among the
    first k, and ``MRR@k`` of the largest depth, the mean of 1 / (place of the first such one).

    Args:
        top: An evaluation's `top()`.
        benchmark: With `answers`; queries without any take no part.
        rules: How texts are normalised.
        depths: Values of k.
        resampling: How intervals are drawn.

    Raises:
        LingweaveError: the benchmark has no answers, or the lists end before the last depth.
    """
    if not benchmark.answers:
        raise LingweaveError(
            f"{benchmark.name} has no answers as texts: only passages can be scored on it"
        )
    deepest = max(depths)
    check_depth(top, benchmark, deepest)
    lists = [p for p in top_places(top, deepest) if benchmark.answers.get(p.query_id)]
    # Each passage is normalised once, however many lists it stands in.
    texts = {
        (language, id): rules.normalised(text, language)
        for (language, id), text in passage_texts(
            benchmark, {pair for one in lists for pair in one.candidates}
        ).items()
    }
    rows = []
    for one in lists:
        answers = benchmark.answers[one.query_id]
        place = next(
            (
                place
                for place, (language, id) in enumerate(one.candidates, 1)
                if _holds(texts[language, id], answers.get(language, ()), language, rules)
            ),
            0,
        )
        hits = tuple(float(0 < place <= k) for k in depths)
        rows.append(Row(one.language, one.query_id, (*hits, 1 / place if place else 0.0)))
    measures = (*(f"contains@{k}" for k in depths), f"MRR@{deepest}")
    task = "the answer in the first candidates of the pool (no reader)"
    return reading_of(task, rules, measures, rows, benchmark, resampling)


def passage_texts(
    benchmark: Benchmark, wanted: set[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """(language, passage id) -> text of those passages; each corpus is walked once."""
    found = {}
    for language, side in benchmark.corpora.items():
        ids = {id for of, id in wanted if of == language}
        found.update({(language, id): text for id, text in _chosen(side, ids)})
    return found


def _chosen(side: Texts, ids: set[str]) -> Iterator[tuple[str, str]]:
    for place, id in enumerate(side.ids):
        if id in ids:
            yield id, side.texts[place]
