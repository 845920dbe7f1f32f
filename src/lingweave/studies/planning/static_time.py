"""How long a step of a static encoder takes here: a few of them on random tokens, timed."""

import time

import torch
from torch.nn import functional

from lingweave.training.config import TrainConfig
from lingweave.training.defaults import optimizer_of

TIMED = 5
"""Steps that are timed; the median counts."""
AROUND = 1.5e-3
"""Seconds that the loop around a step takes: batches, schedule, records."""


def seconds_per_step(config: TrainConfig, tokens: float) -> float:
    """Seconds of a step with so many tokens, on this processor with the threads of the run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(config.threads or threads)
    try:
        return AROUND + _median_step(config, max(2 * config.batch_size, int(tokens)))
    finally:
        torch.set_num_threads(threads)


def _median_step(config: TrainConfig, tokens: int) -> float:
    random = torch.Generator().manual_seed(0)
    texts = 2 * config.batch_size
    sparse = optimizer_of(config, static=True) == "rowwise"
    bag = torch.nn.EmbeddingBag(config.vocabulary, config.dimension, mode="mean", sparse=sparse)
    # Frequent pieces come again and again, as in texts.
    ids = (torch.rand(tokens, generator=random) ** 4 * config.vocabulary).long()
    offsets = torch.arange(texts) * (tokens // texts)
    parameters = list(bag.parameters())
    optimizer: torch.optim.Optimizer = (
        torch.optim.SparseAdam(parameters) if sparse else torch.optim.AdamW(parameters, fused=True)
    )
    taken = []
    for _ in range(TIMED):
        begun = time.perf_counter()
        vectors = functional.normalize(bag(ids, offsets))
        queries, passages = vectors.chunk(2)
        scores = queries @ passages.T / config.temperature
        functional.cross_entropy(scores, torch.arange(len(queries))).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[TIMED // 2]
