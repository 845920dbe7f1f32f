"""Vectors in shards: each encoded once whatever happens, and figures that do not depend on it."""

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from data import benchmark
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders import encoder_scores
from lingweave.encoders.cluster import Work, driven
from lingweave.encoders.distinct import distinct_texts
from lingweave.encoders.equals import first_equal_rows
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.shards import ShardOptions, encode_part, sharded
from lingweave.encoders.streamed import ShardedBlocks, sharded_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import evaluate
from lingweave.judgements import judgements_of
from lingweave.ranks import columns_of

IDENTITY = {"encoder": "grid"}


class Grid:
    """Small whole numbers: products are exact in any order, and many tie.

    Tells which texts it was given, and dies once they are more than `kill_at`.
    """

    def __init__(self, told: list[str] | None = None, kill_at: int | None = None) -> None:
        self.told, self.kill_at = [] if told is None else told, kill_at

    def encode_queries(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        self.told.extend(texts)
        if self.kill_at is not None and len(self.told) > self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.rint(RandomVectors(0, 4).encode_queries(texts, language))

    def encode_passages(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        return self.encode_queries(texts, language)

    def describe(self) -> dict[str, str]:
        return {"encoder": "grid"}


def with_copies(seed: int) -> Benchmark:
    """Passages of which some have one text, within and across languages."""
    made = benchmark(seed)
    random = np.random.default_rng(seed)
    corpora = {
        y: Texts(side.ids, tuple(f"text {n}" for n in random.integers(0, 30, len(side.ids))))
        for y, side in made.corpora.items()
    }
    return Benchmark(made.name, made.queries, corpora, made.gold)


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 1000), st.integers(5, 20))
def test_streamed_shards_give_the_figures_of_memory(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: int
) -> None:
    made = with_copies(seed)
    options = ShardOptions(tmp_path_factory.mktemp("s"), size)
    scores = partial(sharded_scores, Grid, made, options, IDENTITY, "dot")
    expected = evaluate(made, encoder_scores(Grid(), made, "dot"))
    for found in (evaluate(made, scores(memory=0)), evaluate(made, scores())):
        for name, column in columns_of(expected.ranks).items():
            np.testing.assert_array_equal(columns_of(found.ranks)[name], column, err_msg=name)
        assert found.top().to_pylist() == expected.top().to_pylist()
        assert found.macro == expected.macro


def test_cosine_in_bfloat16_ties_what_is_equal(tmp_path: Path) -> None:
    made = with_copies(1)
    options = ShardOptions(tmp_path, 4)
    sides = [
        sharded(RandomVectors, side, texts, options, {})
        for side, texts in (("query", made.queries), ("passage", made.corpora))
    ]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    blocks = ShardedBlocks(*sides, "cosine", device, torch.bfloat16)
    copies = blocks.copies()
    texts = [t for y in sorted(made.corpora) for t in made.corpora[y].texts]
    assert len(copies.positions) == len(texts) - len({*texts}) > 0
    for copy, first in zip(*copies, strict=True):
        assert texts[copy] == texts[first]
        assert first == texts.index(texts[copy])
    whole = blocks.rows("en", slice(0, 1))
    exact = encoder_scores(RandomVectors(), made).block("en", slice(0, 1))
    np.testing.assert_allclose(whole, exact, atol=0.01)


