"""Bias figures against loops over sorted lists, and where their values are known."""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable
from statistics import fmean

import naive
import numpy as np
import pytest
from data import benchmark
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lingweave import bias
from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders import dense_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import Evaluation, evaluate
from lingweave.evaluate.bias import BiasResult, bias_change, bias_of, by_name, head_bias
from lingweave.evaluate.heads import heads_of
from lingweave.ranks import TIE_RULES
from lingweave.significance import Resampling

FEW = Resampling(resamples=20)
SEEDS = st.integers(0, 10_000)
Means = dict[tuple[str, ...], float]


def integer_vectors(made: Benchmark, seed: int, values: int) -> tuple[dict, dict]:
    """Vectors of three small integers, so that scores tie exactly."""
    random = np.random.default_rng(seed)
    draw = lambda side: random.integers(-values, values + 1, (len(side.ids), 3)).astype(np.float32)  # noqa: E731
    return {x: draw(s) for x, s in made.queries.items()}, {
        y: draw(s) for y, s in made.corpora.items()
    }


def measured(
    made: Benchmark, queries: dict, passages: dict, ties: str = "pessimistic"
) -> Evaluation:
    return evaluate(made, dense_scores(queries, passages, "dot", {}), ties)


def results(evaluation: Evaluation, *figures: bias.Figure) -> dict[str, BiasResult]:
    return by_name(bias_of(evaluation, figures or None, FEW))


def cell_means(rows: list[tuple[tuple[str, ...], float]]) -> Means:
    """The mean of each cell, from (cell, value) rows."""
    cells = defaultdict(list)
    for cell, value in rows:
        cells[cell].append(value)
    return {cell: fmean(values) for cell, values in cells.items()}


