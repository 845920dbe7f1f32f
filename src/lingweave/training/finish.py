"""The end of a run: the model that is kept, with all that its users need beside it."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from lingweave.atomic import disk_errors_named, new_folder
from lingweave.errors import LingweaveError
from lingweave.objectives import Term
from lingweave.plan import Recipe
from lingweave.table import ParallelTable
from lingweave.training.adapters import merged
from lingweave.training.card import Facts, model_card
from lingweave.training.checkpoint import FOLDER, checkpoint_of, damage
from lingweave.training.config import TrainConfig
from lingweave.training.record import read_model_record, write_model_record
from lingweave.training.serving import add_serving_files, not_served
from lingweave.training.trainer import PlanTrainer


def write_models(
    trainer: PlanTrainer,
    config: TrainConfig,
    recipe: Recipe,
    terms: Sequence[Term],
    table: ParallelTable,
    valid: ParallelTable | None,
) -> str:
    """Writes the model (the best one, if validation chose), drops the checkpoints, and gives the
    model's folder.

    The first process does it, with the model in one piece. Where validation chose an earlier step,
    the model of the last one is written beside it, as ``last``.

    Raises:
        LingweaveError: the folder cannot be written, or the best checkpoint cannot be read.
    """
    out, state = Path(config.out), trainer.state

    def write(folder: Path, step: int) -> None:
        with disk_errors_named(f"the model {folder}"), new_folder(folder) as part:
            with merged(trainer.model):
                trainer.model.save_pretrained(str(part), create_model_card=False)
                parameters = sum(p.numel() for p in trainer.model.parameters())
            add_serving_files(part, trainer.model)
            write_model_record(part, config, table, valid, state, step)
            facts = Facts(
                width=trainer.model.get_embedding_dimension() or 0,
                parameters=parameters,
                processes=trainer.everyone.size,
                longest=trainer.model.max_seq_length if not trainer.static else None,
                not_served=not_served(trainer.model),
            )
            record = read_model_record(part)
            card = model_card(record, config, recipe, terms, state.log_history, facts)
            (part / "README.md").write_text(card, encoding="utf-8")

    best = state.best_global_step
    if best not in (None, state.global_step):
        write(out / "last", state.global_step)
        chosen = checkpoint_of(trainer.checkpoints, best)
        if wrong := damage(chosen):
            raise LingweaveError(
                f"{chosen}: the best checkpoint is damaged ({wrong}); the model of the last step is"
                f" in {out / 'last'}"
            )
        trainer._load_from_checkpoint(str(chosen))
    write(out / "model", best or state.global_step)
    drop_checkpoints(out)
    return str(out / "model")


def drop_checkpoints(out: Path) -> None:
    """Removes what a finished run no longer needs."""
    shutil.rmtree(out / FOLDER, ignore_errors=True)
