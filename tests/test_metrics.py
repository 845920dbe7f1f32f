"""Measures against ir_measures, untied from raw scores and tied from a prescribed order."""

import ir_measures
import naive
import numpy as np
import pytest
from data import benchmark
from ir_measures import AP, RR, R, Success, nDCG
from test_ranks import integer_scores, ranked

from lingweave.metrics import MEASURES, relevant_ranks, values_of
from lingweave.per_query import per_query
from lingweave.ranks import TIE_RULES

REFERENCE = (AP, R @ 1, R @ 10, Success @ 1, RR @ 10, nDCG @ 10)


def reference(
    lists: dict[tuple[str, str, str], tuple[dict[str, float], dict[str, int]]],
) -> dict[tuple[str, str, str], list[float]]:
    """ir_measures' value of each list, in the order of REFERENCE."""
    name = {"|".join(key): key for key in lists}
    run = {n: scores for n, key in name.items() for scores in [lists[key][0]]}
    qrels = {n: lists[key][1] for n, key in name.items()}
    values: dict[tuple[str, str, str], list[float]] = {key: [np.nan] * 6 for key in lists}
    for metric in ir_measures.iter_calc(REFERENCE, qrels, run):
        values[name[metric.query_id]][REFERENCE.index(metric.measure)] = metric.value
    return values


def ours(made, scores, rule):  # type: ignore[no-untyped-def]
    ranks, _ = ranked(made, scores)
    pairs, pools = per_query(ranks, TIE_RULES[rule])
    code, ids = ranks.languages, ranks.query_ids
    found = {(code[x], code[y], ids[q]): values for x, y, q, values in zip(*pairs, strict=True)}
    for x, q, values in zip(pools.query_language, pools.query, pools.values, strict=True):
        found[code[x], "pool", ids[q]] = values
    return found


def assert_agree(mine, theirs) -> None:  # type: ignore[no-untyped-def]
    assert mine.keys() == theirs.keys()
    for key, values in theirs.items():
        np.testing.assert_allclose(mine[key], values, atol=1e-6, rtol=0, err_msg=str(key))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rule", TIE_RULES)
def test_untied_values_are_those_of_ir_measures_on_raw_scores(seed: int, rule: str) -> None:
    made = benchmark(seed)
    random = np.random.default_rng(seed)
    scores = {
        x: random.permuted(np.tile(np.arange(matrix.shape[1]), (len(matrix), 1)), axis=1).astype(
            np.float32
        )
        / 7
        for x, matrix in integer_scores(made, seed, 2).items()
    }
    lists = {}
    passages = [f"{y}/{id}" for y in sorted(made.corpora) for id in made.corpora[y].ids]
    for (x, y, q), (names, grades) in naive.lists(made, scores, "index").items():
        row = made.queries[x].ids.index(q)
        raw = dict(zip(passages, scores[x][row].tolist(), strict=True))
        lists[x, y, q] = {name: raw[name] for name in names}, grades
    assert_agree(ours(made, scores, rule), reference(lists))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rule", TIE_RULES)
@pytest.mark.parametrize("values", [1, 3, 12])
def test_tied_values_are_those_of_ir_measures_on_the_prescribed_order(
    seed: int, rule: str, values: int
) -> None:
    made = benchmark(seed + 100)
    scores = integer_scores(made, seed, values)
    lists = {
        key: ({name: float(-place) for place, name in enumerate(names)}, grades)
        for key, (names, grades) in naive.lists(made, scores, rule).items()
    }
    assert_agree(ours(made, scores, rule), reference(lists))


def test_measures_by_hand() -> None:
    golds, _ = relevant_ranks((np.array([0, 0, 1]),), np.array([4, 1, 20]), np.array([1, 1, 1]))
    ap, r1, r10, hit, mrr, ndcg = values_of(golds).T
    assert [m.name for m in MEASURES] == ["mAP", "R@1", "R@10", "hit@1", "MRR@10", "nDCG@10"]
    np.testing.assert_allclose(ap, [(1 + 2 / 4) / 2, 1 / 20])
    np.testing.assert_allclose(r1, [0.5, 0])
    np.testing.assert_allclose(r10, [1, 0])
    np.testing.assert_allclose(hit, [1, 0])
    np.testing.assert_allclose(mrr, [1, 0])
    np.testing.assert_allclose(ndcg, [(1 + 1 / np.log2(5)) / (1 + 1 / np.log2(3)), 0])
