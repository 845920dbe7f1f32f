"""sentence-transformers' trainer, led by a plan.

What differs from the stock trainer, and why:

- The loader is ours: batches come from the plan, every process asks for its own, one pass.
- A step is ours: texts go through the encoder in chunks of similar length, the loss is worked out
  on the vectors of all processes, its gradient goes back the same way (``step``, ``loss``).
- Dropout is seeded by (seed, step, rank), so a resumed run needs no random state.
- Checkpoints are files of our own: nothing in them is executable, and a half-written one is never
  read (``checkpoint``).
- No model card is built during training: it asks the hub and reads the data set's first rows.
- No gradient norm is worked out unless gradients are clipped; no device is waited for between logs.
- Over several processes a static encoder exchanges the rows that were used, a sharded model is
  split before the library sees it, and everything else is the library's DDP.
"""

import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from sentence_transformers.sentence_transformer.training_args import (
    SentenceTransformerTrainingArguments,
)
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from transformers import TrainerState
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_callback import PrinterCallback

from lingweave.atomic import disk_errors_named, new_folder
from lingweave.errors import LingweaveError
from lingweave.objectives import Term
from lingweave.training.checkpoint import (
    FOLDER,
    checkpoint_of,
    latest_whole,
    load_optimizer,
    load_states,
    remove_old,
    save_states,
    seal,
)
from lingweave.training.chunks import in_parts
from lingweave.training.config import TrainConfig
from lingweave.training.data import Inputs, PlannedBatches, loader_of
from lingweave.training.defaults import optimizer_of
from lingweave.training.dropout import seed_torch, step_seed
from lingweave.training.flow import Flow, out_of_patience
from lingweave.training.lookup import added_in_place, plain_tables
from lingweave.training.loss import loss_and_gradient, unit
from lingweave.training.packed import widened
from lingweave.training.processes import Processes, Vote
from lingweave.training.rowwise import RowwiseRMSProp, row_weights
from lingweave.training.sharding import shard, split_state, whole, whole_state
from lingweave.training.step import cached_step, whole_step
from lingweave.training.surroundings import Interruption
from lingweave.training.tokens import Features
from lingweave.training.validation import Validation
from lingweave.training.weights import load_weights, save_weights

Line = Mapping[str, float]


