"""What only the data can tell, looked at before the first run: batches, languages, benchmarks."""

from pathlib import Path

from lingweave.errors import LingweaveError
from lingweave.evaluate import benchmark_of
from lingweave.languages import canonical
from lingweave.plan import BatchPlan
from lingweave.studies.check import place
from lingweave.studies.evaluating import evaluate_config
from lingweave.studies.runs import Run, Runs
from lingweave.studies.study import BenchmarkSpec, Study
from lingweave.studies.work import is_made, is_measured
from lingweave.training.config import TrainConfig

_BATCHES = ("table", "languages", "datasets", "one_of", "recipe", "batch_size", "steps",
            "language_exponent", "dataset_exponent", "objective", "negatives", "mined")  # fmt: skip
"""Fields that decide whether a table gives a recipe's batches."""


def rehearse(study: Study, runs: Runs) -> None:
    """Draws up the plan of each run that is missing, and reads each benchmark that is to be asked.

    Raises:
        LingweaveError: a table cannot give the batches of a recipe, or a benchmark cannot be read.
    """
    with place(f"study {study.name}"):
        looked_at: set[str] = set()
        for run in runs.all:
            if run.config is not None and not is_made(run):
                key = str([getattr(run.config, name) for name in _BATCHES])
                if key not in looked_at:
                    _check_batches(run, run.config)
                looked_at.add(key)
        wanted = {one.benchmark for one in runs.measures if not is_measured(one)}
        for name, spec in study.benchmarks.items():
            if name in wanted:
                with place(f"benchmarks.{name}"):
                    _check_benchmark(spec)


def _check_batches(run: Run, config: TrainConfig) -> None:
    from lingweave.training.feeding import wanted_of
    from lingweave.training.options import options_of
    from lingweave.training.tables import training_table

    with place(run.name):
        recipe, terms = options_of(config)
        table = training_table(config)
        BatchPlan(recipe, table.shape(), config.seed)
        wanted_of(config, table, terms, lambda line: None)


def _check_benchmark(spec: BenchmarkSpec) -> None:
    """It can be read, asks in the languages that are unseen, and has answers if they are read."""
    benchmark = benchmark_of(evaluate_config(spec, {"encoder": "random"}, Path()))
    for code in spec.unseen:
        if canonical(code) not in benchmark.languages:
            raise LingweaveError(
                f"unseen: nothing is asked in {code}; there are {', '.join(benchmark.languages)}"
            )
    if spec.read is not None and not benchmark.answers:
        raise LingweaveError("read: its answers are not known as texts; leave read out")
