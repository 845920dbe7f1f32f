"""What a run is judged by while it trains: a loss that is comparable between recipes, and mAP.

The figures choose a checkpoint; they are no results. Results come from ``lingweave evaluate``.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from lingweave.plan import BatchPlan, Recipe
from lingweave.table import ParallelTable
from lingweave.training.data import inputs_of
from lingweave.training.tokens import Features, Tokens

SEED = 20_240_819
"""The same validation batches for every seed of a run."""
_CHUNK = 256


class Validation:
    """Figures of a model on the validation split of a table.

    ``loss`` is InfoNCE on hybrid batches (half mono, half cross) that are the same whatever the
    run's recipe is, so that it can be compared between recipes. ``mono``, ``cross`` and ``multi``
    are mean average precision by their definitions in the evaluation, with ties counted against
    the model, over at most ``records`` records.
    """

    def __init__(
        self, table: ParallelTable, tokens: Tokens, batch_size: int, records: int, criterion: str
    ) -> None:
        self.tokens = tokens
        self.criterion = criterion
        size = int(np.diff(table.shape().offsets).min())
        batch_size = max(2, min(batch_size, size))
        steps = max(1, -(-min(records, len(table)) // batch_size))
        recipe = Recipe("hybrid", batch_size=batch_size, steps=steps)
        self.plan = BatchPlan(recipe, table.shape(), SEED)
        self.steps = steps
        self.rows = np.unique(np.linspace(0, len(table) - 1, min(records, len(table))).astype(int))
        self.languages = range(len(table.languages))
        self.present = tuple(table.present(side)[self.rows] for side in ("query", "passage"))

    def figures(self, loss: nn.Module, device: torch.device) -> dict[str, float]:
        """``loss``, and unless it is the criterion ``mono``, ``cross`` and ``multi``."""
        was_training = loss.training
        loss.eval()
        try:
            with torch.no_grad():
                found = {"loss": self._loss(loss, device)}
                if self.criterion != "loss":
                    model = loss.model
                    assert isinstance(model, nn.Module)
                    vectors = [self._vectors(model, side, device) for side in (0, 1)]
                    found |= mean_average_precision(vectors[0], vectors[1], self.rows)
        finally:
            loss.train(was_training)
        return found

    def _loss(self, loss: nn.Module, device: torch.device) -> float:
        total, rows = 0.0, 0
        for step in range(self.steps):
            batch = self.plan.batch(step)
            inputs = inputs_of(batch, self.tokens)
            label = inputs.pop("label").to(device)
            sides: list[Features] = [
                {k[len(name) :]: v.to(device) for k, v in inputs.items() if k.startswith(name)}
                for name in ("query_", "passage_")
            ]
            total += float(loss(sides, label)) * len(batch.rows)
            rows += len(batch.rows)
        return total / rows

    def _vectors(
        self, model: nn.Module, side: int, device: torch.device
    ) -> dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """By language: the records that have this side, and their unit vectors."""
        result = {}
        for language in self.languages:
            rows = self.rows[self.present[side][:, language]]
            parts = []
            for start in range(0, len(rows), _CHUNK):
                some = rows[start : start + _CHUNK]
                texts = self.tokens.encoded(side, some, np.full(len(some), language))
                features = self.tokens.features(side, texts)
                output = model({k: v.to(device) for k, v in features.items()})
                unit = functional.normalize(output["sentence_embedding"].float(), dim=1)
                parts.append(unit.cpu().numpy())
            if parts:
                result[language] = rows, np.concatenate(parts)
        return result


Side = Mapping[int, tuple[NDArray[np.int64], NDArray[np.float32]]]


def mean_average_precision(
    queries: Side, passages: Side, records: NDArray[np.int64]
) -> dict[str, float]:
    """mAP ``mono``, ``cross`` and ``multi``, macro means over query languages.

    A query's golds are its record's passages: one in each language's corpus, all of them in the
    pool. Equals of a gold stand before it.
    """
    order = sorted(passages)
    pool = np.concatenate([passages[y][1] for y in order])
    sizes = [len(passages[y][0]) for y in order]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    place = {y: {r: i for i, r in enumerate(passages[y][0].tolist())} for y in order}
    sums: dict[str, list[float]] = {"mono": [], "cross": [], "multi": []}
    for x, (rows, vectors) in queries.items():
        scores = vectors @ pool.T
        pairs: dict[int, list[float]] = {y: [] for y in order}
        pooled: list[float] = []
        for i, record in enumerate(rows.tolist()):
            golds = [(k, place[y][record]) for k, y in enumerate(order) if record in place[y]]
            found = [scores[i, starts[k] + at] for k, at in golds]
            for (k, _), score in zip(golds, found, strict=True):
                ahead = np.count_nonzero(scores[i, starts[k] : starts[k + 1]] >= score)
                pairs[order[k]].append(1 / ahead)
            ranks = sorted(int(np.count_nonzero(scores[i] >= score)) for score in found)
            if ranks:
                pooled.append(sum((k + 1) / r for k, r in enumerate(ranks)) / len(ranks))
        means = {y: float(np.mean(values)) for y, values in pairs.items() if values}
        others = [value for y, value in means.items() if y != x]
        if x in means:
            sums["mono"].append(means[x])
        if others:
            sums["cross"].append(float(np.mean(others)))
        if pooled:
            sums["multi"].append(float(np.mean(pooled)))
    return {name: float(np.mean(values)) if values else 0.0 for name, values in sums.items()}
