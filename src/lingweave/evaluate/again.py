"""The benchmark of an evaluation, read again: for texts that the evaluation does not keep."""

from pathlib import Path

from lingweave.altering import Altered
from lingweave.altering.altered import altered
from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.evaluate.evaluation import Evaluation
from lingweave.sources.catalogue import named
from lingweave.sources.named import Request

SEED = "benchmark_seed"
"""The seed of a generated benchmark in an evaluation's configuration."""
ALTER = "alter"
"""How the queries were changed, if they were, there."""


def benchmark_of(evaluation: Evaluation, data: Path | None, seed: int | None = None) -> Benchmark:
    """The benchmark that an evaluation was made on, read again.

    Args:
        evaluation: what was measured.
        data: the folder or file that was given for it, if any.
        seed: of a generated benchmark; with None that of the evaluation.

    Raises:
        LingweaveError: it cannot be read, or has changed.
    """
    before = evaluation.provenance.get("configuration") or {}
    name, languages = before.get("benchmark"), before.get("languages")
    if not isinstance(name, str) or not isinstance(languages, list):
        raise LingweaveError(
            f"{evaluation.benchmark}: the evaluation does not say how its benchmark is read; it was"
            " not made by `lingweave evaluate`"
        )
    reader, split = named(name), before.get("split")
    seed = before.get(SEED) if seed is None else seed
    refused: LingweaveError | None = None
    # For most, naming languages reads no others; for some it changes what is read.
    for asked in (languages, None):
        try:
            benchmark = reader.load(Request(data, asked, split, seed))
        except LingweaveError as error:
            if asked is not None:
                refused = error
            continue
        if not {*languages} <= {*benchmark.languages}:
            continue
        benchmark = benchmark.select(languages)
        if (how := before.get(ALTER)) is not None:
            benchmark = altered(benchmark, Altered(**how))
        now = {key: value for key, value in benchmark.source.items() if key != "folder"}
        if now == before.get("data"):
            return benchmark
    if refused is not None:
        raise refused
    what = name if data is None else f"--data {data}"
    raise LingweaveError(
        f"{what}: is not the data that the evaluation was made on; evaluate again, or give --data"
        " the folder as it was"
    )
