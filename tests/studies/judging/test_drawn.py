"""Arms that are drawn side by side, and what keeps apart what cannot be compared."""

from dataclasses import replace

import numpy as np
import pytest
from studies.values import Pools, measured, sample, study

from lingweave.errors import LingweaveError
from lingweave.studies.definition.study import ClaimSpec, Side
from lingweave.studies.judging import drawn
from lingweave.studies.judging.drawn import drawn_figures
from lingweave.studies.judging.measured import opened_measures

NAMES = ("mono", "cross", "hybrid", "annealed")
AXES = {"recipe": NAMES}
CLAIM = ClaimSpec("claimed", Side({"recipe": "hybrid"}), Side({"recipe": "mono"}), "above",
                  ["mono.mAP"])  # fmt: skip


@pytest.fixture
def side_by_side(monkeypatch):
    """How many arms were given to workers."""
    asked, plain = [], drawn.mapped

    def mapped(work, items, workers, preload):
        asked.append((len(items), workers))
        return plain(work, items, workers, preload)

    monkeypatch.setattr(drawn, "mapped", mapped)
    monkeypatch.setattr(drawn, "MUCH", 0)
    return asked


def arms(**changed):
    of = {name: [sample(0.4 + place / 10, seed) for seed in (1, 2, 3)]
          for place, name in enumerate(NAMES)}  # fmt: skip
    return measured({name: {"recipe": name} for name in of}, of | changed)


def without_a_query(one):
    return replace(one, pools=Pools(*(column[1:] for column in one.pools)))


def same(found, expected):
    assert list(found.arms) == list(expected.arms)
    for name, one in expected.arms.items():
        assert found.arms[name].cells == one.cells
        for figure, drawn_one in one.drawn.items():
            np.testing.assert_array_equal(found.arms[name].drawn[figure].draws, drawn_one.draws)
    assert found.design == expected.design
    assert found.clusters == expected.clusters


def test_workers_draw_what_one_process_draws(side_by_side):
    alone = drawn_figures(study([CLAIM], AXES), arms())["b"]
    found = drawn_figures(study([CLAIM], AXES), arms(), workers=2)["b"]
    assert side_by_side == [(3, 1), (3, 2)]
    assert (found.clusters, found.queries) == (20, 40)
    same(found, alone)


def test_workers_draw_from_evaluations_on_the_disk(side_by_side, done_study):
    of, runs, out = done_study
    measures = opened_measures(of, out, runs.measures)
    alone = drawn_figures(of, measures)["all"]
    same(drawn_figures(of, measures, workers=2)["all"], alone)
    assert side_by_side == [(3, 1), (3, 2)]


def test_few_are_drawn_here(side_by_side, monkeypatch):
    monkeypatch.setattr(drawn, "MUCH", 37)
    drawn_figures(study([CLAIM], AXES), arms(), workers=2)
    assert side_by_side == [(3, 1)]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (without_a_query(sample(0.5, 1)), "the queries of the pool differ"),
        (sample(0.5, 1, queries=38), "40 and 38 queries"),
        (sample(0.5, 1, languages=("de", "el", "fr")), "languages"),
    ],
)
def test_arms_that_were_not_measured_alike_are_refused(side_by_side, workers, odd, told):
    with pytest.raises(LingweaveError, match=told) as error:
        drawn_figures(study([CLAIM], AXES), arms(hybrid=[odd] * 3), workers=workers)
    assert "runs/0.4-1" in str(error.value)
    assert "runs/0.5-1" in str(error.value)
