"""What holes and groups do to a plan, in words: for the log of a run."""

from collections.abc import Iterator

import numpy as np

from lingweave.plan.plan import BatchPlan

COUNTED_STEPS = 100
"""Steps over which visits are counted: with dozens of languages and many holes, a second or two of
planning."""


def balance(plan: BatchPlan) -> Iterator[str]:
    """Languages that monolingual batches leave out, how evenly records and languages are used, and
    whether batches are full.

    Nothing is said where there are no holes, groups and repeated texts: all is even there.
    """
    for dataset, languages in plan.left_out().items():
        yield (
            f"{dataset}: too few records for a monolingual batch in {', '.join(languages)};"
            " these languages stand in other batches only"
        )
    shape = plan.shape
    repeats = len(shape.query_repeats.cells) + len(shape.passage_repeats.cells)
    if shape.queries is None and shape.passages is None and shape.groups is None and not repeats:
        return
    steps = min(plan.recipe.steps, COUNTED_STEPS)
    visits, stands, short = np.zeros(len(shape)), np.zeros(len(shape.languages)), 0
    for batch in plan.batches(0, steps):
        visits[batch.rows] += 1
        stands += np.bincount(batch.query_languages, minlength=len(stands))
        short += len(batch.rows) < plan.rows_per_step
    low, median, high = np.percentile(visits, (0, 50, 100))
    yield f"visits to a record in {steps} steps: {low:g} to {high:g}, median {median:g}"
    shares = stands / stands.sum()
    least, most = shares.argmin(), shares.argmax()
    yield (
        f"share of queries by language: {shares[least]:.4f} ({shape.languages[least]})"
        f" to {shares[most]:.4f} ({shape.languages[most]})"
    )
    if short:
        yield (
            f"{short} of {steps} batches have fewer than {plan.rows_per_step} rows: no other record"
            " has texts that the batch does not hold yet"
        )
