"""Two processes find what one finds that has all their rows: losses, gradients, weights."""

from functools import partial

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from uneven import MIXTURE, settings

from lingweave.errors import LingweaveError
from lingweave.objectives import TERMS, objective_of
from lingweave.plan import BatchPlan, Recipe
from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training import run as running
from lingweave.training.chunks import in_parts
from lingweave.training.encoder import built_encoder
from lingweave.training.feeding import feed_of, wanted_of
from lingweave.training.lookup import added_in_place
from lingweave.training.loss import Texts, loss_and_gradient, unit
from lingweave.training.packed import widened
from lingweave.training.processes import Processes, Vote, speaks
from lingweave.training.sharding import shard
from lingweave.training.step import cached_step, whole_step
from lingweave.training.tokens import Tokens
from lingweave.training.trainer import PlanTrainer

ROWS = 8
LINES = [form.example.replace("(en", "(l0") for form in TERMS.values()]
CPU = torch.device("cpu")


def everyone():
    return Processes.of_run(distributed.get_rank(), 2)


def mean(tensor):
    """The mean over the processes."""
    tensor = tensor.clone()
    distributed.all_reduce(tensor)
    return tensor / 2


# The loss.


def parts(seed=0):
    """The vectors and texts of two processes with 2 and 3 hard negatives, and of all their rows."""
    draw = torch.Generator().manual_seed(seed)
    hard = (2, 3)
    sides = [(ROWS, ROWS + h, ROWS, ROWS) for h in hard]
    vectors = [unit(torch.randn(sum(s), 6, generator=draw, dtype=torch.float64)) for s in sides]
    records = [torch.arange(10 * r, 10 * r + s[1]) for r, s in enumerate(sides)]
    records[1][:3] = torch.arange(3)  # Records that stand on both, and masks that span them.
    ids = [torch.stack([r, r // 4, torch.randperm(len(r), generator=draw) % 7]) for r in records]
    others = [torch.rand(3, ROWS, generator=draw) < 0.7 for _ in hard]
    teacher = [torch.randn(2 * ROWS + h, 6, generator=draw, dtype=torch.float64) for h in hard]
    teacher = [unit(of) for of in teacher]
    row_texts = [torch.randint(3 * ROWS, (3, ROWS), generator=draw) for _ in hard]
    of_each = zip(ids, others, teacher, row_texts, strict=True)
    own = [Texts(i, tuple(sides), o, t, r) for i, o, t, r in of_each]

    def together(values, sizes):
        """One side after another, and in each first the passages of all rows."""
        cut = [torch.split(v, list(s)) for v, s in zip(values, sizes, strict=True)]
        return list(zip(*cut, strict=True))

    def candidates(first, second):
        return torch.cat([first[:ROWS], second[:ROWS], first[ROWS:], second[ROWS:]])

    def joined(values, sizes):
        found = together(values, sizes)
        return torch.cat(
            [candidates(*of) if i == 1 else torch.cat(of) for i, of in enumerate(found)]
        )

    all_rows = Texts(
        candidates(ids[0].T, ids[1].T).T,
        ((2 * ROWS, 2 * ROWS + sum(hard), 2 * ROWS, 2 * ROWS),),
        torch.cat(others, 1),
        joined(teacher, [s[:2] for s in sides]),
        torch.cat(row_texts, 1),
    )
    return vectors, own, joined(vectors, sides), all_rows, partial(joined, sizes=sides)


def losses(line, gather):
    rank = distributed.get_rank()
    vectors, texts, _, _, _ = parts()
    own, alone = texts[rank], Processes()
    if not gather:
        own = own._replace(counts=(own.counts[rank],))
    processes = everyone() if gather else alone
    value, gradient = loss_and_gradient(vectors[rank], own, objective_of(line, 0.05), processes)
    return mean(value).item(), (gradient / 2).numpy()


@pytest.mark.parametrize("line", LINES)
def test_the_loss_of_two_processes_is_that_of_all_rows_in_one(pair, line):
    (first, one), (second, two) = pair(losses, line, True)
    _, _, vectors, texts, joined = parts()
    value, gradient = loss_and_gradient(vectors, texts, objective_of(line, 0.05), Processes())
    assert first == second
    assert first == pytest.approx(value.item(), rel=1e-12)
    found = joined([torch.from_numpy(one), torch.from_numpy(two)])
    torch.testing.assert_close(found, gradient, rtol=1e-9, atol=1e-12)


def test_without_gathering_the_loss_is_the_mean_of_the_processes_own(pair):
    [(first, one), (second, two)] = pair(losses, MIXTURE.replace("(en)", ""), False)
    vectors, texts, _, _, _ = parts()
    terms = objective_of(MIXTURE.replace("(en)", ""), 0.05)
    alone = [
        loss_and_gradient(v, t._replace(counts=(t.counts[r],)), terms, Processes())
        for r, (v, t) in enumerate(zip(vectors, texts, strict=True))
    ]
    assert first == second == pytest.approx(sum(v.item() for v, _ in alone) / 2, rel=1e-12)
    for found, (_, gradient) in zip((one, two), alone, strict=True):
        np.testing.assert_allclose(found, gradient.numpy() / 2, rtol=1e-12)


# The step: what a process is given, through a model held by one, by both, or in shares.


def prepared(config, chunk_tokens, world_size):
    """A model in fp64 without dropout, and the inputs of each process at a step."""
    table = read_table(config.table)
    model = built_encoder(config, lambda: table.texts("passage")).double().eval()
    tokens = Tokens(model, table, ("Q: ", "P: "), (24, 32))
    terms = objective_of(config.objective, config.temperature)
    feed = feed_of(config, tokens, wanted_of(config, table, terms), chunk_tokens, None)
    recipe = Recipe("hybrid", batch_size=ROWS, steps=5)
    batch = BatchPlan(recipe, table.shape(), 0, 2).batch(3)
    plan = BatchPlan(recipe, table.shape(), 0, world_size)
    return model, [feed.inputs(plan, batch, rank) for rank in range(world_size)], terms


def stepped(model, inputs, terms, processes, cached, chunks=None):
    chunks = inputs.chunks if chunks is None else chunks

    def encode(number, chunk):
        return unit(model(widened(chunk))["sentence_embedding"])

    def loss(vectors):
        return loss_and_gradient(vectors, inputs.texts, terms, processes)

    if not cached:
        return whole_step(encode, chunks, inputs.order, loss)
    apart = getattr(model, "no_sync", None)
    return cached_step(encode, chunks, inputs.order, loss, *([apart] if apart else []))


def named_gradients(model):
    return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


CASES = [(0, False), (200, False), (200, True)]
"""Tokens of a chunk, and whether in two passes."""


def way_to_gradients(config, way):
    """The largest relative difference between two processes' gradients and one's, by case."""
    found = []
    for chunk_tokens, cached in CASES:
        reference, (everything,), terms = prepared(config, 0, 1)
        value = stepped(reference, everything, terms, Processes(), False)
        expected = named_gradients(reference)
        model, inputs, terms = prepared(config, chunk_tokens, 2)
        own = inputs[distributed.get_rank()]
        sizes = {len(i.chunks) for i in inputs} if chunk_tokens else set()
        hard = {sum(i.texts.counts[r]) for r, i in enumerate(inputs)}
        chunks, wrapped = own.chunks, model
        if way == "shares":
            shard(model, everyone(), CPU)
            chunks = in_parts(chunks, everyone().largest(len(chunks))[0])
        elif way == "copies":
            wrapped = DistributedDataParallel(
                model, broadcast_buffers=False
            )  # As the library does.
        with added_in_place([model[0].embedding] if way == "rows" else []):
            loss = stepped(wrapped, own, terms, everyone(), cached, chunks)
        gradients = named_gradients(model)
        if way == "rows":
            gradients = {n: everyone().mean_of_rows(g).to_dense() for n, g in gradients.items()}
        assert gradients.keys() == expected.keys()
        worst = abs(mean(loss).item() - value.item()) / value.item()
        top = max(g.to_dense().abs().max().item() for g in expected.values())
        for name, gradient in gradients.items():
            gradient = gradient.full_tensor() if way == "shares" else gradient
            apart = (gradient - expected[name].to_dense()).abs().max().item()
            worst = max(worst, apart / top)
        found.append((worst, len(hard), len(sizes)))
    return found


@pytest.mark.parametrize("way", ["copies", pytest.param("shares", marks=pytest.mark.slow)])
def test_a_transformers_gradients_are_those_of_one_process(pair, uneven_table, way):
    first, second = pair(way_to_gradients, settings(uneven_table), way)
    for worst, hard, _ in (*first, *second):
        assert worst < 1e-10
        assert hard == 2  # Otherwise the processes have equally many hard negatives.
    assert max(sizes for _, _, sizes in first) == 2  # And chunks.


def test_a_static_encoders_gradients_are_those_of_one_process(pair, uneven_table):
    config = settings(uneven_table, encoder="static")
    for found in pair(way_to_gradients, config, "rows"):
        assert all(worst < 1e-10 for worst, _, _ in found)


# What processes tell each other.


def told():
    processes, rank = everyone(), distributed.get_rank()
    vote = Vote(processes)
    answers = [vote(step == 1 and rank == 1) for step in range(4)]
    gathered = processes.gathered(torch.full((rank + 1, 2), rank), [1, 2])
    sparse = torch.sparse_coo_tensor([[rank, rank + 1, rank]], torch.ones(3, 2), (4, 2))
    rows = processes.mean_of_rows(sparse)
    return {
        "answers": answers,
        "gathered": torch.cat(gathered).tolist(),
        "largest": processes.largest(rank, -rank),
        "rows": rows.to_dense()[:, 0].tolist(),
        "first": processes.by_first(lambda: f"né {rank}"),
        "speaks": speaks(),
    }


def test_processes_agree(pair):
    one, two = pair(told)
    assert (one.pop("speaks"), two.pop("speaks")) == (True, False)
    assert one == two
    assert one["answers"] == [False, False, True, False]  # One step later, on both.
    assert one["gathered"] == [[0, 0], [1, 1], [1, 1]]
    assert one["largest"] == [1, 0]
    assert one["rows"] == [1.0, 1.5, 0.5, 0.0]
    assert one["first"] == "né 0"


def test_a_process_by_itself_votes_at_once():
    assert [Vote(Processes())(wish) for wish in (False, True)] == [False, True]


@hypothesis.settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 5)), min_size=1, max_size=4), st.data())
def test_chunks_are_cut_without_changing_the_order_of_texts(shapes, data):
    ids = [torch.randint(9, shape) for shape in shapes]
    chunks = [{"input_ids": i, "attention_mask": torch.ones_like(i)} for i in ids]
    texts = sum(rows for rows, _ in shapes)
    count = data.draw(st.integers(len(chunks), texts))
    parts = in_parts(chunks, count)
    assert len(parts) == count
    found = [row.tolist() for part in parts for row in part["input_ids"]]
    assert found == [row.tolist() for part in ids for row in part]
    assert all(p["input_ids"].shape == p["attention_mask"].shape for p in parts)


def scant():
    """A step in which one process has more chunks than the other has texts."""
    trainer = PlanTrainer.__new__(PlanTrainer)
    trainer.everyone = everyone()
    rows = (3, 1)[distributed.get_rank()]
    try:
        return len(trainer._equally_many([{"input_ids": torch.zeros(1, 4)}] * rows))
    except LingweaveError as error:
        return str(error)


def test_too_few_texts_for_the_other_processes_chunks(pair):
    one, two = pair(scant)
    assert one == two
    assert "chunk_tokens: one process has 3 chunks" in one


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"encoder": "static"}, "sharding"), ({"optimizer": "rowwise"}, "optimizer")],
)
def test_what_cannot_be_split_is_refused(quick, fields, named):
    config = TrainConfig(**{**quick, "encoder": "transformer", "sharding": "full", **fields})
    with pytest.raises(LingweaveError, match=f"^{named}: "):
        running.train(config)


def test_a_model_without_layers_is_not_split():
    with pytest.raises(LingweaveError, match="sharding"):
        shard(nn.Linear(2, 2), Processes(), CPU)
