"""From the plan to batches: item k of the data set is the whole batch of step k.

Because a step's batch is a pure function of the step, there is one pass over the run, no epoch and
no shuffling state: to resume is to ask for step k. Each process asks for its own rows, so no batch
is dealt out by the launcher either.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset

from lingweave.objectives import NONE
from lingweave.plan import Batch, BatchPlan
from lingweave.training.tokens import SIDES, Encoded, Tokens


class PlannedBatches(Dataset[dict[str, torch.Tensor]]):
    """The batches of one process. ``column_names`` is what the library's trainer looks for."""

    column_names = ("query", "passage", "label")

    def __init__(
        self, plan: BatchPlan, tokens: Tokens, steps: int, negatives: int, rank: int
    ) -> None:
        self.plan = plan
        self.tokens = tokens
        self.steps = steps
        self.negatives = negatives
        self.rank = rank

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> dict[str, torch.Tensor]:
        return inputs_of(self.plan.batch(step, self.rank), self.tokens, self.negatives)


def inputs_of(batch: Batch, tokens: Tokens, negatives: int = 0) -> dict[str, torch.Tensor]:
    """One batch as the trainer passes it on: features of both sides and the candidates' ids.

    Keys are ``query_*`` and ``passage_*``; ``label`` is (3, C): records, groups and texts of the C
    candidates, which are the rows' passages in their order and after them all hard negatives.
    """
    queries = tokens.encoded(0, batch.rows, batch.query_languages)
    passages = tokens.encoded(1, batch.rows, batch.passage_languages)
    extra: list[Encoded] = []
    if negatives:
        extra = tokens.negatives(batch.rows, batch.passage_languages, negatives)
    none = np.full(len(extra), NONE, np.int64)
    label = np.stack(
        [
            np.concatenate([batch.rows, none]),
            np.concatenate([batch.groups, none]),
            np.array([e.text for e in (*passages, *extra)], np.int64),
        ]
    )
    inputs = {"label": torch.from_numpy(label)}
    for name, side, texts in ((SIDES[0], 0, queries), (SIDES[1], 1, [*passages, *extra])):
        for key, value in tokens.features(side, texts).items():
            inputs[f"{name}_{key}"] = value
    return inputs


class Steps(BatchSampler):
    """The step numbers of a run, one a batch. Skipping to step k costs k integers."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        return ([step] for step in range(self.steps))


def _only(items: list[Any]) -> Any:
    return items[0]


def loader_of(batches: PlannedBatches) -> DataLoader[Any]:
    """A loader over the run. Its own generator leaves the dropout's random stream alone."""
    return DataLoader(
        batches,
        batch_sampler=Steps(len(batches)),
        collate_fn=_only,
        generator=torch.Generator().manual_seed(0),
    )
