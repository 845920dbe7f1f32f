"""What a run is judged by while it trains: a loss that is comparable between recipes, and mAP.

The figures choose a checkpoint; they are no results. Results come from ``lingweave evaluate``.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.judgements import judgements_of
from lingweave.metrics import average_precision, relevant_ranks
from lingweave.plan import BatchPlan, Recipe
from lingweave.ranks import GoldRanks, gold_ranks, pessimistic
from lingweave.table import ParallelTable
from lingweave.training.data import inputs_of
from lingweave.training.tokens import SIDES, Features, Tokens

Ints = NDArray[np.int64]

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
        self.judgements = judgements_of(benchmark_of(table, self.rows))

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
        return mean_average_precision(ranks)

    def _vectors(
        self, model: nn.Module, side: int, language: str, device: torch.device
    ) -> NDArray[np.float32]:
        """Unit vectors of the records that have this side in this language."""
        column = self.table.languages.index(language)
        rows = self.rows[self.table.present(SIDES[side])[self.rows, column]]
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


def benchmark_of(table: ParallelTable, rows: Ints) -> Benchmark:
    """Some records as a benchmark without texts: a record's passages answer its queries."""
    present = {side: table.present(side)[rows] for side in SIDES}
    ids = [str(row) for row in rows]  # Not the table's ids: data sets may share them.
    sides: dict[str, dict[str, Texts]] = {}
    for side, cells in present.items():
        sides[side] = {}
        for column, language in enumerate(table.languages):
            some = tuple(id for id, is_there in zip(ids, cells[:, column], strict=True) if is_there)
            if some:
                sides[side][language] = Texts(some, ("",) * len(some))
    asked = {id for texts in sides["query"].values() for id in texts.ids}
    gold = tuple(
        Gold(id, language, id)
        for language, texts in sides["passage"].items()
        for id in texts.ids
        if id in asked
    )
    return Benchmark("validation", sides["query"], sides["passage"], gold)


def mean_average_precision(ranks: GoldRanks) -> dict[str, float]:
    """``mono``, ``cross`` and ``multi``: means over queries, then languages; ties pessimistic."""
    asked, passage, query = ranks.query_language, ranks.passage_language, ranks.query
    golds, one = relevant_ranks((asked, passage, query), pessimistic(ranks.own), ranks.grade)
    values = average_precision(golds)
    pairs: dict[tuple[int, int], float] = {}
    for x, y in sorted(set(zip(asked[one].tolist(), passage[one].tolist(), strict=True))):
        pairs[x, y] = float(values[(asked[one] == x) & (passage[one] == y)].mean())
    golds, one = relevant_ranks((asked, query), pessimistic(ranks.pool), ranks.grade)
    values = average_precision(golds)
    multi = [float(values[asked[one] == x].mean()) for x in np.unique(asked[one])]
    mono = [value for (x, y), value in pairs.items() if x == y]
    cross = []
    for x in np.unique(asked):
        others = [value for (of, y), value in pairs.items() if of == x != y]
        if others:
            cross.append(float(np.mean(others)))
    means = {"mono": mono, "cross": cross, "multi": multi}
    return {name: float(np.mean(figures)) for name, figures in means.items() if figures}
