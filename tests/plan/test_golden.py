"""Published figures depend on what a seed draws: these batches must never change."""

import hashlib

import numpy as np
import pytest
from plan.shapes import full, holed, plan

from lingweave.plan import BatchPlan, TableShape

GROUPS = np.repeat(np.arange(60), 5)


def digest(made: BatchPlan) -> str:
    """A hash of batches near and far, whole and of one rank."""
    hashed = hashlib.sha256()
    steps = [*range(40), 999, 1000, 1500, 50_000]
    batches = [*map(made.batch, steps), *made.batches(100, 110), made.batch(7, 0)]
    for batch in batches:
        hashed.update(f"{batch.step} {batch.kind} {batch.dataset}".encode())
        for column in batch[3:]:
            hashed.update(column.astype("<i8").tobytes())
    return hashed.hexdigest()[:16]


@pytest.mark.parametrize(
    ("shape", "mixture", "options", "expected"),
    [
        (full(500), "hybrid", {}, "ddde7147403b3d6e"),
        (full(40_000_000), "x-y", {}, "5292249a0d34db65"),
        (
            full(300, 1000, 90),
            "mono=1:0,cross=0:1,same=0.2",
            {"dataset_exponent": 0.5},
            "edcc7d8bb212e6f6",
        ),
        (full(30), "x-x", {}, "375b1bde06192f45"),
        (full(300, groups=GROUPS), "x-x-mono", {"world_size": 2}, "768ea41683bb6e33"),
        (holed(0, 800, 1200, share=0.8), "hybrid", {"language_exponent": 0.5}, "d5841e5e0c67c52d"),
        (holed(1, 900), "x-y", {"world_size": 3, "language_exponent": 1}, "41af82696e6a7548"),
        (holed(2, 900, share=0.7), "x-x-mono", {}, "0418ba2364a2376e"),
        (
            holed(3, 500, 700),
            "pivot(en,*)=0.5,pivot(*,th)=1,same=0.1",
            {"batch_size": 4},
            "4cbcc8db0bfab53d",
        ),
    ],
)
def test_a_seed_draws_what_it_always_drew(
    shape: TableShape, mixture: str, options: dict[str, float], expected: str
) -> None:
    assert digest(plan(shape, mixture, seed=31, **options)) == expected
