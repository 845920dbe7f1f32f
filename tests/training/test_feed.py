"""What a step is given: texts, ids, mined negatives, translations and a teacher's vectors."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from toy import toy_table

from lingweave.errors import LingweaveError
from lingweave.negatives import HardNegatives
from lingweave.plan import BatchPlan, Recipe
from lingweave.plan.views import other_languages
from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training.data import Feed, PlannedBatches, Translation
from lingweave.training.encoder import built_encoder
from lingweave.training.run import train
from lingweave.training.tokens import Tokens, text_id

BATCH = 8


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The toy table with holes, its tokens, and a plan over it."""
    folder = tmp_path_factory.mktemp("holes")
    lines = toy_table(folder).read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    for number, row in enumerate(rows):
        row["group"] = f"g{int(row['id'][1:]) // 4}"
        if number % 3:
            row["negatives"] = []
    kept = [row for number, row in enumerate(rows) if number % 7]
    path = folder / "holes.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))
    table = read_table([path])
    config = TrainConfig(encoder="transformer", vocabulary=300, dimension=32, layers=1)
    model = built_encoder(config, lambda: table.texts("passage"))
    tokens = Tokens(model, table, ("", ""), (24, 32), negatives=True)
    plan = BatchPlan(Recipe("hybrid", batch_size=BATCH, steps=20), table.shape(), 0, world_size=2)
    offsets = np.arange(0, 2 * len(table) + 1, 2)
    rows = (np.repeat(np.arange(len(table)), 2) + np.tile([5, 9], len(table))) % len(table)
    zeros = np.zeros
    mined = HardNegatives(offsets, rows, zeros(len(rows), np.float32), zeros(len(table)), {})
    return SimpleNamespace(table=table, model=model, tokens=tokens, plan=plan, mined=mined)


def texts_of(feed, inputs):
    """The ids of the texts that are encoded, in their order."""
    rows = []
    for chunk in inputs.chunks:
        real = chunk["attention_mask"].bool()
        rows += [tuple(ids[mask].tolist()) for ids, mask in zip(chunk["input_ids"], real,
                                                               strict=True)]  # fmt: skip
    return [rows[place] for place in inputs.order.tolist()]


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("count", [1, 2])
def test_candidates_are_passages_own_negatives_and_mined_ones(world, rank, count):
    feed = Feed(world.tokens, chunk_tokens=64, negatives=count, mined=world.mined)
    own_texts = mined_ones = later_ones = 0
    for step in range(20):
        batch = world.plan.batch(step)
        inputs = feed.inputs(world.plan, batch, rank)
        own = slice(rank * BATCH, (rank + 1) * BATCH)
        rows, languages = batch.rows[own], batch.passage_languages[own]
        expected = [(world.table.passage(r, x), r) for r, x in zip(rows, languages, strict=True)]
        texts = [(world.table.negatives(r, x)[:count], r, x) for r, x in zip(rows, languages,
                                                                        strict=True)]  # fmt: skip
        hard = [(negative, -1) for text, _, _ in texts for negative in text]
        own_texts += len(hard)
        present = world.table.present("passage")
        for text, r, x in texts:
            if text:
                continue
            # Where the nearest one has a hole, the next one takes its place.
            nearest = [(r + distance) % len(world.table) for distance in (5, 9)]
            served = [negative for negative in nearest if present[negative, x]][:count]
            hard += [(world.table.passage(negative, x), negative) for negative in served]
            mined_ones += len(served)
            later_ones += bool(served) and not present[nearest[0], x]
        records, groups, ids = inputs.texts.ids.tolist()
        assert [text_id(text) for text, _ in expected + hard] == ids
        assert [record for _, record in expected + hard] == records
        grouped = world.table.shape().groups
        assert groups == [-1 if r < 0 else grouped[r] for r in records]
        assert inputs.texts.counts[rank][:2] == (BATCH, BATCH + len(hard))
        mine = [
            tuple(world.tokens.sequences(1, np.array([r]), np.array([x])).ids)
            for r, x in zip(rows, languages, strict=True)
        ]
        assert texts_of(feed, inputs)[BATCH : 2 * BATCH] == mine
    assert own_texts > 10
    assert mined_ones > 10
    assert later_ones > 0


def test_all_processes_know_how_many_texts_each_has(world):
    feed = Feed(world.tokens, 64, 1, world.mined, (Translation(), None))
    for step in range(20):
        batch = world.plan.batch(step)
        parts = [feed.inputs(world.plan, batch, rank) for rank in (0, 1)]
        assert parts[0].texts.counts == parts[1].texts.counts
        for part, counts in zip(parts, parts[0].texts.counts, strict=True):
            assert part.texts.ids.shape[1] == counts[1]
            assert len(part.order) == sum(counts)


