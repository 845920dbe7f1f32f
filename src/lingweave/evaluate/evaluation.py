"""The Evaluation: what an encoder did on a benchmark, complete enough for any later question."""

import datetime
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.encoders.scores import Scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import storage
from lingweave.evaluate.stored import read_queries, read_ranks
from lingweave.evaluate.summary import Summary
from lingweave.judgements import judgements_of
from lingweave.per_query import Pairs, Pools, joined_values, per_query
from lingweave.ranks import TIE_RULES, GoldRanks, LanguageRanks, joined_lists, joined_ranks
from lingweave.software import software
from lingweave.sources.seen import seen_in

log = logging.getLogger("lingweave")

FORMAT_VERSION = 1
MANY_TIES = 0.01
"""Share of golds tied with another candidate above which the figures depend on the tie rule."""


@dataclass(frozen=True)
class Evaluation:
    """Ranks of every gold, heads of the pool lists, and the figures made from them."""

    parts: Callable[[], Iterator[GoldRanks]]
    """Where every gold stands, free of any tie rule, one query language after another: read when
    asked for, as those of hundreds of languages do not fit in memory together."""
    query_ids: tuple[str, ...]
    """The ids of all queries that have gold, sorted."""
    groups: NDArray[np.int64]
    """(queries,) the cluster of each query id, an index into `group_names`."""
    group_names: tuple[str, ...]
    """The clusters' names, sorted."""
    top: Callable[[], pa.Table]
    """The head of each pool list, as `topk.parquet` holds it; read when asked for."""
    summary: dict[str, Any]
    """The content of `evaluation.json`."""

    @property
    def languages(self) -> tuple[str, ...]:
        """All languages, in the order of their codes."""
        return tuple(self.summary["languages"])

    @cached_property
    def ranks(self) -> GoldRanks:
        """All `parts` as one table."""
        return joined_ranks(self.parts())

    @property
    def benchmark(self) -> str:
        """The benchmark's name."""
        return str(self.summary["benchmark"])

    @property
    def ties(self) -> str:
        """The name of the tie rule of the figures."""
        return str(self.summary["ties"])

    @property
    def macro(self) -> dict[str, Any]:
        """Means over languages: mono, cross, multi and the bias figures."""
        macro: dict[str, Any] = self.summary["macro"]
        return macro

    @property
    def provenance(self) -> dict[str, Any]:
        """What was evaluated, on what, with which software."""
        provenance: dict[str, Any] = self.summary["provenance"]
        return provenance

    def per_query(self, ties: str | None = None) -> tuple[Pairs, Pools]:
        """The values of every query, under the evaluation's tie rule or another one."""
        rule = TIE_RULES[ties or self.ties]
        return joined_values(per_query(part, rule) for part in self.parts())

    def save(self, folder: Path) -> None:
        """Writes the three files, each under a temporary name first, `evaluation.json` last.

        Raises:
            LingweaveError: the folder cannot be written, or the disk is full.
        """
        names = [self.group_names[i] for i in self.groups]
        with storage.Writer(folder) as writer:
            for part in self.parts():
                writer.add_ranks(storage.ranks_table(part, names))
            writer.add_top(self.top())
            writer.finish(self.summary)

    @staticmethod
    def open(folder: Path) -> "Evaluation":
        """Reads what `save` wrote.

        Raises:
            LingweaveError: a file is missing, damaged, or of a newer format.
        """
        summary = storage.read_summary(folder, FORMAT_VERSION)
        languages, sizes = storage.corpus_sizes(folder, summary)
        groups = read_queries(folder)
        names, numbers = np.unique([*groups.values()], return_inverse=True)
        return Evaluation(
            parts=lambda: read_ranks(folder, languages, sizes, tuple(groups)),
            query_ids=tuple(groups),
            groups=numbers.astype(np.int64),
            group_names=tuple(map(str, names)),
            top=lambda: storage.read_table(folder / storage.TOPK),
            summary=summary,
        )


