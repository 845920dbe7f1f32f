"""The same run twice: by ``lingweave train``'s code and by sentence-transformers' own trainer.

What the benchmarks of training share. Both sides start from the same files, take the same rows in
the same order from the same plan, and have the same loss, optimiser, schedule and precision. The
stock side is used as its manual has it: a data set of texts, its collator, its loss, its defaults.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import datasets
import torch
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.base.sampler import DefaultBatchSampler
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    MultipleNegativesRankingLoss,
)
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from sentence_transformers.sentence_transformer.training_args import (
    SentenceTransformerTrainingArguments,
)
from torch.utils.data import SequentialSampler
from transformers import TrainerCallback

from lingweave.plan import BatchPlan
from lingweave.table import ParallelTable
from lingweave.training import TrainConfig
from lingweave.training.arguments import arguments
from lingweave.training.defaults import peak_rate
from lingweave.training.encoder import built_encoder
from lingweave.training.options import recipe_of
from lingweave.training.run import train
from lingweave.training.tables import training_table
from lingweave.training.tokens import Tokens


class Clock:
    """Wall-clock and CPU seconds between two lines of a run's log, the first and the last."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self._marks: list[tuple[int, float, float]] = []

    def add(self, step: int, loss: float) -> None:
        """Called when a line is written, every so many steps."""
        self.losses.append(loss)
        self._marks.append((step, time.perf_counter(), time.process_time()))

    def figures(self, config: TrainConfig) -> dict[str, Any]:
        """Pairs a second and CPU milliseconds a step between the first and the last line."""
        (first, *begun), (last, *ended) = self._marks[0], self._marks[-1]
        seconds, cpu = (end - start for start, end in zip(begun, ended, strict=True))
        return {
            "losses": self.losses,
            "rate": (last - first) * config.batch_size / seconds if seconds else 0.0,
            "cpu": 1000 * cpu / max(1, last - first),
        }


def ours(config: TrainConfig) -> tuple[Path, dict[str, Any]]:
    """The run as the command does it: the model's folder and figures."""
    clock = Clock()
    folder = train(
        config,
        on_line=lambda line: clock.add(int(line["step"]), line["loss"]) if "loss" in line else None,
        say=lambda line: None,
    )
    return folder, clock.figures(config)


def stock(
    config: TrainConfig, mini_batch: int | None = None, **changes: Any
) -> tuple[SentenceTransformer, dict[str, Any]]:
    """The run by the library's own trainer: the model and figures.

    Args:
        config: the run.
        mini_batch: rows a pass of its loss with a gradient cache; None: the plain loss.
        changes: arguments of its trainer in place of those that correspond to the run's.
    """
    table = training_table(config)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    model = built_encoder(config, lambda: table.texts("passage"))
    static = isinstance(model[0], StaticEmbedding)
    same = arguments(config, static, config.precision == "bf16")
    names = ("max_steps", "learning_rate", "weight_decay", "max_grad_norm", "warmup_steps",
             "lr_scheduler_type", "optim", "bf16", "use_cpu", "seed", "logging_steps")  # fmt: skip
    given = {name: getattr(same, name) for name in names} | changes
    args = SentenceTransformerTrainingArguments(
        output_dir=config.out,
        per_device_train_batch_size=config.batch_size,
        prompts={"query": config.query_prompt, "passage": config.passage_prompt},
        batch_sampler=in_order,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        **given,
    )
    scale = 1 / config.temperature
    loss = (
        MultipleNegativesRankingLoss(model, scale=scale)
        if mini_batch is None
        else CachedMultipleNegativesRankingLoss(model, scale=scale, mini_batch_size=mini_batch)
    )
    clock = Clock()
    trainer = SentenceTransformerTrainer(
        model=model, args=args, train_dataset=rows_of(config, table), loss=loss,
        callbacks=[_Watch(clock)],
    )  # fmt: skip
    trainer.train()
    return model, clock.figures(config)


class _Watch(TrainerCallback):
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
        if "loss" in logs:
            self.clock.add(state.global_step, logs["loss"])


def in_order(dataset: Any, **options: Any) -> DefaultBatchSampler:
    """The library's sampler over rows as they come."""
    return DefaultBatchSampler(SequentialSampler(dataset), **options)


def plan_of(config: TrainConfig, table: ParallelTable) -> BatchPlan:
    """The plan of a run of one process."""
    return BatchPlan(recipe_of(config), table.shape(), config.seed)


def rows_of(config: TrainConfig, table: ParallelTable) -> datasets.Dataset:
    """The texts of all steps, one batch after another."""
    plan = plan_of(config, table)
    columns: dict[str, list[str]] = {"query": [], "passage": []}
    for step in range(config.steps):
        batch = plan.batch(step)
        for name, read, languages in (
            ("query", table.query, batch.query_languages),
            ("passage", table.passage, batch.passage_languages),
        ):
            columns[name] += map(read, batch.rows.tolist(), languages.tolist())
    return datasets.Dataset.from_dict(columns)


def prepared(folder: Path, table: ParallelTable, config: TrainConfig) -> TrainConfig:
    """The run over files that both sides read: the table, and an encoder without dropout."""
    table.write(folder / "table.arrow")
    model = built_encoder(config, lambda: table.texts("passage"))
    if not isinstance(model[0], StaticEmbedding):
        model[0].model.config.dropout = model[0].model.config.attention_dropout = 0.0
    model.save_pretrained(str(folder / "encoder"), create_model_card=False)
    fields = {"encoder": str(folder / "encoder"), "table": [str(folder / "table.arrow")]}
    return TrainConfig(**{**config.to_dict(), **fields, "learning_rate": peak_rate(config)})


def tokens_a_step(config: TrainConfig, budget: int, steps: int = 30) -> tuple[float, float, float]:
    """Tokens of a step on average: of the texts, with the stock padding, and with ours."""
    from lingweave.training.data import Feed

    table = training_table(config)
    model = built_encoder(config, lambda: table.texts("passage"))
    prompts = (config.query_prompt, config.passage_prompt)
    tokens = Tokens(model, table, prompts, (config.query_length, config.passage_length))
    plan, feed = plan_of(config, table), Feed(tokens, budget)
    found = []
    for step in range(min(steps, config.steps)):
        batch = plan.batch(step)
        sizes = [
            tokens.sequences(side, batch.rows, languages).sizes
            for side, languages in enumerate((batch.query_languages, batch.passage_languages))
        ]
        real, padded = (sum(f(s) for s in sizes) for f in (lambda s: s.sum(), _padded))
        found.append((int(real), int(padded), feed.inputs(plan, batch).tokens))
    real, theirs, own = (statistics.mean(column) for column in zip(*found, strict=True))
    return real, theirs, own


def _padded(sizes: Any) -> int:
    return len(sizes) * int(sizes.max())


def apart(script: str, case: dict[str, Any]) -> dict[str, Any]:
    """What a script answers to ``--case`` in a process of its own."""
    answer = subprocess.run(
        [sys.executable, script, "--case", json.dumps(case)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode:
        raise SystemExit(f"{case}: {answer.stderr}")
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def one_run(case: dict[str, Any]) -> dict[str, Any]:
    """A case: ``side``, ``config`` and what ``stock`` takes besides, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(**{**case["config"], "out": folder + "/run"})
        return (
            ours(config)[1] if case["side"] == "ours" else stock(config, **case.get("more", {}))[1]
        )


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def changed(config: TrainConfig, **fields: Any) -> TrainConfig:
    """The run with other fields."""
    return TrainConfig(**{**config.to_dict(), **fields})
