"""`lingweave evaluate`: from options to an evaluation on disk."""

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from lingweave.altering import Altered
from lingweave.altering.altered import altered
from lingweave.benchmark import Benchmark
from lingweave.encoders.choice import EncoderOptions, identity_of, scores_of
from lingweave.errors import LingweaveError
from lingweave.evaluate import storage
from lingweave.evaluate.again import ALTER, SEED
from lingweave.evaluate.evaluation import Evaluation, evaluate
from lingweave.languages import canonical
from lingweave.ranks import TIE_RULES
from lingweave.sources.catalogue import named
from lingweave.sources.named import Request

log = logging.getLogger("lingweave")


@dataclass(frozen=True)
class EvaluateConfig(EncoderOptions):
    """What to evaluate, on what, and where to write it."""

    benchmark: str = "lareqa"
    """The benchmark: a name that `lingweave data benchmarks` lists, mteb:TASK, ir_datasets:SET or
    beir:FOLDER."""
    data: Path | None = None
    """The benchmark's folder, or the rows of `parallel`; without it a library is asked."""
    split: str | None = None
    """Which split of the benchmark; its own default if none is named."""
    out: Path = Path("evaluation")
    """The folder to write; its evaluation is kept if it has the same configuration."""
    ties: Literal["pessimistic", "optimistic", "index"] = "pessimistic"
    """Where a gold stands among candidates with its score: last, first, or by pool order."""
    languages: list[str] | None = None
    """Only these languages, as queries and in the pool; all by default (of atlas: twelve)."""
    alter: Altered | None = None
    """How queries are changed before they are asked; by default not at all."""

    def __post_init__(self) -> None:
        super().__post_init__()
        named(self.benchmark)
        if self.alter is not None and not isinstance(self.alter, Altered):
            # The command line's parser gives the fields of a nested value, not the value.
            object.__setattr__(self, "alter", Altered(**vars(self.alter)))
        if self.ties not in TIE_RULES:
            raise LingweaveError(f"--ties {self.ties}: choose from {', '.join(TIE_RULES)}")
        if self.data is not None and _generated(self):
            raise LingweaveError(f"--data {self.data}: the atlas is generated and reads none")
        if self.encoder == "oracle" and not _generated(self):
            raise LingweaveError(
                "--encoder oracle: only the atlas knows the facts behind its texts"
            )


def _generated(config: EvaluateConfig) -> bool:
    return config.benchmark.startswith("atlas")


def benchmark_of(config: EvaluateConfig) -> Benchmark:
    """The benchmark that the options name, in the languages they name, altered as they say.

    Raises:
        LingweaveError: it cannot be read.
    """
    request = Request(config.data, config.languages, config.split, config.seed)
    benchmark = named(config.benchmark).load(request)
    if config.languages is not None:
        benchmark = benchmark.select(map(canonical, config.languages))
    return benchmark if config.alter is None else altered(benchmark, config.alter)


def run(config: EvaluateConfig) -> Evaluation:
    """Evaluates and writes, or opens what the same configuration wrote before.

    Raises:
        LingweaveError: anything the user can mend; nothing half-written is left behind.
    """
    storage.check_writable(config.out)
    benchmark = benchmark_of(config)
    configuration = configuration_of(config, benchmark)
    if (config.out / storage.SUMMARY).exists():
        return complete(config.out, configuration)
    return evaluate(benchmark, scores_of(config, benchmark), config.ties, configuration, config.out)


def configuration_of(config: EvaluateConfig, benchmark: Benchmark) -> dict[str, Any]:
    """What decides the figures: the same configuration gives the same evaluation.

    What is left out beside the encoder's own (`identity_of`) are places.
    """
    return {
        "benchmark": config.benchmark,
        "ties": config.ties,
        "languages": list(benchmark.languages),
        **({"split": config.split} if config.split is not None else {}),
        **({SEED: config.seed} if config.seed is not None and _generated(config) else {}),
        **({ALTER: asdict(config.alter)} if config.alter is not None else {}),
        "data": {k: v for k, v in benchmark.source.items() if k != "folder"},
        **identity_of(config),
    }


def complete(folder: Path, configuration: dict[str, Any]) -> Evaluation:
    """The evaluation in a folder, if the same configuration has written it.

    Raises:
        LingweaveError: another one has, or it cannot be read.
    """
    evaluation = Evaluation.open(folder)
    before = evaluation.provenance.get("configuration") or {}
    names = {*before, *configuration}
    other = sorted(n for n in names if before.get(n) != configuration.get(n))
    if other:
        raise LingweaveError(
            f"--out {folder}: holds an evaluation that differs in {', '.join(other)};"
            " choose another folder, or remove this one"
        )
    log.warning("%s: complete with this configuration, nothing to do", folder)
    return evaluation
