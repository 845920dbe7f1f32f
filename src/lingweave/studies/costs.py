"""What each run of a study takes: steps, pairs, tokens and parameters, and apart from them seconds.

The first are functions of the run, so that a report does not change when a study is interrupted;
seconds are measured, summed over restarts, and stand in a file of their own.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lingweave.atomic import disk_errors_named, write_json
from lingweave.plan import BatchPlan, Recipe
from lingweave.sources.rows import read_table
from lingweave.studies.contents import Cost
from lingweave.studies.runs import Run, Runs
from lingweave.training.config import TrainConfig

COSTS, SECONDS = "costs.json", "seconds.json"
"""What a run takes, in its folder, and the time it took."""
SAMPLED_STEPS = 16
"""Steps whose texts are tokenised to estimate the tokens of a run."""
CHARACTERS = 4
"""Characters that are taken for a token where there is no tokenizer."""
_NOTED_EVERY = 10.0
"""Seconds after which the time that was spent is written down again."""


def is_costed(folder: Path) -> bool:
    """Whether a run's costs are written."""
    return (folder / COSTS).exists()


def costs_of(runs: Runs) -> tuple[Cost, ...]:
    """What each run of a study that is done took: starts first, then arms by seed."""
    named: list[tuple[Run, str, int | None]] = [
        (run, run.name, None) for run in runs.starts.values()
    ]
    named += [(run, arm, seed) for (arm, seed), run in runs.arms.items()]
    return tuple(_cost(run, arm, seed) for run, arm, seed in named if is_costed(run.folder))


def seconds_of(folder: Path) -> dict[str, Any]:
    """What was written of the time that a run or measure took; empty if nothing was."""
    return _read(folder / SECONDS)


class Spent:
    """The time of this process that goes into one folder's work."""

    def __init__(self, folder: Path, before: dict[str, Any], gpu: bool) -> None:
        self._path = folder / SECONDS
        self._before = before
        self._gpu = gpu
        self._begun = self._noted = time.monotonic()
        self._cpu = time.process_time()

    def note(self, last: bool = False) -> None:
        """Writes down what was spent until now, if the last time is a while ago."""
        now = time.monotonic()
        if not self._path.parent.is_dir() or (now - self._noted < _NOTED_EVERY and not last):
            return
        self._noted = now
        wall, cpu = now - self._begun, time.process_time() - self._cpu
        before = self._before
        write_json(
            self._path,
            {
                "wall": round(before.get("wall", 0.0) + wall, 2),
                "cpu": round(before.get("cpu", 0.0) + cpu, 2),
                "device": _device(self._gpu),
                "processes": int(os.environ.get("WORLD_SIZE", "1")),
                "starts": before.get("starts", 0) + 1,
            },
        )


@contextlib.contextmanager
def spending(folder: Path, config: TrainConfig | None) -> Iterator[Spent]:
    """Measures what the block takes, also where it fails or is stopped.

    Args:
        folder: of the run or evaluation; what was spent before stands there.
        config: the run's, which says where it is trained; None: not a training run.
    """
    spent = Spent(folder, seconds_of(folder), config is not None and config.device != "cpu")
    try:
        yield spent
    finally:
        if os.environ.get("RANK", "0") == "0":
            with disk_errors_named(str(folder)):
                spent.note(last=True)


def write_costs(run: Run) -> None:
    """Writes what a finished run took, apart from time, beside its model."""
    told: dict[str, Any] = {"steps": 0, "pairs": 0, "tokens": None,
                            "parameters": parameters(run.model)}  # fmt: skip
    if run.config is not None:
        record = _read(run.model / "lingweave.json")
        steps = int(record.get("steps", run.config.steps))
        processes = int(os.environ.get("WORLD_SIZE", "1"))
        told["steps"] = steps
        told["pairs"] = steps * run.config.batch_size * processes
        per_step = tokens_per_step(run.config, run.model)
        told["tokens"] = round(per_step * steps * processes)
    with disk_errors_named(str(run.folder)):
        write_json(run.folder / COSTS, told)


def parameters(model: Path) -> int | None:
    """The numbers of a model's weights, from the heads of its files; None without any."""
    total = 0
    for path in model.rglob("*.safetensors"):
        with path.open("rb") as file:
            head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        for name, tensor in head.items():
            if name != "__metadata__":
                total += int(np.prod(tensor["shape"], dtype=np.int64))
    return total or None


def tokens_per_step(config: TrainConfig, model: Path | None) -> float:
    """Tokens of a step's queries, passages and negatives, without padding, on average over some
    steps of the plan.

    Args:
        config: the run.
        model: whose tokenizer counts; without one, or where it has no `tokenizer.json`, so many
            characters are taken for a token.
    """
    lengths = _token_counts(model)
    table = read_table(
        config.table,
        languages=config.languages,
        datasets=config.datasets,
        one_of=config.one_of or (),
    )
    recipe = Recipe(
        config.recipe,
        batch_size=config.batch_size,
        steps=config.steps,
        language_exponent=config.language_exponent,
        dataset_exponent=config.dataset_exponent,
    )
    plan = BatchPlan(recipe, table.shape(), config.seed)
    steps = np.unique(np.linspace(0, config.steps - 1, SAMPLED_STEPS).astype(int)).tolist()
    total = 0
    for step in steps:
        batch = plan.batch(step)
        for read, languages, prompt, length, times in (
            (table.query, batch.query_languages, config.query_prompt, config.query_length, 1),
            (table.passage, batch.passage_languages, config.passage_prompt, config.passage_length,
             1 + config.negatives),
        ):  # fmt: skip
            pairs = zip(batch.rows.tolist(), languages.tolist(), strict=True)
            texts = [prompt + read(row, language) for row, language in pairs]
            total += times * sum(min(count, length) for count in lengths(texts))
    return total / len(steps)


def _token_counts(model: Path | None) -> Callable[[list[str]], list[int]]:
    """Gives the tokens of texts."""
    places = (model, *sorted(model.glob("*/"))) if model is not None else ()
    found = next((place for place in places if (place / _TOKENIZER).is_file()), None)
    if found is None:
        return lambda texts: [-(-len(text) // CHARACTERS) for text in texts]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(found / _TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda texts: [len(one) for one in tokenizer.encode_batch(texts)]


_TOKENIZER = "tokenizer.json"


def _cost(run: Run, arm: str, seed: int | None) -> Cost:
    told, spent = _read(run.folder / COSTS), seconds_of(run.folder)
    return Cost(
        arm=arm,
        seed=seed,
        steps=int(told.get("steps", 0)),
        pairs=int(told.get("pairs", 0)),
        tokens=told.get("tokens"),
        parameters=told.get("parameters"),
        seconds=spent.get("wall"),
        device=spent.get("device"),
    )


def _device(gpu: bool) -> str:
    """What the work is done on, as far as that is known without starting a GPU's library."""
    if gpu:
        import torch

        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name(0))
    return "cpu"


def _read(path: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read