def test_nothing_is_encoded_twice(tmp_path: Path) -> None:
    made, told = with_copies(2), []
    options = ShardOptions(tmp_path, 5)
    distinct = {t for side in made.corpora.values() for t in side.texts}
    first = sharded(partial(Grid, told), "passage", made.corpora, options, IDENTITY)
    assert sorted(told) == sorted(distinct)
    told.clear()
    again = sharded(partial(Grid, told), "passage", made.corpora, options, IDENTITY)
    assert told == []
    np.testing.assert_array_equal(first[0 : len(first)], again[0 : len(again)])
    for y, side in made.corpora.items():
        rows = again.of(y, slice(0, len(side.ids)))
        np.testing.assert_array_equal(rows, Grid().encode_passages(side.texts, y))
    sharded(partial(Grid, told), "passage", made.corpora, options, {"encoder": "other"})
    assert len(told) == len(distinct)


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    corpora = {"en": Texts(*[tuple(f"t{i}" for i in range(20))] * 2)}
    options = ShardOptions(tmp_path, 4)

    def run(kill_at: int | None) -> list[str]:
        told: list[str] = []
        sharded(partial(Grid, told, kill_at), "passage", corpora, options, IDENTITY)
        return told

    process = multiprocessing.get_context("fork").Process(target=run, args=(8,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert run(None) == [f"t{i}" for i in range(8, 20)]


@pytest.mark.parametrize("damage", ["flip", "cut", "swap"])
def test_a_damaged_shard_is_made_again(tmp_path: Path, damage: str) -> None:
    corpora = {"en": Texts(*[tuple(f"t{i}" for i in range(20))] * 2)}
    told: list[str] = []
    options = ShardOptions(tmp_path, 4)
    expected = sharded(Grid, "passage", corpora, options, IDENTITY)[0:20].copy()
    one, other, *_ = sorted(tmp_path.glob("*.arrow"))
    content = bytearray(one.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    one.write_bytes(
        {"flip": bytes(content), "cut": content[:-9], "swap": other.read_bytes()}[damage]
    )
    found = sharded(partial(Grid, told), "passage", corpora, options, IDENTITY)
    assert len(told) == 4
    np.testing.assert_array_equal(found[0:20], expected)


def test_a_grown_corpus_keeps_its_shards(tmp_path: Path) -> None:
    small, grown = ({"en": Texts(*[tuple(f"t{i}" for i in range(n))] * 2)} for n in (20, 23))
    told: list[str] = []
    options = ShardOptions(tmp_path, 5)
    sharded(Grid, "passage", small, options, IDENTITY)
    sharded(partial(Grid, told), "passage", grown, options, IDENTITY)
    assert told == ["t20", "t21", "t22"]


def test_parts_share_the_work(tmp_path: Path) -> None:
    made, told = with_copies(3), []
    for number in (2, 0, 1):
        options = ShardOptions(tmp_path, 2, part=f"{number}/3")
        assert encode_part(partial(Grid, told), "passage", made.corpora, options, IDENTITY) > 0
        assert encode_part(partial(Grid, told), "passage", made.corpora, options, IDENTITY) == 0
    assert len(told) == len({*told})
    sharded(partial(pytest.fail, "encodes"), "passage", made.corpora, options, IDENTITY)


def test_the_manifest_says_what_the_files_are(tmp_path: Path) -> None:
    made = with_copies(4)
    sharded(Grid, "passage", made.corpora, ShardOptions(tmp_path, 6), IDENTITY)
    (path,) = tmp_path.glob("passage-*.json")
    manifest = json.loads(path.read_text())
    assert manifest["encoder"] == IDENTITY
    assert {s["file"] for s in manifest["shards"]} == {p.name for p in tmp_path.glob("*.arrow")}
    assert sum(s["texts"] for s in manifest["shards"]) == manifest["distinct"]


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    for part in ("4/4", "1", "-1/3", "a/b"):
        with pytest.raises(LingweaveError, match="write i/n"):
            ShardOptions(tmp_path, part=part)
    with pytest.raises(LingweaveError, match="shard_size 0"):
        ShardOptions(tmp_path, 0)

    class Broken(Grid):
        def encode_passages(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
            return np.full((len(texts), 2), np.nan, np.float32)

    made = with_copies(0)
    with pytest.raises(LingweaveError, match="hold NaN or infinity"):
        sharded(Broken, "passage", made.corpora, ShardOptions(tmp_path), {})
    sharded(RandomVectors, "query", made.queries, ShardOptions(tmp_path), IDENTITY)
    with pytest.raises(LingweaveError, match="queries have 256 dimensions, passages 4"):
        sharded_scores(Grid, made, ShardOptions(tmp_path), IDENTITY)
    (tmp_path / "file").write_text("")
    with pytest.raises(LingweaveError, match="cannot write vectors"):
        sharded(Grid, "passage", made.corpora, ShardOptions(tmp_path / "file"), {})


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.integers(1, 7))
def test_distinct_texts_are_all_texts(seed: int, size: int) -> None:
    made = with_copies(seed)
    texts = distinct_texts(made.corpora, size)
    distinct = [t for shard in texts.shards for t in texts.of(shard)]
    assert len(distinct) == len({*distinct})
    assert [distinct[n] for n in texts.number] == [
        t for y in sorted(made.corpora) for t in made.corpora[y].texts
    ]
    assert all(len(shard.rows) <= size for shard in texts.shards)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.integers(0, 40), st.integers(1, 3))
def test_equal_rows_are_found(seed: int, n: int, d: int) -> None:
    vectors = np.random.default_rng(seed).integers(-1, 2, (n, d)).astype(np.float32)
    rows = [row.tobytes() for row in vectors]
    assert first_equal_rows(vectors).tolist() == [rows.index(row) for row in rows]


def test_works_are_handed_out_as_there_is_room() -> None:
    class Backwards:
        """Finishes the task that was handed out last."""

        room, most, out = 3, 0, 0

        def submit(self, work: Work) -> object:
            self.out += 1
            self.most = max(self.most, self.out)
            return work.number, work.texts[0]

        def finished(self, tasks: list[tuple[int, str]]) -> tuple[object, NDArray[np.float32]]:
            self.out -= 1
            return tasks[-1], np.full((1, 1), float(tasks[-1][1]), np.float32)

    workers = Backwards()
    works: Iterator[Work] = (Work(i, "query", "en", [str(i * i)]) for i in range(10))
    found = {number: float(vectors[0, 0]) for number, vectors in driven(workers, works)}
    assert found == {i: float(i * i) for i in range(10)}
    assert (workers.most, workers.out) == (3, 0)


class DyingOnce(Grid):
    """Kills its process over the text ``t5``, if no other did before."""

    def __init__(self, marker: Path) -> None:
        super().__init__()
        self.marker = marker

    def encode_passages(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        if "t5" in texts and not self.marker.exists():
            self.marker.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_passages(texts, language)


@pytest.mark.slow
def test_a_killed_worker_of_a_ray_cluster_loses_nothing(tmp_path: Path) -> None:
    pickling = pytest.importorskip("ray.cloudpickle")
    # Workers cannot import this file.
    pickling.register_pickle_by_value(sys.modules[__name__])
    corpora = {"en": Texts(*[tuple(f"t{i}" for i in range(40))] * 2)}
    options = ShardOptions(tmp_path / "shards", 4, ray="local")
    marker = tmp_path / "killed"
    found = sharded(partial(DyingOnce, marker), "passage", corpora, options, IDENTITY)
    assert marker.exists()
    np.testing.assert_array_equal(found[0:40], Grid().encode_passages(corpora["en"].texts, "en"))
    assert len([*(tmp_path / "shards").glob("*.arrow")]) == 10


def test_benchmarks_without_queries_of_a_language(tmp_path: Path) -> None:
    made = benchmark(1)
    scores = sharded_scores(Grid, made, ShardOptions(tmp_path), IDENTITY, memory=0)
    assert len([*scores.parts(judgements_of(made))]) == len(made.languages)
