"""Example queries with the head of their pool lists, one a script."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lingweave import languages
from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.report.comparison import ComparedArm, Comparison

TEXT_LENGTH = 220
"""Longer passages are cut for the page."""


class Answer(NamedTuple):
    """A passage in a pool list."""

    rank: int
    text: str
    language: str
    direction: str
    relevant: bool


class Example(NamedTuple):
    """A query and what each arm ranks first in the pool."""

    query: str
    language: str
    name: str
    direction: str
    answers: tuple[tuple[str, tuple[Answer, ...]], ...]
    """Arm name and its first answers."""


def examples(
    comparison: Comparison, benchmark: Benchmark, count: int = 4, depth: int = 5
) -> tuple[Example, ...]:
    """One query in each of up to ``count`` scripts, answered by every arm's first seed.

    The query is the benchmark's first one, and the same in all languages that have it, so that
    the lists can be compared and nobody has picked it.
    """
    chosen = _languages_by_script(comparison.languages, benchmark)[:count]
    if not chosen:
        return ()
    gold_queries = {gold.query_id for gold in benchmark.gold}
    shown = []
    for language in chosen:
        side = benchmark.queries[language]
        common = [id for id in side.ids if id in gold_queries]
        if common:
            shown.append((language, common[0], side.texts[side.ids.index(common[0])]))
    lists = {
        arm.name: _heads(arm, [(x, id) for x, id, _ in shown], depth) for arm in _arms(comparison)
    }
    texts = {
        (y, id): text
        for y, side in benchmark.corpora.items()
        for id, text in zip(side.ids, side.texts, strict=True)
    }
    relevant = {
        (gold.query_id, gold.language, gold.passage_id) for gold in benchmark.gold if gold.grade > 0
    }
    return tuple(
        Example(
            query=text,
            language=language,
            name=languages.name(language),
            direction=direction(language),
            answers=tuple(
                (
                    name,
                    tuple(
                        Answer(
                            rank,
                            _cut(texts.get((y, passage), passage)),
                            y,
                            direction(y),
                            (id, y, passage) in relevant,
                        )
                        for rank, y, passage in heads.get((language, id), ())
                    ),
                )
                for name, heads in lists.items()
            ),
        )
        for language, id, text in shown
    )


def direction(language: str) -> str:
    """The value of HTML's ``dir``."""
    return "rtl" if languages.right_to_left(language) else "ltr"


def _arms(comparison: Comparison) -> Sequence[ComparedArm]:
    """Trained arms if there are any: the answers of a random encoder teach nothing."""
    trained = [arm for arm in comparison.arms if any(seed is not None for seed in arm.seeds)]
    return trained or comparison.arms


def _languages_by_script(codes: Sequence[str], benchmark: Benchmark) -> list[str]:
    """One language a script, those that the page must show right first."""
    first: dict[str, str] = {}
    for code in codes:
        if code in benchmark.queries and benchmark.queries[code].ids:
            first.setdefault(languages.script(code), code)
    wanted = ("Arab", "Deva", "Thai", "Hans", "Hant", "Latn")
    scripts = sorted(first, key=lambda s: (wanted.index(s) if s in wanted else len(wanted), s))
    return [first[script] for script in scripts]


def _heads(
    arm: ComparedArm, queries: Sequence[tuple[str, str]], depth: int
) -> dict[tuple[str, str], list[tuple[int, str, str]]]:
    """(language, query id) -> (rank, passage language, passage id), best first."""
    path = Path(arm.folders[0]) / "topk.parquet"
    if not path.is_file():
        return {}
    columns = ["query_language", "query_id", "rank", "passage_language", "passage_id"]
    asked = {id for _, id in queries}
    try:
        table = pq.read_table(
            path, columns=columns, filters=[("rank", "<=", depth), ("query_id", "in", asked)]
        )
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(f"{path}: cannot be read ({reason}); evaluate again") from error
    heads: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for row in table.to_pylist():
        key = (row["query_language"], row["query_id"])
        heads.setdefault(key, []).append((row["rank"], row["passage_language"], row["passage_id"]))
    return {key: sorted(rows) for key, rows in heads.items()}


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TEXT_LENGTH else f"{text[:TEXT_LENGTH].rstrip()} …"
