"""The benchmark of an evaluation, read again: for texts that the evaluation does not keep."""

from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.evaluate.evaluation import Evaluation
from lingweave.sources.catalogue import named
from lingweave.sources.named import Named, Request


def benchmark_of(evaluation: Evaluation, data: Path | None, seed: int | None = None) -> Benchmark:
    """The benchmark that an evaluation was made on, read again.

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
    # Some are made or read by their languages, for others naming one changes what is read.
    for asked in (None, languages):
        benchmark = _loaded(reader, Request(data, asked, split, seed), last=asked is not None)
        if benchmark is None or not {*languages} <= {*benchmark.languages}:
            continue
        benchmark = benchmark.select(languages)
        now = {key: value for key, value in benchmark.source.items() if key != "folder"}
        if now == before.get("data"):
            return benchmark
    raise LingweaveError(
        f"--data {data}: is not the data that the evaluation was made on; evaluate again, or give"
        " the folder as it was"
    )


def _loaded(reader: Named, request: Request, last: bool) -> Benchmark | None:
    try:
        return reader.load(request)
    except LingweaveError:
        if last:
            raise
        return None
