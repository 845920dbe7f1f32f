"""A training run from its configuration to a finished model, resumable at any step."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import torch
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from lingweave.errors import LingweaveError
from lingweave.plan import BatchPlan
from lingweave.plan.balance import balance
from lingweave.table import ParallelTable
from lingweave.training.arguments import arguments
from lingweave.training.checkpoint import FOLDER, complete_checkpoints, step_of
from lingweave.training.checks import check_validation, inputs_of, read_lengths
from lingweave.training.config import TrainConfig
from lingweave.training.data import AHEAD, Feed, PlannedBatches
from lingweave.training.defaults import autocasts, chunk_budget
from lingweave.training.encoder import built_encoder
from lingweave.training.feeding import feed_of, wanted_of
from lingweave.training.finish import drop_checkpoints, write_models
from lingweave.training.history import History
from lingweave.training.options import options_of
from lingweave.training.processes import speaks
from lingweave.training.record import check_folder, given_back, read_model_record, write_run
from lingweave.training.rowwise import row_weights
from lingweave.training.sharding import whole
from lingweave.training.surroundings import surroundings
from lingweave.training.tables import training_table, validation_table, vocabulary_texts
from lingweave.training.teacher import teacher_of
from lingweave.training.tokens import Tokens, store_folder
from lingweave.training.trainer import Line, PlanTrainer
from lingweave.training.validation import Validation


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
        say: told that a run is complete or goes on, by the first process only; printed to stderr
            if absent.

    Raises:
        LingweaveError: bad input, a folder of another run, a disk that is full.
        RunInterrupted: SIGINT or SIGTERM; the run is saved.
    """
    config_out = Path(config.out)
    say = (say or (lambda message: print(message, file=sys.stderr))) if speaks() else _silent
    if config.plan_only:
        raise LingweaveError("plan_only: it is an option of the command; call footprint_of")
    check_folder(config_out, config)
    recipe, terms = options_of(config)
    with surroundings(config) as interruption, ExitStack() as stack:
        table = table if table is not None else training_table(config)
        model_folder = config_out / "model"
        if model_folder.is_dir():
            write_run(config_out, config, table, {})
            record = read_model_record(model_folder)
            if speaks():  # A kill may have come between the model and this.
                drop_checkpoints(config_out)
            say(f"{config_out}: complete after {record['steps']} steps")
            return model_folder
        wanted = wanted_of(config, table, terms, say)
        valid = valid if valid is not None else validation_table(config)
        if config.eval_every and valid is not None:
            check_validation(config, valid)
        stack.enter_context(given_back(config_out))
        resumed = write_run(config_out, config, table, inputs_of(config, valid))
        store = store_folder(config.tokens, config.table, config.out)
        model = built_encoder(config, lambda: vocabulary_texts(config, table), store)
        static = isinstance(model[0], StaticEmbedding)
        if config.optimizer == "rowwise":
            row_weights(config, model)
        lengths, cut = read_lengths(config, model)
        for line in cut:
            say(line)
        on_gpu = config.device != "cpu" and torch.cuda.is_available()
        bf16_gpu = on_gpu and torch.cuda.is_bf16_supported()
        args = arguments(config, static, autocasts(config, static, bf16_gpu))
        prompts = (config.query_prompt, config.passage_prompt)
        saved = complete_checkpoints(config_out / FOLDER)[-1:] if resumed else []
        begun = step_of(saved[0]) if saved else 0

        def check() -> None:
            if interruption.signal is not None:
                raise RunInterrupted(interruption.signal, begun, config.out)

        def tokens_of(some: ParallelTable, negatives: bool) -> Tokens:
            return Tokens(
                model, some, prompts, lengths, store, negatives=negatives, say=say, check=check
            )

        budget = chunk_budget(config, static, on_gpu)
        plan = BatchPlan(recipe, table.shape(), config.seed, args.world_size)
        for line in balance(plan):
            say(line)
        with args.main_process_first(local=False):
            followed = any(term.name == "distill_mse" for term in terms)
            width = model.get_embedding_dimension() if followed else None
            teacher = teacher_of(config, table, store, say, width)
        tokens = tokens_of(table, config.negatives > 0)
        feed = feed_of(config, tokens, wanted, budget, teacher)
        # A static encoder's step on a CPU is so short that a thread costs more than it saves; steps
        # of large batches take minutes, and their inputs much memory.
        ahead = 0 if static and not on_gpu else 1 if config.grad_cache else AHEAD
        batches = PlannedBatches(plan, feed, config.steps, args.process_index, on_gpu, ahead)
        stack.callback(batches.close)
        validation = None
        if config.eval_every and valid is not None:
            validation = Validation(
                Feed(tokens_of(valid, False), budget),
                config.batch_size,
                config.valid_records,
                config.criterion,
                config.temperature,
            )
        history = History(config_out / "history.jsonl", on_line, config)
        trainer = PlanTrainer(
            config, model, batches, terms, validation, args, history.add, interruption
        )
        last = trainer.latest(say) if resumed else None
        if args.should_save:
            history.start(last)
        if last is not None:
            say(f"{config_out}: goes on from step {step_of(last)}")
        trainer.train(resume_from_checkpoint=None if last is None else str(last))
        if interruption.step is not None:
            raise RunInterrupted(interruption.signal, interruption.step, config.out)
        with whole(trainer.model, args.should_save):
            finished = partial(write_models, trainer, config, recipe, terms, table, valid)
            trainer.everyone.by_first(finished)
        return model_folder


def _silent(message: str) -> None:
    """The first process says what all have to say."""
