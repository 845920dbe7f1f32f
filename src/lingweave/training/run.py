"""A training run from its configuration to a finished model, resumable at any step."""

import importlib.util
import os
import random
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from transformers.utils import logging

from lingweave.errors import LingweaveError
from lingweave.objectives import InfoNCE
from lingweave.plan import BatchPlan, Recipe
from lingweave.plan.balance import balance
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable
from lingweave.training.config import TrainConfig
from lingweave.training.data import Feed, PlannedBatches
from lingweave.training.encoder import built_encoder
from lingweave.training.history import History
from lingweave.training.record import check_folder, read_model_record, write_model_record, write_run
from lingweave.training.storage import disk_errors_named, new_folder
from lingweave.training.tokens import SIDES, Tokens, store_folder
from lingweave.training.trainer import (
    Interruption,
    Line,
    PlanTrainer,
    arguments,
    complete_checkpoints,
)
from lingweave.training.validation import Validation

_VARIABLES = ("TOKENIZERS_PARALLELISM", "WANDB_PROJECT")
TOKENIZER_TEXTS = 500_000
"""Texts a tokenizer is trained on at most; more cost minutes and hardly change it."""


class RunInterrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM came; the run was saved and goes on when it is started again."""

    def __init__(self, number: int | None, step: int, out: str) -> None:
        super().__init__(f"stopped at step {step}, saved in {out}: run the same command to go on")
        self.number = number
        """The signal; None on a rank that another one stopped."""
        self.step = step
        """Steps done."""


def train(
    config: TrainConfig,
    *,
    table: ParallelTable | None = None,
    valid: ParallelTable | None = None,
    on_line: Callable[[Line], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Path:
    """Trains a model, or finishes a run that was stopped, and returns the model's folder.

    Started again with the same configuration, a killed run goes on from its last checkpoint and
    ends with the weights it would have had (on a CPU bit by bit); a finished one returns at once.
    No global state is left changed.

    Args:
        config: the run.
        table: the table that ``config.table`` names, if it is at hand already.
        valid: likewise for the validation table.
        on_line: called with every line of the history; printed to stderr if absent.
        say: told that a run is complete or goes on; printed to stderr if absent.

    Raises:
        LingweaveError: bad input, a folder of another run, a disk that is full.
        RunInterrupted: SIGINT or SIGTERM; the run is saved.
    """
    config_out = Path(config.out)
    say = say or (lambda message: print(message, file=sys.stderr))
    check_folder(config_out, config)
    _check_packages(config)
    recipe = recipe_of(config)
    with _surroundings(config) as interruption:
        table = table if table is not None else _read(config, config.table, "train")
        model_folder = config_out / "model"
        resumed = write_run(config_out, config, table)
        if model_folder.is_dir():
            record = read_model_record(model_folder)
            say(f"{config_out}: complete after {record['steps']} steps")
            return model_folder
        valid = valid if valid is not None else _validation_table(config)
        model = built_encoder(config, lambda: _vocabulary_texts(config, table))
        static = isinstance(model[0], StaticEmbedding)
        args = arguments(config, static, _bf16(config, static))
        prompts = (config.query_prompt, config.passage_prompt)
        lengths = (config.query_length, config.passage_length)
        store = store_folder(config.tokens, config.table, config.out)
        last = complete_checkpoints(config_out / "checkpoints")[-1:] if resumed else []
        begun = int(last[0].name.partition("-")[2]) if last else 0

        def check() -> None:
            if interruption.signal is not None:
                raise RunInterrupted(interruption.signal, begun, config.out)

        def tokens_of(some: ParallelTable, negatives: bool) -> Tokens:
            return Tokens(
                model, some, prompts, lengths, store, negatives=negatives, say=say, check=check
            )

        terms = (InfoNCE(config.temperature),)
        chunk_tokens = _chunk_tokens(config, static)
        plan = BatchPlan(recipe, table.shape(), config.seed, args.world_size)
        for line in balance(plan):
            say(line)
        feed = Feed(tokens_of(table, config.negatives > 0), chunk_tokens, config.negatives)
        pin = args.device.type == "cuda"
        batches = PlannedBatches(plan, feed, config.steps, args.process_index, pin)
        validation = None
        if config.eval_every and valid is not None:
            validation = Validation(
                Feed(tokens_of(valid, False), chunk_tokens),
                config.batch_size,
                config.valid_records,
                config.criterion,
                config.temperature,
            )
        history = History(config_out / "history.jsonl", on_line, config)
        trainer = PlanTrainer(
            config, model, batches, terms, validation, args, history.add, interruption
        )
        if args.should_save:
            history.start(last[0] if last else None)
        if last:
            say(f"{config_out}: goes on from step {begun}")
        trainer.train(resume_from_checkpoint=str(last[0]) if last else None)
        if interruption.step is not None:
            raise RunInterrupted(interruption.signal, interruption.step, config.out)
        trainer.accelerator.wait_for_everyone()
        if args.should_save:
            _finish(trainer, config, table, valid)
        trainer.accelerator.wait_for_everyone()
        return model_folder


def _vocabulary_texts(config: TrainConfig, table: ParallelTable) -> Iterator[str]:
    """The texts that a tokenizer is trained on."""
    own = sampled_texts(table)
    if not config.vocabulary_from:
        return own
    return chain(sampled_texts(_read(config, config.vocabulary_from, "train")), own)


def sampled_texts(table: ParallelTable) -> Iterator[str]:
    """What a tokenizer is trained on: all texts, or every k-th of a table that has too many."""
    total = sum(int(table.present(side).sum()) for side in SIDES)
    stride = -(-total // TOKENIZER_TEXTS)
    return islice(chain(*(table.texts(side) for side in SIDES)), 0, None, stride)


def recipe_of(config: TrainConfig) -> Recipe:
    """The plan's recipe of a run.

    Raises:
        LingweaveError: the recipe cannot be read.
    """
    return Recipe(
        config.recipe,
        batch_size=config.batch_size,
        steps=config.steps,
        language_exponent=config.language_exponent,
        dataset_exponent=config.dataset_exponent,
    )


def _read(config: TrainConfig, paths: list[str], split: str) -> ParallelTable:
    return read_table(
        paths,
        languages=config.languages,
        datasets=config.datasets,
        one_of=config.one_of or (),
        split=split,
    )


def _validation_table(config: TrainConfig) -> ParallelTable | None:
    if not config.eval_every:
        return None
    if config.valid:
        return read_table(config.valid, languages=config.languages, split=None)
    try:
        return _read(config, config.table, "validation")
    except LingweaveError as error:
        raise LingweaveError(
            f"eval_every: there is nothing to validate on ({error}); name files with valid,"
            " or leave eval_every out"
        ) from error


def _finish(
    trainer: PlanTrainer, config: TrainConfig, table: ParallelTable, valid: ParallelTable | None
) -> None:
    """Writes the model (the best one, if validation chose), and drops the checkpoints."""
    out = Path(config.out)
    state = trainer.state
    with disk_errors_named(f"the model {out / 'model'}"):
        if state.best_global_step not in (None, state.global_step):
            with new_folder(out / "last") as part:
                trainer._save(str(part))
                write_model_record(part, config, table, valid, state, state.global_step)
            best = trainer.checkpoints / f"step-{state.best_global_step:08d}"
            trainer._load_from_checkpoint(str(best))
        with new_folder(out / "model") as part:
            trainer._save(str(part))
            step = state.best_global_step or state.global_step
            write_model_record(part, config, table, valid, state, step)
    shutil.rmtree(trainer.checkpoints, ignore_errors=True)


def _bf16(config: TrainConfig, static: bool) -> bool:
    if config.precision != "auto":
        return config.precision == "bf16"
    on_gpu = config.device != "cpu" and torch.cuda.is_available()
    return on_gpu and not static and torch.cuda.is_bf16_supported()


def _chunk_tokens(config: TrainConfig, static: bool) -> int:
    """Tokens of a chunk; 0 for static encoders, which have no padding."""
    if static:
        return 0
    if config.chunk_tokens is not None:
        return config.chunk_tokens
    on_gpu = config.device != "cpu" and torch.cuda.is_available()
    return 16_384 if on_gpu else 2_048


def _check_packages(config: TrainConfig) -> None:
    wanted = {"tensorboard": ("tensorboard", "tensorboardX"), "wandb": ("wandb",)}
    names = wanted.get(config.report_to)
    if names and not any(importlib.util.find_spec(name) for name in names):
        raise LingweaveError(
            f"report_to: {config.report_to} needs a package that is not installed:"
            f" pip install {names[0]}"
        )


@contextmanager
def _surroundings(config: TrainConfig) -> Iterator[Interruption]:
    """Threads, seeds, environment and signal handlers of a run, put back afterwards."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    threads = torch.get_num_threads()
    environment = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.setdefault("WANDB_PROJECT", "lingweave")
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    interruption = Interruption()
    previous: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        interruption.signal = number
        signal.signal(number, previous[number])  # The second one is not waited for.

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.getsignal(number) or signal.SIG_DFL
            signal.signal(number, note)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
        os.environ["TOKENIZERS_PARALLELISM"] = "true" if config.threads > 1 else "false"
    # What the libraries would say is about their own defaults.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield interruption
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
        for caught, handler in previous.items():
            signal.signal(caught, handler)
        torch.set_num_threads(threads)
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
