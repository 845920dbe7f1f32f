"""What of a study is done, under way, stopped or missing."""

import fcntl
import shutil

from studies.runnable import runnable

from lingweave.studies.running.runs import runs_of
from lingweave.studies.running.status import standings_of
from lingweave.studies.running.work import lock_of


def test_nothing_is_done_at_first(table_file, tmp_path):
    found = standings_of(runs_of(runnable(table_file), tmp_path))
    assert [one.name for one in found][-1] == "tfidf"
    assert {one.state for one in found} == {"missing"}
    assert {(one.measured, one.measures) for one in found} == {(0, 1)}


def test_a_study_that_is_run_is_done(done_study):
    _, runs, _ = done_study
    found = standings_of(runs)
    assert {one.state for one in found} == {"done"}
    assert sum(one.measured for one in found) == sum(one.measures for one in found) == 6
    assert (found[1].step, found[1].steps) == (6, 6)
    assert found[1].seconds is not None


def test_a_run_that_is_begun_is_under_way_while_someone_holds_it(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    run = runs.arms["mono", 2]
    run.folder.mkdir(parents=True)
    (run.folder / "history.jsonl").write_text('{"step": 2}\n{"step": 4}\n')

    def standing():
        return next(one for one in standings_of(runs) if one.id == run.id)

    assert (standing().state, standing().step) == ("stopped", 4)
    with lock_of(run.folder).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert standing().state == "under way"
    assert standing().state == "stopped"
    shutil.rmtree(run.folder)
    assert standing().state == "missing"
