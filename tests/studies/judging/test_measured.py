"""What claims and reports are made of, from what is on the disk."""

from dataclasses import replace

from studies.runnable import runnable

from lingweave.studies.judging.measured import opened_measures
from lingweave.studies.running.runs import runs_of


def test_all_of_a_study_that_is_run(done_study):
    study, runs, out = done_study
    found = opened_measures(study, out)
    assert found.choices == {"mono": {"recipe": "mono"}, "hybrid": {"recipe": "hybrid"}}
    assert list(found.benchmarks["all"]) == ["mono", "hybrid", "tfidf", "before"]
    hybrid = found.benchmarks["all"]["hybrid"]
    assert hybrid.seeds == (1, 2)
    assert [path.name for path in hybrid.evaluations] == [
        one.id for one in runs.measures if one.arm == "hybrid"
    ]
    assert found.benchmarks["all"]["tfidf"].seeds == (None,)
    assert found.missing == {}


def test_what_is_missing_is_named(done_study, table_file, tmp_path):
    study, _, out = done_study
    more = replace(study, seeds=[2, 7, 9])
    found = opened_measures(more, out)
    assert found.benchmarks["all"]["mono"].seeds == (2,)
    assert found.missing == {"all": ("mono, seeds 7 and 9", "hybrid, seeds 7 and 9")}
    nothing = opened_measures(runnable(table_file), tmp_path)
    assert nothing.benchmarks == {"all": {}}
    assert nothing.missing == {"all": ("mono", "hybrid", "tfidf", "before")}


def test_measures_that_are_at_hand_are_not_looked_for_again(done_study):
    study, runs, out = done_study
    assert opened_measures(study, out, runs_of(study, out).measures) == opened_measures(
        study, out, runs.measures
    )
