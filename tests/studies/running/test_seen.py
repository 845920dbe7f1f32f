"""Languages that arms have not seen, and what they go on from has."""

from studies.runnable import WARM, runnable

from lingweave.studies.definition.study import (
    BenchmarkSpec,
    Choice,
    Extension,
    Start,
    TableSpec,
    ThinTable,
)
from lingweave.studies.running.runs import Run, Runs, runs_of
from lingweave.studies.running.seen import seen_by_starts, written


def test_a_start_below_another_is_walked_to(table_file, tmp_path):
    """An arm without de goes on from a start without de that goes on from one with it."""
    asked = {"benchmark": "parallel", "data": str(table_file)}
    starts = {
        "first": Start(train=WARM),
        "warm": Start(train=WARM | {"encoder": "start:first", "table": ["without"]}),
        "unused": Start(train=WARM),
    }
    study = runnable(
        table_file,
        tables={"toy": TableSpec(files=[str(table_file)]),
                "without": TableSpec(thin=ThinTable("toy", ["de"], 0.0))},
        starts=starts,
        axes={"data": {"few": Choice({"table": ["without"]})}},
        benchmarks={"all": BenchmarkSpec(asked, unseen=["de"]), "other": BenchmarkSpec(asked)},
        seeds=[1],
    )  # fmt: skip
    assert seen_by_starts(study, runs_of(study, tmp_path)) == {"all": {"first": ("de",)}}


def test_only_starts_of_arms_that_are_measured_there_are_told(table_file, tmp_path):
    asked = {"benchmark": "parallel", "data": str(table_file)}
    arms = {name: Choice({"encoder": f"start:{name}"}) for name in ("one", "two")}
    study = runnable(
        table_file,
        starts={name: Start(train=WARM) for name in arms},
        axes={"from": arms},
        benchmarks={"all": BenchmarkSpec(asked, unseen=["de"], arms=[{"from": "two"}])},
        seeds=[1],
        floors={},
    )
    assert seen_by_starts(study, runs_of(study, tmp_path)) == {"all": {"two": ("de",)}}


def test_an_extended_vocabulary_is_not_trained(table_file):
    study = runnable(
        table_file,
        starts={"warm": Start(extend=Extension("m", "toy"))},
        benchmarks={"all": BenchmarkSpec({}, unseen=["de"])},
        floors={},
    )
    runs = Runs({"warm": Run("a", "start warm", table_file, None)}, {}, ())
    assert seen_by_starts(study, runs) == {}


def test_scripts_tell_languages_apart():
    assert written("swh-Latn") == written("sw")
    assert written("zh-TW") != written("zh")
