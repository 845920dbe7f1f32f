"""What can be told of a run from its options alone: its recipe, its objective, and what is wrong.

A run and its plan begin here, so that neither accepts what the other refuses.
"""

import importlib.util
from typing import NamedTuple

from lingweave.errors import LingweaveError
from lingweave.objectives import Term, objective_of
from lingweave.plan import Recipe
from lingweave.training.backbone import check_engine
from lingweave.training.config import TrainConfig
from lingweave.training.sharding import check_sharding
from lingweave.training.teacher import check_teacher


class Options(NamedTuple):
    """What a run's options come down to."""

    recipe: Recipe
    """The plan's."""
    terms: tuple[Term, ...]
    """The objective."""


def options_of(config: TrainConfig) -> Options:
    """The run's recipe and objective.

    Raises:
        LingweaveError: an option cannot be read, does not go with the others, or needs a package or
            a device that is not here.
    """
    if not config.plan_only:
        _check_packages(config)
    check_engine(config)
    check_sharding(config)
    recipe = recipe_of(config)
    terms = objective_of(config.objective, config.temperature)
    check_teacher(config, terms)
    _check_objective(terms, recipe)
    return Options(recipe, terms)


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


def _check_objective(terms: tuple[Term, ...], recipe: Recipe) -> None:
    """Refuses a term that the recipe's batches would turn into another."""
    several = any(part.kind == "multi" for part in recipe.parts)
    if not several and any(term.name == "multi_positive" for term in terms):
        raise LingweaveError(
            f"objective: with recipe {recipe.name} each query has one positive, and multi_positive"
            " is infonce; give a recipe with multi(2), or infonce"
        )


def _check_packages(config: TrainConfig) -> None:
    wanted = {"tensorboard": ("tensorboard", "tensorboardX"), "wandb": ("wandb",)}
    names = wanted.get(config.report_to)
    if names and not any(importlib.util.find_spec(name) for name in names):
        raise LingweaveError(
            f"report_to: {config.report_to} needs a package that is not installed:"
            f" pip install {names[0]}"
        )
