"""The Evaluation: what an encoder did on a benchmark, complete enough for any later question."""

import datetime
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.encoders.scores import Scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import storage
from lingweave.evaluate.summary import summary_of, tie_bounds_of
from lingweave.judgements import judgements_of
from lingweave.per_query import Pairs, Pools, per_query
from lingweave.ranks import TIE_RULES, GoldRanks, gold_ranks
from lingweave.software import software

log = logging.getLogger("lingweave")

FORMAT_VERSION = 1
MANY_TIES = 0.01
"""Share of golds tied with another candidate above which the figures depend on the tie rule."""


@dataclass(frozen=True)
class Evaluation:
    """Ranks of every gold, heads of the pool lists, and the figures made from them."""

    ranks: GoldRanks
    """Where every gold stands, free of any tie rule."""
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
        return self.ranks.languages

    @property
    def query_ids(self) -> tuple[str, ...]:
        """The ids of all queries that have gold, sorted."""
        return self.ranks.query_ids

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
        return per_query(self.ranks, TIE_RULES[ties or self.ties])

    def save(self, folder: Path) -> None:
        """Writes the three files, each under a temporary name first, `evaluation.json` last.

        Raises:
            LingweaveError: the folder cannot be written, or the disk is full.
        """
        storage.save(
            folder, self.summary, storage.ranks_table(self.ranks, self._names()), self.top()
        )

    @staticmethod
    def open(folder: Path) -> "Evaluation":
        """Reads what `save` wrote.

        Raises:
            LingweaveError: a file is missing, damaged, or of a newer format.
        """
        summary = storage.read_summary(folder, FORMAT_VERSION)
        languages, sizes = storage.corpus_sizes(folder, summary)
        ranks, groups = storage.read_ranks(folder, languages, sizes)
        names, numbers = np.unique(groups, return_inverse=True)
        return Evaluation(
            ranks=ranks,
            groups=numbers.astype(np.int64),
            group_names=tuple(map(str, names)),
            top=lambda: storage.read_table(folder / storage.TOPK),
            summary=summary,
        )

    def _names(self) -> list[str]:
        return [self.group_names[i] for i in self.groups]


def evaluate(
    benchmark: Benchmark,
    scores: Scores,
    ties: str = "pessimistic",
    configuration: dict[str, Any] | None = None,
) -> Evaluation:
    """Ranks every gold of the benchmark and computes all figures, in memory.

    Args:
        benchmark: Queries, corpora and gold.
        scores: An encoder's scores on it: see `lingweave.encoders`.
        ties: Name of a tie rule, one of `ranks.TIE_RULES`.
        configuration: What tells this run from another, kept under provenance.

    Raises:
        LingweaveError: the tie rule is unknown, or no query has gold.
    """
    if ties not in TIE_RULES:
        raise LingweaveError(f"ties {ties!r}: choose from {', '.join(TIE_RULES)}")
    judgements = judgements_of(benchmark)
    if not judgements.query_ids:
        raise LingweaveError(
            f"{benchmark.name}: no query has a relevant passage in these languages"
        )
    ranks, top = gold_ranks(scores.block, judgements, scores.first_equal)
    bounds = tie_bounds_of(ranks)
    if bounds["tied_golds"] > MANY_TIES:
        log.warning(
            "%.1f%% of the gold passages tie with another candidate: the figures depend on the tie"
            " rule (%s); see tie_bounds",
            100 * bounds["tied_golds"],
            ties,
        )
    names, groups = np.unique(
        [benchmark.group(id) for id in judgements.query_ids], return_inverse=True
    )
    summary = {
        "format_version": FORMAT_VERSION,
        "benchmark": benchmark.name,
        "languages": list(ranks.languages),
        "ties": ties,
        **summary_of(ranks, TIE_RULES[ties]),
        "tie_bounds": bounds,
        "provenance": {
            "encoder": scores.provenance,
            "benchmark": {
                "source": dict(benchmark.source),
                "queries": {x: len(side.ids) for x, side in benchmark.queries.items()},
                "candidates": {
                    y: int(size)
                    for y, size in zip(ranks.languages, ranks.corpus_sizes, strict=True)
                },
            },
            "ties": ties,
            "software": software(),
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "training": scores.provenance.get("training"),
            "seen": seen_in_training(scores.provenance.get("training"), benchmark.name),
            "configuration": configuration,
        },
    }
    json.dumps(summary, allow_nan=False)  # What cannot be saved must fail here, not later.
    table = storage.top_table(top, benchmark)
    return Evaluation(
        ranks=ranks,
        groups=groups.astype(np.int64),
        group_names=tuple(map(str, names)),
        top=lambda: table,
        summary=summary,
    )


def seen_in_training(training: dict[str, Any] | None, benchmark: str) -> str | None:
    """Whether a model was trained on a benchmark's texts, by what its training record says.

    ``unseen``, or what of it was seen (``seen (articles)``); None where nothing is recorded, as
    for models that others trained.
    """
    declared = (training or {}).get("seen")
    if declared is None:
        return None
    for entry in declared:
        name, _, how = str(entry).partition(" ")
        if name == benchmark:
            return f"seen {how}".strip()
    return "unseen"