def over_first(means: Means) -> dict[str, float]:
    """Cells (x, y) -> y: the mean over x."""
    by = defaultdict(list)
    for (_, y), value in means.items():
        by[y].append(value)
    return {y: fmean(values) for y, values in by.items()}


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.sampled_from([1, 2, 50]), st.sampled_from(list(TIE_RULES)))
def test_rank_figures_are_those_of_loops(seed: int, values: int, ties: str) -> None:
    made = benchmark(seed)
    queries, passages = integer_vectors(made, seed, values)
    pool = np.concatenate([passages[y] for y in sorted(passages)])
    lists = naive.lists(made, {x: q @ pool.T for x, q in queries.items()}, ties)
    found = results(measured(made, queries, passages, ties))
    size = len(pool)

    distance, last, recall, pairs = [], [], [], []
    for (x, y, _), (ordered, grades) in lists.items():
        ranks = sorted(ordered.index(name) + 1 for name in grades)
        if y == "pool":
            if len(ranks) > 1:
                distance.append(((x,), ranks[-1] - ranks[0]))
                last.append(((x,), ranks[-1]))
            for z in {name.split("/")[0] for name in grades}:
                of_z = [ordered.index(n) < 10 for n in grades if n.startswith(f"{z}/")]
                recall.append(((x, z), fmean(of_z)))
        else:
            pairs.append(((x, y), fmean(k / r for k, r in enumerate(ranks, 1))))

    def check(name: str, by: dict, value: float, chance: float | None = None) -> None:
        one = found[name]
        assert {z: i.mean for z, i in one.by_language.items()} == pytest.approx(by)
        assert one.value.mean == pytest.approx(value, nan_ok=True)
        if chance is not None:
            assert one.chance == pytest.approx(chance, nan_ok=True)

    for name, rows in (("rank_distance", distance), ("max_at_r", last)):
        by = {x: v for (x,), v in cell_means(rows).items()}
        check(name, by, fmean(by.values()) if by else math.nan)
    by = over_first(cell_means(recall))
    check("recall_at_10_by_passage_language", by, fmean(by.values()), min(1, 10 / size))
    check("recall_at_10_gap", by, max(by.values()) - min(by.values()), 0)
    grid = cell_means(pairs)
    gaps = defaultdict(list)
    for (x, y), value in grid.items():
        if x != y and (y, x) in grid:
            gaps[x].append(abs(value - grid[y, x]))
    by = {x: fmean(v) for x, v in gaps.items()}
    check("direction_asymmetry", by, fmean(by.values()) if by else math.nan)
    to = {
        x: grid[x, "en"] - grid["en", x] for (x, y) in grid if y == "en" != x and ("en", x) in grid
    }
    check("direction_to_en", to, fmean(to.values()) if to else math.nan)


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.sampled_from([1, 3, 50]), st.sampled_from([1, 3, 10]))
def test_head_figures_are_those_of_loops(seed: int, values: int, k: int) -> None:
    made = benchmark(seed)
    queries, passages = integer_vectors(made, seed, values)
    codes = sorted(passages)
    pool = np.concatenate([passages[y] for y in codes])
    language = [y for y in codes for _ in made.corpora[y].ids]
    evaluation = measured(made, queries, passages)
    found = results(evaluation, bias.mrc_at(k), bias.own_language_share(k), bias.language_share(k))
    depth = min(100, len(pool))
    heads = {
        (x, id): np.argsort(-(queries[x][row] @ pool.T), kind="stable")[:depth]
        for x, side in made.queries.items()
        for row, id in enumerate(side.ids)
    }
    shares = cell_means(
        [
            ((x, y), fmean(language[p] == y for p in head[:k]))
            for (x, _), head in heads.items()
            for y in made.languages
        ]
    )
    by = over_first(shares)
    one = found[f"language_share_at_{k}"]
    assert {y: i.mean for y, i in one.by_language.items()} == pytest.approx(by)
    corpus = {y: language.count(y) / len(pool) for y in made.languages}
    assert one.value.mean == pytest.approx(sum(abs(by[y] - corpus[y]) for y in by) / 2)
    assert one.chance_by_language == pytest.approx(corpus)
    own = {x: shares[x, x] for x in made.queries if made.queries[x].ids}
    found_own = found[f"own_language_share_at_{k}"].by_language
    assert {x: i.mean for x, i in found_own.items()} == pytest.approx(own)

    rows = []
    for (x, id), head in heads.items():
        correlations = []
        for (z, other), head_z in heads.items():
            if other == id and z != x:
                union = sorted({*head[:k], *head_z[:k]})
                lines = []
                for code, places in ((x, head), (z, head_z)):
                    row = made.queries[code].ids.index(id)
                    score = queries[code][row] @ pool.T
                    lines.append([score[p] if p in places else -np.inf for p in union])
                if all(len({*line}) > 1 for line in lines):
                    correlations.append(spearmanr(*lines).statistic)
        if correlations:
            rows.append(((x,), fmean(correlations)))
    by = {x: v for (x,), v in cell_means(rows).items()}
    mrc = {x: i.mean for x, i in found[f"mrc_at_{k}"].by_language.items()}
    assert mrc == pytest.approx(by)


def parallel(languages: int, queries: int = 8) -> Benchmark:
    """Every query and passage in every language; passage i answers query i."""
    codes = ["en", "ar", "de", "es", "fr", "hi", "it", "ja"][:languages]
    ids = tuple(map(str, range(queries)))
    sides = {x: Texts(ids, ids) for x in codes}
    return Benchmark("parallel", sides, sides, tuple(Gold(id, x, id) for id in ids for x in codes))


def directions(made: Benchmark, of_language: Callable[[int], np.ndarray]) -> tuple[dict, dict]:
    """One direction a meaning, plus something of the language's own."""
    n = len(made.queries["en"].ids)
    meanings = np.eye(n, dtype=np.float32)
    sides = {
        x: np.concatenate([meanings, np.tile(of_language(i).astype(np.float32), (n, 1))], axis=1)
        for i, x in enumerate(made.languages)
    }
    return sides, sides


