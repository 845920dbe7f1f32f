"""The paper's figures: when ours say the same."""

import pytest
from studies.reported import a_study, contents, costs, measured

from lingweave.significance import Interval
from lingweave.studies.definition.study import Published
from lingweave.studies.reporting.display import published_tables
from lingweave.studies.reporting.published import published_rows, reproduced
from lingweave.studies.reporting.report import contents_of


@pytest.mark.parametrize(
    ("figure", "paper", "ours", "verdict"),
    [
        ("mono.mAP", 0.79, Interval(0.788, 0.781, 0.799), "reproduced"),  # wholly within .01
        ("mono.mAP", 0.758, Interval(0.758, 0.748, 0.768), "reproduced"),  # to the last bit
        ("mono.mAP", 0.79, Interval(0.70, 0.60, 0.80), "undecided"),  # holds it, and much else
        ("mono.mAP", 0.79, Interval(0.785, 0.775, 0.795), "undecided"),
        ("mono.mAP", 0.79, Interval(0.775, 0.771, 0.779), "not reproduced"),  # wholly outside
        ("mono.mAP", 0.79, Interval(0.785, float("nan"), float("nan")), "undecided"),
        ("rank_distance", 287.0, Interval(300, 299, 301), "reproduced"),  # within 5%
        ("rank_distance|unseen", 287.0, Interval(303, 302, 304), "not reproduced"),
        ("rank_distance", 287.0, Interval(250, 210, 290), "undecided"),
        ("rank_distance_ratio", 0.08, Interval(0.083, 0.0825, 0.0835), "reproduced"),
        ("rank_distance_ratio", 0.08, Interval(0.086, 0.0855, 0.0865), "not reproduced"),
    ],
)
def test_reproduced(figure, paper, ours, verdict):
    assert reproduced(figure, paper, ours) == verdict


def test_ours_has_the_interval_that_claims_use_not_that_of_the_tables():
    """Three seeds that agree by chance are taken to scatter normally; one decides nothing."""
    told = contents()
    one = next(row for row in told.published if row.figure == "mono.mAP" and row.ours)
    shown = told.parts[0].row(one.arm).figures[one.figure].interval
    assert one.ours.low < shown.low < shown.high < one.ours.high
    assert "not corrected for their number" in " ".join(t.caption for t in published_tables(told))
    study = a_study(seeds=[1], claims=[])
    alone = contents_of(study, measured(study), (), costs(study))
    rows = [row for row in alone.published if row.benchmark == "facts"]
    assert {row.status for row in rows} == {"undecided"}
    assert all(row.ours.mean > 0 for row in rows)


def test_what_is_not_measured_says_so():
    parts = contents().parts
    published = [
        Published({"recipe": "hybrid"}, "elsewhere", {"mono.mAP": 0.8}),
        Published({"recipe": "new"}, "facts", {"mono.mAP": 0.8}),
        Published({"recipe": "hybrid"}, "facts", {"mono.mAP": 0.1, "f1": 0.5}),
    ]
    arms = {row.name: row.choices for row in parts[0].rows if "xlm-r" in row.name}
    rows = published_rows(published, parts, arms)
    assert [(row.arm, row.figure, row.status) for row in rows] == [
        ("hybrid/xlm-r", "mono.mAP", "not measured"),
        ("new", "mono.mAP", "not measured"),
        ("hybrid/xlm-r", "mono.mAP", "not reproduced"),
        ("hybrid/xlm-r", "f1", "not measured"),
    ]
    assert rows[0].ours is None


def test_an_arm_that_leaves_an_axis_out_is_each_that_fits():
    parts = contents().parts
    arms = {row.name: row.choices for row in parts[0].rows if row.trained}
    rows = published_rows([Published({"recipe": "x-y"}, "facts", {"mono.mAP": 0.1})], parts, arms)
    assert [row.arm for row in rows] == ["x-y/xlm-r", "x-y/labse"]
