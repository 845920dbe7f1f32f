"""What holes and groups do to a plan, in words: for the log of a run."""

from collections.abc import Iterator

import numpy as np

from lingweave.plan.plan import BatchPlan

COUNTED_STEPS = 1000
"""Steps over which visits are counted: about a second of planning."""


def balance(plan: BatchPlan) -> Iterator[str]:
    """Languages that monolingual batches leave out, and how evenly records are visited.

    Nothing is said of visits where there are neither holes nor groups: they are equal there.
    """
    for dataset, languages in plan.left_out().items():
        yield (
            f"{dataset}: too few records for a monolingual batch in {', '.join(languages)};"
            " these languages stand in other batches only"
        )
    shape = plan.shape
    if shape.queries is None and shape.passages is None and shape.groups is None:
        return
    steps = min(plan.recipe.steps, COUNTED_STEPS)
    low, median, high = np.percentile(plan.visits(steps), (0, 50, 100))
    yield f"visits to a record in {steps} steps: {low:g} to {high:g}, median {median:g}"
