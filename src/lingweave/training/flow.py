"""When a run validates, saves and stops."""

from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState

from lingweave.training.config import TrainConfig
from lingweave.training.processes import Vote
from lingweave.training.surroundings import Interruption


class Flow(TrainerCallback):
    """When to validate, to save and to stop."""

    def __init__(
        self, config: TrainConfig, interruption: Interruption, trainer: Any, vote: Vote
    ) -> None:
        self.config = config
        self.interruption = interruption
        self.trainer = trainer
        self.vote = vote
        # A vote costs as much as some per cent of a static encoder's step.
        self.vote_every = 16 if trainer.static and trainer.everyone.size > 1 else 1

    def on_step_end(
        self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        step, last = state.global_step, state.global_step >= state.max_steps
        every = self.config.eval_every
        if self.trainer.validation is not None and every and (step % every == 0 or last):
            control.should_evaluate = True
        every = self.config.checkpoint_every
        if every and step % every == 0 and not last:
            control.should_save = True
        # All processes must stop at the same step.
        voting = step % self.vote_every == 0
        if voting and self.vote(self.interruption.signal is not None) and not last:
            self.interruption.step = step
            control.should_save = True
            control.should_training_stop = True


def out_of_patience(state: TrainerState, patience: int | None) -> bool:
    """Whether so many validations have passed since the best one that the run is over."""
    since = [
        line
        for line in state.log_history
        if "eval_loss" in line and line["step"] > (state.best_global_step or 0)
    ]
    return patience is not None and len(since) >= patience
