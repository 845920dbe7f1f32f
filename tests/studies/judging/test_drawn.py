"""Arms that are drawn side by side, and what keeps apart what cannot be compared."""

from dataclasses import replace

import numpy as np
import pytest
from studies.values import Pools, measured, sample, study

from lingweave.errors import LingweaveError
from lingweave.studies.definition.study import ClaimSpec, Side
from lingweave.studies.judging import drawn
from lingweave.studies.judging.drawn import drawn_figures

AXES = {"recipe": ("mono", "hybrid")}
CLAIM = ClaimSpec("claimed", Side({"recipe": "hybrid"}), Side({"recipe": "mono"}), "above",
                  ["mono.mAP"])  # fmt: skip


def arms(**changed):
    of = {"mono": [sample(0.4, seed) for seed in (1, 2, 3)],
          "hybrid": [sample(0.5, seed) for seed in (1, 2, 3)]}  # fmt: skip
    choices = {name: {"recipe": name} for name in of}
    return measured(choices, of | changed)


def without_a_query(one):
    pools = Pools(*(column[1:] for column in one.pools))
    return replace(one, pools=pools)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_draw_what_one_process_draws(monkeypatch, workers):
    alone = drawn_figures(study([CLAIM], AXES), arms())["b"]
    monkeypatch.setattr(drawn, "MUCH", 0)
    found = drawn_figures(study([CLAIM], AXES), arms(), workers=workers)["b"]
    assert list(found.arms) == list(alone.arms)
    for name, one in alone.arms.items():
        assert found.arms[name].cells == one.cells
        for figure, expected in one.drawn.items():
            np.testing.assert_array_equal(found.arms[name].drawn[figure].draws, expected.draws)
    assert (found.design, found.clusters, found.queries) == (alone.design, 20, 40)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (without_a_query(sample(0.5, 1)), "the queries of the pool differ"),
        (sample(0.5, 1, queries=38), "40 and 38 queries"),
        (sample(0.5, 1, languages=("de", "el", "fr")), "languages"),
    ],
)
def test_arms_that_were_not_measured_alike_are_refused(monkeypatch, workers, odd, told):
    monkeypatch.setattr(drawn, "MUCH", 0)
    with pytest.raises(LingweaveError, match=told) as error:
        drawn_figures(study([CLAIM], AXES), arms(hybrid=[odd] * 3), workers=workers)
    assert "runs/0.4-1" in str(error.value)
    assert "runs/0.5-1" in str(error.value)
