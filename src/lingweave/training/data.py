"""From the plan to batches: item k of the data set is what the encoder is given at step k.

Because a step's batch is a pure function of the step, there is one pass over the run, no epoch and
no shuffling state: to resume is to ask for step k. Each process asks for its own rows, so no batch
is dealt out by the launcher either. Where an encoder's step takes longer than making its inputs,
the next steps are made ready on a thread meanwhile.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset

from lingweave.negatives import HardNegatives
from lingweave.objectives import NONE
from lingweave.plan import Batch, BatchPlan
from lingweave.plan.views import other_languages
from lingweave.training.chunks import Ints, chunks_by_length, places
from lingweave.training.loss import Texts
from lingweave.training.packed import Packed
from lingweave.training.teacher import Teacher
from lingweave.training.tokens import Features, Sequences, Tokens, joined

AHEAD = 2
"""Steps made ready in advance."""


class Inputs(NamedTuple):
    """What the encoder is given at a step, and what the loss must know of it."""

    chunks: Sequence[Features]
    """The texts, a chunk at a time."""
    order: torch.Tensor | None
    """(n,): where among the chunks' texts each text stands; None: as they come."""
    texts: Texts
    """What the texts are."""
    tokens: int
    """Tokens in the chunks, padding included."""

    def to(self, device: torch.device) -> "Inputs":
        """The same on a device; nothing is waited for if the tensors are in pinned memory."""

        return _mapped(self, lambda tensor: tensor.to(device, non_blocking=True))

    def pinned(self) -> "Inputs":
        """The same in pinned memory, from which a GPU reads by itself."""
        return _mapped(self, torch.Tensor.pin_memory)


def _mapped(inputs: Inputs, change_tensor: Callable[[torch.Tensor], torch.Tensor]) -> Inputs:
    def change(value: Any) -> Any:
        return change_tensor(value) if isinstance(value, torch.Tensor) else value

    chunks: Sequence[Features]
    if isinstance(inputs.chunks, Packed):
        chunks = inputs.chunks.mapped(change_tensor)
    else:
        chunks = [{name: change(value) for name, value in c.items()} for c in inputs.chunks]
    texts = inputs.texts
    tensors = ("ids", "others", "teacher", "row_texts")
    texts = texts._replace(**{name: change(getattr(texts, name)) for name in tensors})
    return Inputs(chunks, change(inputs.order), texts, inputs.tokens)


class Translation(NamedTuple):
    """A translation of each row's text on one side."""

    language: int | None = None
    """Its column in the table; None: any other than the row's own."""


View = Translation | None


