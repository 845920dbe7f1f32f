"""An evaluation as a results file of mteb (its `TaskResult`)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import langcodes

from lingweave.atomic import write_json
from lingweave.evaluate.evaluation import Evaluation
from lingweave.languages import UNKNOWN, script

NAMES = {
    "nDCG@10": "ndcg_at_10",
    "mAP": "map",
    "R@1": "recall_at_1",
    "R@10": "recall_at_10",
    "hit@1": "hit_rate_at_1",
    "MRR@10": "mrr_at_10",
}
"""Our measures by their names there; `map` is at full depth, which mteb has no name for."""
MAIN = "nDCG@10"


def write_mteb(folder: Path, evaluation: Evaluation) -> Path:
    """``<task>.json``: a subset a pair of languages (``de``, ``de-en``) and a pool (``de-pool``).

    Raises:
        OSError: the folder cannot be written to.
    """
    configuration = evaluation.provenance.get("configuration") or {}
    named = str(configuration.get("benchmark") or evaluation.benchmark)
    task = named.removeprefix("mteb:") if named.startswith("mteb:") else evaluation.benchmark
    source = evaluation.provenance["benchmark"]["source"]
    path = folder / f"{task.replace('/', '_')}.json"
    write_json(
        path,
        {
            "dataset_revision": str(source.get("revision") or "not applicable"),
            "task_name": task,
            "mteb_version": None,
            "scores": {str(configuration.get("split") or "test"): list(_subsets(evaluation))},
            "evaluation_time": None,
            "kg_co2_emissions": None,
        },
    )
    return path


def _subsets(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    summary = evaluation.summary
    for x, row in summary["pairs"].items():
        for y, figures in row.items():
            subset = x if x == y else f"{x}-{y}"
            yield from _subset(subset, [x] if x == y else [x, y], figures)
    for x, figures in summary["per_language"].items():
        yield from _subset(f"{x}-pool", list(evaluation.languages), figures["multi"])


def _subset(
    name: str, languages: list[str], figures: Mapping[str, float | None]
) -> Iterator[dict[str, Any]]:
    if figures[MAIN] is None:
        return
    yield {
        **{NAMES[measure]: value for measure, value in figures.items() if measure in NAMES},
        "main_score": figures[MAIN],
        "hf_subset": name,
        "languages": [_tag(code) for code in languages],
    }


def _tag(code: str) -> str:
    """``deu-Latn``: ISO 639-3 and ISO 15924; ``und-Zzzz`` for codes of one's own (``x-own``)."""
    try:
        return f"{langcodes.get(code).to_alpha3()}-{script(code)}"
    except LookupError:
        return f"{UNKNOWN}-Zzzz"
