"""Shapes and plans that the tests of the plan share."""

import numpy as np

from lingweave.plan import Batch, BatchPlan, Recipe, Repeats, TableShape

LANGUAGES = ("ar", "de", "en", "th", "zh")


def full(*sizes: int, groups: np.ndarray | None = None) -> TableShape:
    """A table without holes."""
    names = tuple(f"set{n}" for n in range(len(sizes)))
    return TableShape(LANGUAGES, names, np.cumsum((0, *sizes)), groups=groups)


def holed(seed: int, *sizes: int, share: float = 0.5) -> TableShape:
    """A table with random holes, groups, and repeated texts."""
    random = np.random.default_rng(seed)
    total = sum(sizes)
    queries = random.random((total, 5)) < share
    passages = queries & (random.random((total, 5)) < 0.9)
    cells = np.flatnonzero(random.random(total * 5) < 0.3)
    texts = random.integers(0, max(total // 3, 2), len(cells))
    return TableShape(
        LANGUAGES,
        tuple(f"set{n}" for n in range(len(sizes))),
        np.cumsum((0, *sizes)),
        queries,
        passages,
        random.integers(-1, total // 4, total),
        Repeats(cells, texts),
        Repeats(cells, texts[::-1].copy()),
    )


def plan(shape: TableShape, mixture: str = "hybrid", seed: int = 1, **options: float) -> BatchPlan:
    world = int(options.pop("world_size", 1))
    return BatchPlan(Recipe(mixture, **{"batch_size": 16} | options), shape, seed, world)  # type: ignore[arg-type]


def same(a: Batch, b: Batch) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