@pytest.mark.parametrize("languages", [2, 5, 8])
def test_an_encoder_blind_to_languages_has_no_bias(languages: int) -> None:
    made = parallel(languages)
    found = results(measured(made, *directions(made, lambda i: np.zeros(1))))
    assert found["rank_distance"].value.mean == languages - 1
    assert found["max_at_r"].value.mean == languages
    assert found["same_language_first"].value.mean == pytest.approx(1 / languages)
    assert found["same_language_first"].chance == pytest.approx(1 / languages)
    for name in ("recall_at_10_gap", "direction_asymmetry", "direction_to_en"):
        assert found[name].value.mean == 0
    assert found["mrc_at_10"].value.mean == pytest.approx(1)


def test_an_encoder_that_prefers_the_querys_language_is_told() -> None:
    made = parallel(4, queries=20)
    # The language weighs more than the meaning: a query's own language fills the head.
    found = results(measured(made, *directions(made, lambda i: 2 * np.eye(4)[i])))
    assert found["same_language_first"].value.mean == 1
    assert found["own_language_share_at_10"].value.mean == 1
    assert found["own_language_share_at_10"].chance == pytest.approx(1 / 4)
    assert found["language_share_at_10"].value.mean == pytest.approx(0)
    assert found["mrc_at_10"].value.mean == pytest.approx(found["mrc_at_10"].chance, abs=0.05)
    assert "100% of queries" in found["same_language_first"].users


def test_one_favoured_language_is_named() -> None:
    made = parallel(3, queries=20)
    # Only passages in English have the direction that all queries look for.
    queries, _ = directions(made, lambda i: np.ones(1))
    _, passages = directions(made, lambda i: np.array([2.0 if i == 2 else 0.0]))
    found = results(measured(made, queries, passages))
    shares = found["language_share_at_10"]
    assert shares.by_language["en"].mean == 1
    assert shares.value.mean == pytest.approx(2 / 3)
    assert "most of them are in en" in shares.users
    assert found["recall_at_10_gap"].told.highest == "en"
    assert found["recall_at_10_gap"].value.mean == pytest.approx(
        found["recall_at_10_by_passage_language"].by_language["en"].mean
        - min(i.mean for i in found["recall_at_10_by_passage_language"].by_language.values())
    )


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_new_names_of_languages_move_figures_and_change_none(seed: int) -> None:
    made = benchmark(seed)
    random = np.random.default_rng(seed)
    queries, passages = (  # Without ties: which of two equals comes first depends on the names.
        {x: random.standard_normal(v.shape).astype(np.float32) for x, v in vectors.items()}
        for vectors in integer_vectors(made, seed, 1)
    )
    new = dict(zip(made.languages, ["sv", "pt", "fi", "id", "hu"], strict=True))
    renamed = Benchmark(
        "renamed",
        {new[x]: side for x, side in made.queries.items()},
        {new[y]: side for y, side in made.corpora.items()},
        tuple(g._replace(language=new[g.language]) for g in made.gold),
        made.groups,
    )
    old = bias_of(measured(made, queries, passages, "optimistic"), None, FEW)
    other = bias_of(
        measured(
            renamed,
            {new[x]: v for x, v in queries.items()},
            {new[y]: v for y, v in passages.items()},
            "optimistic",
        ),
        None,
        FEW,
        pivot=new["en"],
    )
    for one, two in zip(old, other, strict=True):
        assert one.value.mean == pytest.approx(two.value.mean, nan_ok=True), one.figure.name
        assert {new[x]: i.mean for x, i in one.by_language.items()} == pytest.approx(
            {x: i.mean for x, i in two.by_language.items()}
        )


def test_lists_with_nothing_in_common() -> None:
    for k in (1, 2, 5, 10):
        one, other = [*range(1, k + 1)] + [k + 1] * k, [k + 1] * k + [*range(1, k + 1)]
        assert bias.nothing_in_common(k) == pytest.approx(spearmanr(one, other).statistic)


def test_last_ranks_of_random_rankings() -> None:
    random = np.random.default_rng(0)
    draws = np.array([random.permutation(40)[:3].max() + 1 for _ in range(4000)])
    expected = bias.expected_last_rank(np.array([3]), 40)[0]
    assert abs(draws.mean() - expected) < 4 * draws.std() / np.sqrt(len(draws))


