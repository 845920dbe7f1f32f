"""What a study takes, told before anything is started."""

from dataclasses import replace

from studies.runnable import TRAIN, runnable

from lingweave.studies.plan import planned, planned_rows
from lingweave.studies.study import Choice, TableSpec


def test_a_plan_counts_runs_pairs_and_tokens_and_starts_nothing(table_file, tmp_path):
    out = tmp_path / "out"
    study = runnable(table_file, planned=[{"recipe": "x-y"}], arms=[{"recipe": ["mono", "hybrid"]}])
    axes = {"recipe": study.axes["recipe"] | {"x-y": Choice({"recipe": "x-y"})}}
    start, mono, hybrid, later = planned(replace(study, axes=axes), out, "cpu")
    assert [one.kind for one in (start, mono, hybrid, later)] == ["start", "arm", "arm", "planned"]
    assert (start.runs, mono.runs, later.runs) == (1, 2, 2)
    assert (mono.steps, mono.pairs, mono.done) == (6, 96, 0)
    for one in (start, mono, hybrid, later):
        assert one.parameters == 300 * 16
        assert one.memory is not None
        assert one.memory > 300 * 16 * 4 * 4
        assert one.fits
        assert one.seconds is not None
        assert one.seconds > 0
        assert not one.measured
        assert one.note == ""
        assert one.tokens is not None
    assert not out.exists()


def test_what_is_done_is_planned_by_what_it_took(done_study):
    study, _, out = done_study
    found = planned(study, out)
    assert all(one.done == one.runs and one.measured for one in found)
    assert all(one.measured is False for one in planned(study, out, "cpu"))


def test_without_data_texts_are_as_long_as_they_may_be(table_file, tmp_path):
    gone = {"toy": TableSpec(files=[str(tmp_path / "gone.jsonl")])}
    found = planned(runnable(table_file, tables=gone), tmp_path / "out", "a100-80gb")[1]
    assert "not at hand" in found.note
    assert found.tokens == 6 * 16 * (64 + 256)
    assert found.device == "a100-80gb"
    assert found.seconds is None


def test_an_encoder_that_is_not_at_hand_is_said(table_file, tmp_path):
    train = TRAIN | {"encoder": "no/such-model"}
    found = planned(runnable(table_file, train=train, floors={}), tmp_path / "out", "cpu")
    assert [one.arm for one in found] == ["mono", "hybrid"]
    assert "no/such-model" in found[0].note
    assert found[0].memory is None


def test_rows_of_a_report_are_of_planned_arms_and_the_same_everywhere(table_file, tmp_path):
    large = {"encoder": "transformer", "layers": 2, "dimension": 256}
    axes = {"size": {"small": Choice({"encoder": "static"}), "large": Choice(large)}}
    train = {name: value for name, value in TRAIN.items() if name != "encoder"}
    study = runnable(
        table_file, train=train, axes=axes, arms=[{"size": "small"}], planned=[{"size": "large"}]
    )
    (row,) = planned_rows(study, tmp_path / "out")
    assert row["arm"] == "large"
    assert row["GB on h100-80gb"] > 0
    assert row["hours"] is not None
    assert planned_rows(study, tmp_path / "other") == (row,)