@pytest.mark.parametrize("fixed", [None, "en"])
def test_translations_are_those_of_the_plan(world, fixed):
    language = None if fixed is None else world.table.languages.index(fixed)
    feed = Feed(world.tokens, chunk_tokens=64, views=(Translation(language), Translation(language)))
    for step in range(20):
        batch = world.plan.batch(step)
        inputs = feed.inputs(world.plan, batch, 1)
        found = texts_of(feed, inputs)
        own = slice(BATCH, 2 * BATCH)
        for side, mine in enumerate((batch.query_languages, batch.passage_languages)):
            wanted = other_languages(world.plan, batch, side, language)[own]
            assert inputs.texts.others[side].tolist() == (wanted >= 0).tolist()
            read = np.where(wanted < 0, mine[own], wanted)
            part = found[(2 + side) * BATCH : (3 + side) * BATCH]
            for text, row, column in zip(part, batch.rows[own], read, strict=True):
                expected = world.tokens.sequences(side, np.array([row]), np.array([column]))
                assert text == tuple(expected.ids)
        own_query, *views = inputs.texts.row_texts.tolist()
        read = zip(batch.rows[own], batch.query_languages[own], strict=True)
        assert own_query == [text_id(world.table.query(r, x)) for r, x in read]
        for side, text in enumerate((world.table.query, world.table.passage)):
            wanted = other_languages(world.plan, batch, side, language)[own]
            read = zip(batch.rows[own], wanted, strict=True)
            assert views[side] == [text_id(text(r, x)) if x >= 0 else -1 for r, x in read]
        there = batch.passage_languages[own] == language
        assert inputs.texts.others[2].tolist() == np.broadcast_to(there, BATCH).tolist()


def test_steps_made_ahead_are_the_steps_asked_for(world):
    batches = PlannedBatches(world.plan, Feed(world.tokens, 64), 20, rank=1)
    for step in (0, 1, 2, 7, 8, 3, 19):
        made = batches.made(step)
        found = batches[step]
        assert torch.equal(found.texts.ids, made.texts.ids)
        assert torch.equal(found.order, made.order)
    batches.close()


EXTRA = [
    "symmetric",
    "multi_positive",
    "margin(0.3)",
    "infonce=1,align_queries=0.1,align_passages=0.1",
    "infonce=1,semantic=0.1,language=0.01",
    "clear(en,0.4,0.2)",
    "infonce=1,variance=1",
]


@pytest.mark.parametrize("objective", EXTRA)
def test_a_run_learns_with_every_objective(quick, objective):
    config = quick | {"objective": objective, "recipe": "multi(2)=0.5,mono=0.5", "log_every": 1}
    lines = []
    train(TrainConfig(**config), on_line=lines.append)
    losses = [line["loss"] for line in lines if "loss" in line]
    assert all(np.isfinite(losses))
    assert np.mean(losses[-10:]) < np.mean(losses[:10])


@pytest.mark.parametrize("term", ["distill_mse", "distill_kl"])
def test_a_student_comes_near_its_teacher(quick, tmp_path, term):
    """The teacher reads English, so the student's German comes to stand where English does."""
    teacher = str(train(TrainConfig(**quick), on_line=lambda line: None))
    lines = []
    config = TrainConfig(
        **quick
        | {"out": str(tmp_path / "student"), "objective": term, "seed": 1, "negatives": 0,
           "teacher": teacher, "teacher_language": "en", "log_every": 1, "steps": 60}
    )  # fmt: skip
    train(config, on_line=lines.append)
    losses = [line["loss"] for line in lines if "loss" in line]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "distill_kl"}, "objective: distill_kl needs teacher"),
        ({"teacher": "somewhere"}, "teacher: no term of the objective follows a teacher"),
        ({"objective": "align_queries(fr)"}, "objective: it names 'fr', which is not among"),
        ({"objective": "distill_kl", "teacher": "nowhere/at/all"}, "nowhere/at/all"),
        ({"mined": "none.parquet", "negatives": 2}, "none.parquet"),
        ({"mined": "none.parquet"}, "mined: 'none.parquet' is not possible; it needs negatives"),
        ({"objective": "infonce=0"}, "objective 'infonce=0': the weight"),
    ],
)
def test_mistakes_are_named(quick, options, message):
    with pytest.raises(LingweaveError, match=message.replace("(", r"\(").replace(")", r"\)")):
        train(TrainConfig(**quick | options))