def test_the_figures_survive_the_disk_and_a_selection(tmp_path) -> None:
    made = benchmark(7)
    evaluation = measured(made, *integer_vectors(made, 7, 2))
    evaluation.save(tmp_path / "e")
    for one, two in zip(
        bias_of(evaluation, None, FEW), bias_of(Evaluation.open(tmp_path / "e"), None, FEW),
        strict=True,
    ):  # fmt: skip
        np.testing.assert_array_equal(one.cells, two.cells)
        np.testing.assert_array_equal(one.draws, two.draws)


def test_heads_need_no_judgements() -> None:
    made = benchmark(5)
    evaluation = measured(made, *integer_vectors(made, 5, 3))
    sizes = [len(made.corpora[y].ids) if y in made.corpora else 0 for y in made.languages]
    heads = heads_of(evaluation.top(), made.languages, np.array(sizes))
    names = {one.figure.name for one in head_bias(heads, resampling=FEW)}
    assert names == {f.name for f in bias.FIGURES if isinstance(f, bias.HeadFigure)}
    assert set(heads.query_ids) == {id for side in made.queries.values() for id in side.ids}


def test_intervals_cover_and_pair() -> None:
    made = parallel(4, queries=30)
    random = np.random.default_rng(0)
    noise = lambda: {  # noqa: E731
        x: v + 0.6 * random.standard_normal(v.shape).astype(np.float32)
        for x, v in directions(made, lambda i: np.zeros(1))[0].items()
    }
    noisy, noisier = noise(), noise()
    before = bias_of(measured(made, noisy, noisy), None, Resampling(300))
    after = bias_of(measured(made, noisier, noisier), None, Resampling(300))
    for one in before:
        assert one.value.low <= one.value.high
        if not one.figure.name.endswith("gap") and "asymmetry" not in one.figure.name:
            assert one.value.low <= one.value.mean <= one.value.high, one.figure.name
    for change, a, b in zip(bias_change(before, after), before, after, strict=True):
        assert change.difference.mean == pytest.approx(b.value.mean - a.value.mean)
    same = bias_change(before, before)
    assert all((c.difference.low, c.difference.high) == (0, 0) for c in same)
    with pytest.raises(LingweaveError, match="same benchmark"):
        bias_change(before, bias_of(measured(made, noisy, noisy), None, FEW))


def test_many_languages_are_compared_in_a_ring(monkeypatch) -> None:
    made = parallel(8, queries=5)
    random = np.random.default_rng(1)
    vectors = {x: random.standard_normal((5, 4)).astype(np.float32) for x in made.languages}
    evaluation = measured(made, vectors, vectors)
    heads = heads_of(evaluation.top(), made.languages, np.full(8, 5))
    monkeypatch.setattr("lingweave.bias.heads.PARTNERS", 2)
    ring = bias.rank_correlations(heads, 10)
    monkeypatch.undo()
    pairs = {}
    for a, b in itertools.combinations(range(8), 2):
        rows = np.flatnonzero(np.isin(heads.query_language, [a, b]))
        two = bias.Heads(
            heads.languages, heads.query_ids, heads.corpus_sizes, heads.query_language[rows],
            heads.query[rows], heads.passage[rows], heads.passage_language[rows],
            heads.scores[rows],
        )  # fmt: skip
        for row, value in zip(rows, bias.rank_correlations(two, 10), strict=True):
            pairs[row, a + b - heads.query_language[row]] = value
    for row, value in enumerate(ring):
        a = heads.query_language[row]
        near = [pairs[row, (a + step) % 8] for step in (-2, -1, 1, 2)]
        assert value == pytest.approx(fmean(near))


def test_no_lists_have_no_heads() -> None:
    made = benchmark(5)
    evaluation = measured(made, *integer_vectors(made, 5, 3))
    heads = heads_of(evaluation.top().slice(0, 0), made.languages, np.ones(5, dtype=np.int64))
    assert len(heads.query) == 0
    assert all(
        np.isnan(one.value.mean) and not one.users for one in head_bias(heads, None, None, FEW)
    )
