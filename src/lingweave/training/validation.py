"""What a run is judged by while it trains: a loss that is comparable between recipes, and mAP.

The figures choose a checkpoint; they are no results. Results come from ``lingweave evaluate``.
"""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lingweave.errors import LingweaveError
from lingweave.evaluate.summary import summary_of
from lingweave.judgements import judgements_of
from lingweave.objectives import InfoNCE
from lingweave.plan import BatchPlan, Recipe
from lingweave.ranks import gold_ranks, pessimistic
from lingweave.sources.parallel import benchmark_of, record_id
from lingweave.table import ParallelTable
from lingweave.training.chunks import chunks_by_length, places
from lingweave.training.data import Feed
from lingweave.training.loss import mean_loss, unit
from lingweave.training.packed import widened
from lingweave.training.tokens import Features, moved

SEED = 20_240_819
"""The same validation batches for every seed of a run."""
_CHUNK_TOKENS = 16_384


class Validation:
    """Figures of a model on the validation split of a table.

    ``loss`` is InfoNCE on hybrid batches (half mono, half cross) that are the same whatever the
    run's recipe is, so that it can be compared between recipes. ``mono``, ``cross`` and ``multi``
    are mean average precision by their definitions in the evaluation, with ties counted against
    the model, over at most ``records`` records.
    """

    def __init__(
        self, feed: Feed, batch_size: int, records: int, criterion: str, temperature: float
    ) -> None:
        """
        Args:
            feed: the validation table's texts, without hard negatives, and the size of a chunk.
            batch_size: rows of a batch at most.
            records: validation records at most, taken evenly over the table.
            criterion: what chooses the best checkpoint.
            temperature: of the loss.
        """
        self.feed, self.criterion = feed, criterion
        self.term = InfoNCE(temperature)
        self.table = table = feed.tokens.table
        self.plan = validation_plan(table, batch_size, min(records, len(table)))
        self.rows = np.unique(
            np.linspace(0, len(table) - 1, min(records, len(table))).astype(np.int64)
        )
        self.benchmark = benchmark_of(table, "validation", {}, self.rows.tolist())
        self.row_of = {record_id(table, row): row for row in self.rows.tolist()}
        self.judgements = judgements_of(self.benchmark)

    def figures(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """``loss``, and unless it is the criterion ``mono``, ``cross`` and ``multi``.

        Leaves the model in evaluation mode.
        """
        model.eval()
        with torch.no_grad():
            found = {"loss": self._loss(model, device)}
            if self.criterion != "loss":
                found |= self._average_precision(model, device)
        return found

    def _loss(self, model: nn.Module, device: torch.device) -> float:
        total, rows = 0.0, 0
        for step in range(self.plan.recipe.steps):
            batch = self.plan.batch(step)
            inputs = self.feed.inputs(self.plan, batch).to(device)
            vectors = _encoded(model, inputs.chunks, inputs.order)
            loss = mean_loss(vectors, inputs.texts, (self.term,))
            total += float(loss) * len(batch.rows)
            rows += len(batch.rows)
        return total / rows

    def _average_precision(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        asked, there = (
            {x: self._vectors(model, side, x, device) for x in texts}
            for side, texts in enumerate((self.benchmark.queries, self.benchmark.corpora))
        )
        pool = np.concatenate([there[x] for x in self.judgements.languages if x in there])
        # A language may have passages and no queries.
        none = np.empty((0, pool.shape[1]), np.float32)

        def scores(language: str, rows: slice, /) -> NDArray[np.float32]:
            return np.asarray(asked.get(language, none)[rows] @ pool.T, np.float32)

        ranks, _ = gold_ranks(scores, self.judgements, top=1)
        macro = summary_of(ranks, pessimistic)["macro"]
        means = {name: macro[name]["mAP"] for name in ("mono", "cross", "multi")}
        return {name: mean for name, mean in means.items() if mean is not None}

    def _vectors(
        self, model: nn.Module, side: int, language: str, device: torch.device
    ) -> NDArray[np.float32]:
        """Unit vectors of the benchmark's queries (side 0) or passages (1) in this language."""
        sides = self.benchmark.corpora if side else self.benchmark.queries
        rows = np.array([self.row_of[id] for id in sides[language].ids], np.int64)
        columns = np.full(len(rows), self.table.languages.index(language))
        sequences = self.feed.tokens.sequences(side, rows, columns)
        chunks = chunks_by_length(sequences.sizes, self.feed.chunk_tokens or _CHUNK_TOKENS)
        features = (moved(self.feed.tokens.features(sequences.take(c)), device) for c in chunks)
        vectors = _encoded(model, features, torch.from_numpy(places(chunks)).to(device))
        return np.asarray(vectors.cpu().numpy())


def _encoded(model: nn.Module, chunks: Iterable[Features], order: Tensor | None) -> Tensor:
    vectors = torch.cat([unit(model(widened(chunk))["sentence_embedding"]) for chunk in chunks])
    return vectors if order is None else vectors[order]


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
