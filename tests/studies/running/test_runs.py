"""What runs are called: by what decides them, and by nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from studies.runnable import TRAIN, WARM, runnable

from lingweave.errors import LingweaveError
from lingweave.studies.definition.study import Altered, BenchmarkSpec, Choice, Start, TableSpec
from lingweave.studies.running.runs import Runs, runs_of


def ids(runs: Runs) -> set[str]:
    return {run.id for run in runs.all}


def test_a_study_is_starts_then_arms_and_every_one_on_every_benchmark(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    assert [run.name for run in runs.all] == [
        "start warm", "mono 1", "mono 2", "hybrid 1", "hybrid 2",
    ]  # fmt: skip
    assert [(one.arm, one.seed) for one in runs.measures] == [
        ("mono", 1), ("mono", 2), ("hybrid", 1), ("hybrid", 2), ("tfidf", None), ("before", None),
    ]  # fmt: skip
    warm = runs.starts["warm"]
    assert runs.measures[-1].run == warm
    assert runs.measures[-2].run is None
    assert all(run.needs == (warm.id,) for run in runs.arms.values())
    config = runs.arms["hybrid", 2].config
    assert config is not None
    assert config.encoder == str(warm.model)
    assert (config.seed, config.recipe, config.arm) == (2, "hybrid", None)
    assert config.tokens == str(tmp_path / "tokens")
    assert Path(config.out).parent == tmp_path / "models"


def test_a_benchmark_may_be_asked_of_some_arms_only(table_file, tmp_path):
    whole = runnable(table_file)
    (name, spec), *_ = whole.benchmarks.items()
    few = replace(whole, benchmarks={name: replace(spec, arms=[{"recipe": "hybrid"}])})
    runs, all_runs = runs_of(few, tmp_path), runs_of(whole, tmp_path)
    assert [(one.arm, one.seed) for one in runs.measures] == [
        ("hybrid", 1), ("hybrid", 2), ("tfidf", None), ("before", None),
    ]  # fmt: skip
    assert ids(runs) == ids(all_runs)
    before = {(one.arm, one.seed): one.id for one in all_runs.measures}
    assert all(one.id == before[one.arm, one.seed] for one in runs.measures)


def test_equal_runs_have_equal_names_wherever_they_lie(table_file, tmp_path):
    here = runs_of(runnable(table_file), tmp_path / "a")
    copy = tmp_path / table_file.name
    shutil.copyfile(table_file, copy)
    there = runs_of(runnable(copy, name="other"), tmp_path / "b")
    assert ids(here) == ids(there)


def test_fields_that_decide_nothing_rename_nothing(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    free = {"checkpoint_every": 5, "keep": 3, "log_every": 2, "warmup": 0.05}
    assert ids(runs_of(runnable(table_file, train=TRAIN | free), tmp_path)) == ids(runs)


@pytest.mark.parametrize(
    "changed",
    [
        {"train": TRAIN | {"temperature": 0.1}},
        {"train": TRAIN | {"languages": ["de", "en"]}},
        {"starts": {"warm": Start(train=WARM | {"steps": 5})}},
        {"seeds": [3, 4]},
    ],
)
def test_what_decides_weights_renames_every_arm(table_file, tmp_path, changed):
    before = {run.id for run in runs_of(runnable(table_file), tmp_path).arms.values()}
    after = {run.id for run in runs_of(runnable(table_file, **changed), tmp_path).arms.values()}
    assert len(before) == len(after) == 4
    assert not before & after


def test_other_records_are_other_runs(table_file, tmp_path):
    fewer = tmp_path / "fewer.jsonl"
    lines = table_file.read_text().splitlines(keepends=True)
    fewer.write_text("".join(lines[4:]))
    one, two = (runs_of(runnable(rows), tmp_path) for rows in (table_file, fewer))
    assert not ids(one) & ids(two)


def test_arms_with_the_same_fields_share_their_runs_and_measures(table_file, tmp_path):
    recipes = {"hybrid": "hybrid", "alpha": "hybrid", "x-y": "x-y"}
    axes = {"recipe": {name: Choice({"recipe": recipe}) for name, recipe in recipes.items()}}
    runs = runs_of(runnable(table_file, axes=axes), tmp_path)
    assert runs.arms["hybrid", 1].id == runs.arms["alpha", 1].id
    assert len(runs.arms) == 6
    assert len(runs.all) == 5
    assert len(runs.measures) == 8
    assert len(runs.distinct_measures) == 6


def test_how_a_benchmark_is_asked_is_in_a_measures_name(table_file, tmp_path):
    study = runnable(table_file)
    spec = study.benchmarks["all"]
    several = {
        "plain": spec,
        "same": replace(spec, unseen=["ru"]),
        "typos": replace(spec, alter=Altered("typos")),
        "read": replace(spec, read={}),
        "two": BenchmarkSpec(spec.evaluate | {"languages": ["de", "en"]}),
    }
    measures = runs_of(replace(study, benchmarks=several), tmp_path).measures
    names = {one.benchmark: one.id for one in measures if one.arm == "tfidf"}
    assert names["plain"] == names["same"]
    assert len(set(names.values())) == 4


def test_an_evaluation_field_of_an_arm_is_asked_and_named(table_file, tmp_path):
    axes = {"prompt": {"plain": Choice(), "asked": Choice(evaluate={"query_prompt": "Ask: "})}}
    runs = runs_of(runnable(table_file, axes=axes, seeds=[1]), tmp_path)
    assert runs.arms["plain", 1].id == runs.arms["asked", 1].id
    plain, asked = runs.measures[:2]
    assert plain.id != asked.id
    assert asked.fields == {"query_prompt": "Ask: ", "model": str(runs.arms["asked", 1].model)}


def test_a_start_may_go_on_from_another_and_never_from_itself(table_file, tmp_path):
    starts = {"warm": Start(train=WARM | {"encoder": "start:first"}), "first": Start(train=WARM)}
    runs = runs_of(runnable(table_file, starts=starts), tmp_path)
    assert [run.name for run in runs.all][:2] == ["start first", "start warm"]
    starts["first"] = Start(train=WARM | {"encoder": "start:warm"})
    with pytest.raises(LingweaveError, match="warm: goes on from itself"):
        runs_of(runnable(table_file, starts=starts), tmp_path)


def test_mistakes_name_the_arm(table_file, tmp_path):
    with pytest.raises(LingweaveError, match=r"arm mono: .*steps: 0 is not possible"):
        runs_of(runnable(table_file, train=TRAIN | {"steps": 0}), tmp_path)
    gone = {"toy": TableSpec(files=[str(tmp_path / "gone.jsonl")])}
    mined = TRAIN | {"negatives": 1, "mined": str(tmp_path / "gone.parquet")}
    with pytest.raises(LingweaveError, match=r"arm mono: .*train\.mined: .*gone\.parquet: cann"):
        runs_of(runnable(table_file, train=mined), tmp_path)
    with pytest.raises(LingweaveError, match=r"arm mono: .*gone.jsonl"):
        runs_of(runnable(table_file, tables=gone), tmp_path)