def evaluate(
    benchmark: Benchmark,
    scores: Scores,
    ties: str = "pessimistic",
    configuration: dict[str, Any] | None = None,
    folder: Path | None = None,
) -> Evaluation:
    """Ranks every gold of the benchmark and computes all figures, query language by language.

    Args:
        benchmark: Queries, corpora and gold.
        scores: An encoder's scores on it: see `lingweave.encoders`.
        ties: Name of a tie rule, one of `ranks.TIE_RULES`.
        configuration: What tells this run from another, kept under provenance.
        folder: Where to write the evaluation while it is made, so that memory holds the ranks of
            one query language at a time; None: all stays in memory, until `Evaluation.save`.

    Raises:
        LingweaveError: the tie rule is unknown, no query has gold, or the folder cannot be written.
    """
    if ties not in TIE_RULES:
        raise LingweaveError(f"ties {ties!r}: choose from {', '.join(TIE_RULES)}")
    judgements = judgements_of(benchmark)
    if not judgements.query_ids:
        raise LingweaveError(
            f"{benchmark.name}: no query has a relevant passage in these languages"
        )
    groups = [benchmark.group(id) for id in judgements.query_ids]
    figures = Summary(judgements.languages, ties)
    if folder is not None:
        with storage.Writer(folder) as writer:

            def take(part: LanguageRanks) -> None:
                figures.add(part.ranks)
                writer.add_ranks(storage.ranks_table(part.ranks, groups))
                writer.add_top(storage.top_table(part.top, benchmark))

            _taken_beside(scores.parts(judgements), take)
            writer.finish(_summary(benchmark, scores, figures, configuration))
        return Evaluation.open(folder)
    ranks, tops = [], []
    for part in scores.parts(judgements):
        figures.add(part.ranks)
        ranks.append(part.ranks)
        tops.append(part.top)
    table = storage.top_table(joined_lists(tops), benchmark)
    names, numbers = np.unique(groups, return_inverse=True)
    return Evaluation(
        parts=lambda: iter(ranks),
        query_ids=judgements.query_ids,
        groups=numbers.astype(np.int64),
        group_names=tuple(map(str, names)),
        top=lambda: table,
        summary=_summary(benchmark, scores, figures, configuration),
    )


def _taken_beside(parts: Iterator[LanguageRanks], take: Callable[[LanguageRanks], None]) -> None:
    """Takes up each part, in order, while the next one is made."""
    with ThreadPoolExecutor(1) as beside:
        pending = None
        for part in parts:
            if pending is not None:
                pending.result()
            pending = beside.submit(take, part)
        if pending is not None:
            pending.result()


def _summary(
    benchmark: Benchmark, scores: Scores, figures: Summary, configuration: dict[str, Any] | None
) -> dict[str, Any]:
    """The content of `evaluation.json`."""
    bounds = figures.tie_bounds()
    if bounds["tied_golds"] > MANY_TIES:
        log.warning(
            "%.1f%% of the gold passages tie with another candidate: the figures depend on the tie"
            " rule (%s); see tie_bounds",
            100 * bounds["tied_golds"],
            figures.ties,
        )
    summary = {
        "format_version": FORMAT_VERSION,
        "benchmark": benchmark.name,
        "languages": list(benchmark.languages),
        "ties": figures.ties,
        **figures.figures(),
        "tie_bounds": bounds,
        "provenance": {
            "encoder": scores.provenance,
            "benchmark": {
                "source": dict(benchmark.source),
                "queries": {x: len(side.ids) for x, side in benchmark.queries.items()},
                "candidates": {
                    y: len(benchmark.corpora[y].ids) if y in benchmark.corpora else 0
                    for y in benchmark.languages
                },
            },
            "ties": figures.ties,
            "software": software(),
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "training": scores.provenance.get("training"),
            "seen": seen_in(scores.provenance.get("training"), benchmark),
            "configuration": configuration,
        },
    }
    json.dumps(summary, allow_nan=False)  # What cannot be saved must fail here, not later.
    return summary
