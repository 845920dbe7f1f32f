"""What a study takes, told before anything is started."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from studies.runnable import TRAIN, runnable
from tiny import tiny_decoder

from lingweave.errors import LingweaveError
from lingweave.studies.definition.study import Choice, TableSpec
from lingweave.studies.planning import footprints
from lingweave.studies.planning.footprints import KEPT, PUBLISHED, published_shape
from lingweave.studies.planning.plan import _lines
from lingweave.studies.planning.planned import planned, planned_rows
from lingweave.studies.planning.sizing import PUBLISHED_SHAPE
from lingweave.training.footprint import shape


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


def planning(table_file, **train):
    """A study with an arm that is planned alone."""
    rest = {name: value for name, value in TRAIN.items() if name != "encoder"}
    axes = {"size": {"small": Choice({"encoder": "static"}), "large": Choice(train)}}
    return runnable(table_file, train=rest, axes=axes, arms=[{"size": "small"}],
                    planned=[{"size": "large"}], tables={"toy": TableSpec(files=["/gone.jsonl"])},
                    floors={})  # fmt: skip


def test_footprints_of_planned_arms_are_kept(table_file, tmp_path, monkeypatch):
    folder = tiny_decoder(tmp_path / "m")
    study = planning(table_file, encoder=str(folder))
    rows = planned_rows(study, tmp_path)
    (kept,) = (tmp_path / KEPT).iterdir()
    before = kept.read_bytes()

    def never(config, table, recipe):
        raise AssertionError

    monkeypatch.setattr(footprints, "_worked_out", never)
    monkeypatch.setattr(footprints, "_FOUND", {})
    assert planned_rows(study, tmp_path) == rows
    monkeypatch.setattr(footprints, "_code", lambda: ["another version"])
    (row,) = planned_rows(study, tmp_path)
    assert row["note"].startswith("not worked out: AssertionError")
    monkeypatch.undo()
    monkeypatch.setattr(footprints, "_FOUND", {})
    kept.write_bytes(before[:-9])
    assert planned_rows(study, tmp_path) == rows
    assert kept.read_bytes() == before


@pytest.mark.parametrize("change", ["ranks", "tokenizer", "steps"])
def test_what_decides_a_footprint_is_in_its_key(table_file, tmp_path, monkeypatch, change):
    folder = tiny_decoder(tmp_path / "m")
    study = planning(table_file, encoder=str(folder))
    planned_rows(study, tmp_path / "out")
    if change == "ranks":
        monkeypatch.setenv("WORLD_SIZE", "2")
    elif change == "tokenizer":
        path = folder / "tokenizer.json"
        path.write_text(path.read_text() + " ")
    else:
        study = planning(table_file, encoder=str(folder), steps=7)
    planned_rows(study, tmp_path / "out")
    assert len(list((tmp_path / "out" / KEPT).iterdir())) == 2


def test_a_footprint_for_the_processor_at_hand_is_not_kept(table_file, tmp_path):
    folder = tiny_decoder(tmp_path / "m")
    planned_rows(planning(table_file, encoder=str(folder)), tmp_path / "out", "cpu")
    assert not (tmp_path / "out" / KEPT).exists()


def test_an_arm_that_cannot_be_planned_does_not_lose_the_report(table_file, tmp_path, monkeypatch):
    def odd(config, table, recipe):
        raise ValueError("odd")

    monkeypatch.setattr(footprints, "_worked_out", odd)
    monkeypatch.setattr(footprints, "_FOUND", {})
    study = planning(table_file, encoder=str(tiny_decoder(tmp_path / "m")))
    (row,) = planned_rows(study, tmp_path / "out")
    assert row == {"arm": "large", "note": "not worked out: ValueError: odd"}


def test_sums_are_over_distinct_runs_and_measures(table_file, tmp_path):
    recipes = {"hybrid": "hybrid", "alpha": "hybrid", "mono": "x-x-mono"}
    axes = {"recipe": {name: Choice({"recipe": recipe}) for name, recipe in recipes.items()}}
    for tables in ({}, {"tables": {"toy": TableSpec(files=[str(tmp_path / "gone.jsonl")])}}):
        study = runnable(table_file, axes=axes, **tables)
        lines = _lines(study, planned(study, tmp_path / "out", "cpu"))
        # A start and two arms of two seeds; the third is one of them.
        assert lines[0].startswith("To run: 5 runs, of which 0 are done")
        assert f"{4 * 16 + 4 * 6 * 16:,} pairs" in lines[0]
        assert lines[1].startswith("Measures: 6, ")
        (spec,) = study.benchmarks.values()
        few = replace(study, benchmarks={"all": replace(spec, arms=[{"recipe": "mono"}])})
        lines = _lines(few, planned(few, tmp_path / "out", "cpu"))
        assert lines[1].startswith("Measures: 4, ")


def test_a_sum_that_is_not_known_is_a_dash(table_file, tmp_path):
    train = TRAIN | {"encoder": "no/such-model"}
    study = runnable(table_file, train=train, floors={})
    lines = _lines(study, planned(study, tmp_path / "out", "cpu"))
    assert "– tokens, – on one device, without mono, hybrid" in lines[0]


def test_a_published_shape_stands_for_a_model_that_cannot_be_fetched(
    table_file, tmp_path, monkeypatch
):
    def offline(*given, **options):
        raise OSError("no network")

    monkeypatch.setattr(shape, "snapshot_download", offline)
    train = TRAIN | {"encoder": "FacebookAI/xlm-roberta-base"}
    study = runnable(table_file, train=train, floors={})
    first, _ = planned(study, tmp_path / "out", "h100-80gb")
    assert first.parameters == 278_043_648
    assert PUBLISHED_SHAPE in first.note
    assert first.memory is not None
    assert first.tokens == 6 * 16 * (64 + 256)
    assert first.seconds is not None


def test_a_published_shape_stands_for_nothing_else_that_went_wrong(
    table_file, tmp_path, monkeypatch
):
    def wrong(config):
        raise LingweaveError("weights: the hub does not give such numbers")

    monkeypatch.setattr(shape, "described", wrong)
    train = TRAIN | {"encoder": "FacebookAI/xlm-roberta-base"}
    study = runnable(table_file, train=train, floors={},
                     tables={"toy": TableSpec(files=["/gone.jsonl"])})  # fmt: skip
    first, _ = planned(study, tmp_path / "out", "h100-80gb")
    assert PUBLISHED_SHAPE not in first.note
    assert "no such numbers" not in first.note
    assert "such numbers" in first.note


def test_every_published_shape_is_there():
    for name in PUBLISHED:
        folder = published_shape(name)
        assert folder is not None
        assert json.loads((Path(folder) / "config.json").read_text())["model_type"]
    assert published_shape("no/such-model") is None