@dataclass(frozen=True)
class Feed:
    """What is taken from a table for the rows of a batch."""

    tokens: Tokens
    """The table's texts as token ids."""
    chunk_tokens: int = 0
    """Tokens of a chunk at most, padding included; 0: one chunk, unsorted."""
    negatives: int = 0
    """Hard negatives a row at most."""
    mined: HardNegatives | None = None
    """Hard negatives by record, for cells without texts of their own."""
    views: tuple[View, View] = (None, None)
    """The translations of queries and of passages that the objective needs."""
    teacher: Teacher | None = None
    """The vectors that distillation follows."""

    def inputs(self, plan: BatchPlan, batch: Batch, rank: int = 0) -> Inputs:
        """What the encoder of a process is given for a batch of all processes."""
        each = len(batch.rows) // plan.world_size
        own = slice(rank * each, (rank + 1) * each)
        rows, languages = batch.rows[own], batch.passage_languages[own]
        hard = [self._hard(batch, slice(i * each, (i + 1) * each)) for i in range(plan.world_size)]
        parts = [
            self.tokens.sequences(0, rows, batch.query_languages[own]),
            self.tokens.sequences(1, rows, languages),
        ]
        if hard[rank].from_texts.any():
            some = hard[rank].from_texts
            parts.append(self.tokens.negatives(rows[some], languages[some], self.negatives))
        parts.append(self.tokens.sequences(1, hard[rank].rows, hard[rank].languages))
        ids = _ids(rows, hard[rank], parts[1:], plan.shape.groups)
        others = np.zeros((3, each), bool)
        row_texts = np.stack([parts[0].texts, *np.full((2, each), NONE)])
        for side, view in enumerate(self.views):
            if view is not None:
                mine = (batch.query_languages, batch.passage_languages)[side][own]
                found = other_languages(plan, batch, side, view.language)[own]
                others[side] = found >= 0
                others[2] |= (mine == view.language) if side else False
                parts.append(self.tokens.sequences(side, rows, np.where(found < 0, mine, found)))
                row_texts[1 + side] = np.where(found < 0, NONE, parts[-1].texts)
        seen = [0 if view is None else each for view in self.views]
        counts = tuple((each, each + h.total, *seen) for h in hard)
        teacher = None
        if self.teacher is not None:
            followed = [
                self.teacher.vectors(0, rows, batch.query_languages[own]),
                self.teacher.vectors(1, rows, languages),
                self.teacher.vectors(1, hard[rank].rows, hard[rank].languages),
            ]
            teacher = torch.cat(followed)
        texts = Texts(torch.from_numpy(ids), counts, teacher=teacher)
        if any(seen):
            texts = texts._replace(
                others=torch.from_numpy(others), row_texts=torch.from_numpy(row_texts)
            )
        return self._chunked(joined(parts), texts)

    def _chunked(self, sequences: Sequences, texts: Texts) -> Inputs:
        if not self.chunk_tokens:
            whole = self.tokens.features(sequences)
            return Inputs([whole], None, texts, whole["input_ids"].numel())
        chunks = chunks_by_length(sequences.sizes, self.chunk_tokens)
        total = sum(len(chunk) * int(sequences.sizes[chunk[0]]) for chunk in chunks)
        features = Packed.of((self.tokens.features(sequences.take(c)) for c in chunks), total)
        tokens = sum(f["input_ids"].numel() for f in features)
        return Inputs(features, torch.from_numpy(places(chunks)), texts, tokens)

    def _hard(self, batch: Batch, own: slice) -> "_Hard":
        rows, languages = batch.rows[own], batch.passage_languages[own]
        none = np.empty(0, np.int64)
        if not self.negatives:
            return _Hard(np.zeros(len(rows), bool), 0, none, none)
        texts = np.minimum(self.tokens.table.negative_counts(rows, languages), self.negatives)
        if self.mined is None:
            return _Hard(texts > 0, int(texts.sum()), none, none)
        without = np.flatnonzero(texts == 0)
        shape, spoken = self.tokens.table.shape(), languages[without]

        def there(owners: Ints, found: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
            return shape.cells(found)[1][np.arange(len(found)), spoken[owners]]

        owners, found = self.mined.of(rows[without], self.negatives, there)
        return _Hard(texts > 0, int(texts.sum()), found, spoken[owners])


class _Hard(NamedTuple):
    """The hard negatives of one process's rows."""

    from_texts: np.ndarray[Any, np.dtype[np.bool_]]
    """(rows,): whose cells have texts of their own."""
    texts: int
    """How many such texts there are."""
    rows: Ints
    """(m,): the records of the mined ones."""
    languages: Ints
    """(m,): the columns in which they are served."""

    @property
    def total(self) -> int:
        return self.texts + len(self.rows)


def _ids(rows: Ints, hard: _Hard, candidates: list[Sequences], groups: Ints | None) -> Ints:
    """(3, C): records, groups and texts of the candidates. A negative's own text has no record; a
    mined one has, since it may be another row's passage in another language."""
    records = np.concatenate([rows, np.full(hard.texts, NONE, np.int64), hard.rows])
    none = np.full(len(records), NONE, np.int64)
    groups = none if groups is None else np.where(records == NONE, NONE, groups[records])
    return np.stack([records, groups, np.concatenate([part.texts for part in candidates])])


class PlannedBatches(Dataset[Inputs]):
    """The batches of one process. ``column_names`` is what the library's trainer looks for."""

    column_names = ("query", "passage", "label")

    def __init__(
        self,
        plan: BatchPlan,
        feed: Feed,
        steps: int,
        rank: int = 0,
        pin: bool = False,
        ahead: int = AHEAD,
    ) -> None:
        """
        Args:
            plan: what is in a step.
            feed: where its texts are.
            steps: of the run.
            rank: the process's.
            pin: whether inputs are put into pinned memory.
            ahead: steps made ready on a thread; 0: each when it is asked for.
        """
        self.plan = plan
        self.feed = feed
        self.steps = steps
        self.rank = rank
        self.pin = pin
        self.ahead = ahead
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lingweave-batches")
        self._ready: dict[int, Future[Inputs]] = {}

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Inputs:
        if not self.ahead:
            return self.made(step)
        for number in range(step, min(step + 1 + self.ahead, self.steps)):
            if number not in self._ready:
                self._ready[number] = self._thread.submit(self.made, number)
        for past in [number for number in self._ready if number < step]:
            del self._ready[past]
        return self._ready.pop(step).result()

    def made(self, step: int) -> Inputs:
        """The inputs of a step, made here and now."""
        inputs = self.feed.inputs(self.plan, self.plan.batch(step), self.rank)
        return inputs.pinned() if self.pin else inputs

    def close(self) -> None:
        """Stops the thread."""
        self._thread.shutdown(cancel_futures=True)


class Steps(BatchSampler):
    """The step numbers of a run, one a batch. Skipping to step k costs k integers."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[list[int]]:
        return ([step] for step in range(self.steps))


def _only(items: list[Any]) -> dict[str, Any]:
    return {"step": items[0]}


def loader_of(batches: PlannedBatches) -> DataLoader[Any]:
    """A loader over the run. Its own generator leaves the dropout's random stream alone."""
    return DataLoader(
        batches,
        batch_sampler=Steps(len(batches)),
        collate_fn=_only,
        generator=torch.Generator().manual_seed(0),
    )
