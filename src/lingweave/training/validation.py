"""What a run is judged by while it trains: a loss that is comparable between recipes, and mAP.

The figures choose a checkpoint; they are no results. Results come from ``lingweave evaluate``.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from lingweave.errors import LingweaveError
from lingweave.evaluate.summary import summary_of
from lingweave.judgements import judgements_of
from lingweave.plan import BatchPlan, Recipe
from lingweave.ranks import gold_ranks, pessimistic
from lingweave.sources.parallel import benchmark_of, record_id
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
        self.plan = validation_plan(table, batch_size, min(records, len(table)))
        self.steps = self.plan.recipe.steps
        self.rows = np.unique(
            np.linspace(0, len(table) - 1, min(records, len(table))).astype(np.int64)
        )
        self.table = table
        self.benchmark = benchmark_of(table, "validation", {}, self.rows.tolist())
        self.row_of = {record_id(table, row): row for row in self.rows.tolist()}
        self.judgements = judgements_of(self.benchmark)

    def figures(self, loss: nn.Module, device: torch.device) -> dict[str, float]:
        """``loss``, and unless it is the criterion ``mono``, ``cross`` and ``multi``.

        Leaves the model in evaluation mode.
        """
        loss.eval()
        with torch.no_grad():
            found = {"loss": self._loss(loss, device)}
            if self.criterion != "loss":
                model = loss.model
                assert isinstance(model, nn.Module)
                found |= self._average_precision(model, device)
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

    def _average_precision(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        languages = self.judgements.languages
        queries = {x: self._vectors(model, 0, x, device) for x in languages}
        pool = np.concatenate([self._vectors(model, 1, x, device) for x in languages])

        def scores(language: str, rows: slice, /) -> NDArray[np.float32]:
            return np.asarray(queries[language][rows] @ pool.T, np.float32)

        ranks, _ = gold_ranks(scores, self.judgements, top=1)
        macro = summary_of(ranks, pessimistic)["macro"]
        means = {name: macro[name]["mAP"] for name in ("mono", "cross", "multi")}
        return {name: mean for name, mean in means.items() if mean is not None}

    def _vectors(
        self, model: nn.Module, side: int, language: str, device: torch.device
    ) -> NDArray[np.float32]:
        """Unit vectors of the benchmark's queries (side 0) or passages (1) in this language."""
        column = self.table.languages.index(language)
        sides = self.benchmark.corpora if side else self.benchmark.queries
        ids = sides[language].ids if language in sides else ()
        rows = np.array([self.row_of[id] for id in ids], np.int64)
        parts = [np.empty((0, 0), np.float32)]
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            texts = self.tokens.encoded(side, some, np.full(len(some), column))
            features = self.tokens.features(side, texts)
            output = model({k: v.to(device) for k, v in features.items()})
            unit = functional.normalize(output["sentence_embedding"].float(), dim=1)
            parts.append(unit.cpu().numpy())
        return np.concatenate(parts[1:] or parts)


def validation_plan(table: ParallelTable, batch_size: int, records: int) -> BatchPlan:
    """Batches about as many rows as there are records, the same for every run over the table.

    Half mono and half cross, at most ``batch_size`` rows; smaller, or mono only, where the split
    has too few records or languages for that.

    Raises:
        LingweaveError: not even two records can stand in one batch.
    """
    for mixture in ("hybrid", "mono=1", "same=1"):
        size = batch_size
        while size >= 2:
            recipe = Recipe(mixture, batch_size=size, steps=max(1, -(-records // size)))
            try:
                return BatchPlan(recipe, table.shape(), SEED)
            except LingweaveError:
                size //= 2
    raise LingweaveError(
        "valid: each data set needs two records that share a language; name other files, or leave"
        " eval_every out"
    )