class PlanTrainer(SentenceTransformerTrainer):
    """Follows a plan from any step on, and saves so that it can go on from there."""

    def __init__(
        self,
        config: TrainConfig,
        model: SentenceTransformer,
        batches: PlannedBatches,
        terms: Sequence[Term],
        validation: Validation | None,
        args: SentenceTransformerTrainingArguments,
        on_line: Callable[[Line], None],
        interruption: Interruption,
    ) -> None:
        self.config = config
        self.validation = validation
        self.on_line = on_line
        self.checkpoints = Path(config.out) / FOLDER
        self.static = isinstance(model[0], StaticEmbedding)
        self.bare = self.static and len([p for p in model.parameters() if p.requires_grad]) == 1
        self.batches = batches
        self.terms = terms
        self.everyone = Processes.of_run(args.process_index, args.world_size)
        self.processes = self.everyone if config.gather else Processes()
        self.sharded = config.sharding == "full" and args.world_size > 1
        self.by_rows = optimizer_of(config, self.bare) == "rowwise"
        self.settled = self.everyone.size < 3
        super().__init__(
            model=model,
            args=args,
            train_dataset=batches,
            loss=model,  # Never called, but the library takes the weights to train from it.
            callbacks=[Flow(config, interruption, self, Vote(self.everyone))],
        )
        self.remove_callback(PrinterCallback)

    # The loop's parts, in the order in which a step meets them.

    def _move_model_to_device(self, model: Any, device: torch.device) -> None:
        if not self.sharded:  # Else it may have no room for more than its share.
            super()._move_model_to_device(model, device)

    def _prepare_for_training(self, *args: Any, **kwargs: Any) -> Any:
        if self.everyone.size > 1 and (self.sharded or self.by_rows):
            if self.sharded:
                shard(self.model, self.everyone, self.args.device)
            else:
                self.everyone.agree_on(self.model.parameters())
            # What is prepared already is not wrapped in DDP.
            self.accelerator.prepare_model(self.model, device_placement=False, evaluation_mode=True)
        with warnings.catch_warnings():
            # The library passes the option on under the name that torch is about to change.
            warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated", FutureWarning)
            return super()._prepare_for_training(*args, **kwargs)  # type: ignore[no-untyped-call]

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        # Accelerate's wrapper scales losses for fp16, which is not used here, and looks twice a
        # step for a package among all that are installed.
        self.optimizer = getattr(self.optimizer, "optimizer", self.optimizer)
        return super().create_scheduler(num_training_steps, self.optimizer)

    def get_train_dataloader(self) -> DataLoader[Any]:
        return loader_of(self.batches)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        if self.optimizer is None and self.by_rows:
            self.optimizer = RowwiseRMSProp(
                row_weights(self.config, self.model), self.args.learning_rate
            )
        return super().create_optimizer(model)

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> Tensor:
        if not self.settled and isinstance(model, DistributedDataParallel):
            # DDP orders its buckets anew after its first backward pass, and their order decides in
            # which order the numbers of three processes or more are added. So that a resumed run
            # adds as it would have, every start takes its first step twice.
            self.settled = True
            self.training_step(model, inputs)
            model.zero_grad()
        model.train()  # Every time: a loaded backbone is in evaluation mode inside one that is not.
        step: Inputs = inputs["step"].to(self.args.device)
        texts = step.texts
        if self.processes.size < self.everyone.size:  # The others' rows are not in the loss.
            texts = texts._replace(counts=(texts.counts[self.everyone.rank],))
        chunks = self._equally_many(step.chunks) if self.sharded else step.chunks

        def encode(number: int, chunk: Features) -> Tensor:
            if not self.static:
                seed = step_seed(
                    self.config.seed, self.state.global_step, self.args.process_index, number
                )
                seed_torch(seed, self.args.device)
            with self.compute_loss_context_manager():
                # The library writes the vectors of all tokens into the dict that it is given, and a
                # chunk outlives its pass.
                output = model(widened(chunk))
            return unit(output["sentence_embedding"])

        def loss(vectors: Tensor) -> tuple[Tensor, Tensor]:
            return loss_and_gradient(vectors, texts, self.terms, self.processes)

        with added_in_place(self._tables(model)):
            if self.config.grad_cache:
                apart = partial(self.accelerator.no_sync, model)
                value = cached_step(encode, chunks, step.order, loss, apart)
            else:
                value = whole_step(encode, chunks, step.order, loss)
        if self.by_rows:
            (weight,) = self.model.parameters()
            assert weight.grad is not None
            weight.grad = self.everyone.mean_of_rows(weight.grad)
        return value

    def _tables(self, model: Any) -> Sequence[nn.Embedding | nn.EmbeddingBag]:
        """The tables whose gradients are made here and not by autograd."""
        if self.by_rows:
            return [model[0].embedding]
        return plain_tables(model) if self.everyone.size == 1 else []

    def _equally_many(self, chunks: Sequence[Features]) -> list[Features]:
        """The chunks, so many on every process: each takes all of them through a split model."""
        texts = sum(len(chunk["input_ids"]) for chunk in chunks)
        most, fewest = self.everyone.largest(len(chunks), -texts)
        if most > -fewest:
            raise LingweaveError(
                f"chunk_tokens: one process has {most} chunks in a step and another {-fewest}"
                " texts, and with sharding they must do equally many; give more tokens a chunk"
            )
        return in_parts(chunks, most)

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        return grad_norm

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "train_runtime" in logs:
            return
        super().log(logs, start_time)
        if self.args.should_save:
            self.on_line(self.state.log_history[-1])

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Validates, notes the best step, asks for its checkpoint, and stops without progress."""
        assert self.validation is not None
        unpadded = getattr(self.model[0], "can_flatten_inputs", False)  # Those kernels want bf16.
        with self.compute_loss_context_manager() if unpadded else nullcontext():
            own = self.validation.figures(self.model, self.args.device)
        # One verdict for all: on unlike machines the last bit may differ.
        found = json.loads(self.everyone.by_first(lambda: json.dumps(own)))
        value = found[self.config.criterion]
        state = self.state
        best = state.best_metric
        lower = self.config.criterion == "loss"
        if not math.isnan(value) and (best is None or (value < best if lower else value > best)):
            state.best_metric, state.best_global_step = value, state.global_step
            self.control.should_save = True
        metrics = {f"eval_{name}": figure for name, figure in found.items()}
        self.log(metrics)
        if out_of_patience(state, self.config.patience):
            self.control.should_training_stop = True
        self.control = self.callback_handler.on_evaluate(self.args, state, self.control, metrics)
        return metrics

    # Checkpoints.

    def train(  # type: ignore[override]
        self, resume_from_checkpoint: str | None = None, **kwargs: Any
    ) -> Any:
        if resume_from_checkpoint:
            saved = Path(resume_from_checkpoint)
            state = TrainerState.load_from_json(str(saved / TRAINER_STATE_NAME))
            if out_of_patience(state, self.config.patience):  # It had stopped for good.
                self.state = state
                self._load_from_checkpoint(str(saved))
                return None
        return super().train(resume_from_checkpoint=resume_from_checkpoint, **kwargs)

    def latest(self, say: Callable[[str], None]) -> Path | None:
        """The checkpoint to go on from, as whole as it was written; None: there is none.

        Raises:
            LingweaveError: there are some, and none of them can be used.
        """
        size = self.everyone.size
        found = self.everyone.by_first(lambda: str(latest_whole(self.checkpoints, size, say) or ""))
        return Path(found) if found else None

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        assert self.optimizer is not None
        optimizer = self.optimizer.state_dict()
        if self.sharded:
            optimizer = whole_state(optimizer, self.args.should_save)
        with whole(self.model, self.args.should_save, frozen=False):
            self.everyone.by_first(lambda: self._write_checkpoint(optimizer))

    def _write_checkpoint(self, optimizer: dict[str, Any]) -> str:
        assert self.lr_scheduler is not None
        target = checkpoint_of(self.checkpoints, self.state.global_step)
        if not target.is_dir():
            states = {"optimizer": optimizer, "schedule": self.lr_scheduler.state_dict()}
            with disk_errors_named(f"the checkpoint {target}"), new_folder(target) as part:
                save_weights(self.model, part)
                save_states(part, states)
                self.state.save_to_json(str(part / TRAINER_STATE_NAME))
                seal(part, self.everyone.size)
        remove_old(self.checkpoints, self.config.keep, self.state.best_global_step)
        return target.name

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        load_weights(self.model, Path(resume_from_checkpoint))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        assert self.optimizer is not None
        assert self.lr_scheduler is not None
        states = load_states(Path(checkpoint))
        optimizer = states["optimizer"]
        if self.sharded:
            optimizer = split_state(optimizer, self.optimizer)
        load_optimizer(self.optimizer, optimizer)
        self.lr_scheduler.load_state_dict(states["schedule"])

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        return
