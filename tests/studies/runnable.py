"""A study that runs in seconds: static encoders of 16 numbers on the toy table."""

from pathlib import Path
from typing import Any

from lingweave.studies.definition.study import BenchmarkSpec, Choice, Start, Study, TableSpec
from lingweave.studies.running.runs import Runs, runs_of
from lingweave.studies.tasks import missing_tasks

TRAIN: dict[str, Any] = {
    "table": ["toy"], "encoder": "start:warm", "steps": 6, "batch_size": 16, "optimizer": "adamw",
    "learning_rate": 1e-2, "device": "cpu", "threads": 1, "checkpoint_every": 2, "log_every": 1,
}  # fmt: skip
WARM = {"encoder": "static", "recipe": "x-y", "steps": 4, "vocabulary": 300, "dimension": 16}


def runnable(rows: Path, **changed: Any) -> Study:
    """Two recipes and two seeds from one start, a floor, and the start itself as a floor."""
    fields: dict[str, Any] = {
        "name": "toy",
        "title": "A toy",
        "question": "Does it run?",
        "seeds": [1, 2],
        "train": TRAIN,
        "tables": {"toy": TableSpec(files=[str(rows)])},
        "starts": {"warm": Start(train=WARM), "unused": Start(train=WARM | {"steps": 5})},
        "axes": {"recipe": {"mono": Choice({"recipe": "x-x-mono"}),
                            "hybrid": Choice({"recipe": "hybrid"})}},
        "benchmarks": {"all": BenchmarkSpec({"benchmark": "parallel", "data": str(rows)})},
        "floors": {"tfidf": {"encoder": "tfidf"}, "before": {"model": "start:warm"}},
        "resamples": 50,
    }  # fmt: skip
    return Study(**fields | changed)


def run_here(study: Study, out: Path) -> Runs:
    """The study with all its runs done, in this process."""
    runs = runs_of(study, out)
    for task in missing_tasks(runs):
        task.work(lambda share: None)
    return runs
