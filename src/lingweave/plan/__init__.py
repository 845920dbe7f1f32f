"""Batch plans: which record in which languages stands in which batch."""

from lingweave.plan.plan import Batch, BatchPlan
from lingweave.plan.recipe import RECIPES, Recipe
from lingweave.plan.shape import NO_REPEATS, Repeats, TableShape
from lingweave.plan.views import other_languages

__all__ = [
    "NO_REPEATS",
    "RECIPES",
    "Batch",
    "BatchPlan",
    "Recipe",
    "Repeats",
    "TableShape",
    "other_languages",
]
