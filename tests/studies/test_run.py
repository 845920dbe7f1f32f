"""From a study file to its report: all of it, or some of its runs."""

import json
from dataclasses import replace

import pytest
from studies.runnable import TRAIN, WARM, runnable

from lingweave.errors import LingweaveError
from lingweave.studies import run as room
from lingweave.studies.config import StudyConfig
from lingweave.studies.definition.study import Choice, ClaimSpec, Side, Start
from lingweave.studies.run import only, report, study_folder
from lingweave.studies.running.pool import Failure
from lingweave.studies.running.runs import runs_of
from lingweave.studies.running.work import is_made, is_measured


def test_only_makes_a_run_and_measures_it(table_file, tmp_path, capsys):
    runs = runs_of(runnable(table_file), tmp_path)
    warm, arm = runs.starts["warm"], runs.arms["hybrid", 2]
    with pytest.raises(LingweaveError, match=f"hybrid 2: goes on from start warm.*{warm.id}"):
        only(runs, [arm.id])
    assert not arm.folder.exists()
    only(runs, [warm.id])
    before, own = (next(one for one in runs.measures if one.run == run) for run in (warm, arm))
    assert is_measured(before)
    only(runs, [arm.id])
    assert is_made(arm)
    assert is_measured(own)
    assert not is_made(runs.arms["hybrid", 1])
    told = capsys.readouterr()
    assert told.out.splitlines() == [str(before.folder), str(own.folder)]
    assert "hybrid 2: 100%" in told.err


def test_only_measures_a_floor(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    floor = next(one for one in runs.measures if one.arm == "tfidf")
    only(runs, [floor.id])
    assert is_measured(floor)
    with pytest.raises(LingweaveError, match="--only nothing: is no run or measure of this study"):
        only(runs, ["nothing"])


def test_together_processes_train_one_run(table_file, tmp_path, monkeypatch):
    runs = runs_of(runnable(table_file), tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(LingweaveError, match="one run at a time"):
        only(runs, [run.id for run in runs.arms.values()])


def test_the_report_is_of_what_is_there(done_study, tmp_path, capsys):
    study, runs, out = done_study
    config = StudyConfig(study=["toy"], out=str(out), scale="tiny")
    claim = ClaimSpec("Hybrid is apart.", Side({"recipe": "hybrid"}), Side({"recipe": "mono"}),
                      "above", ["cross.mAP"])  # fmt: skip
    report(config, replace(study, claims=[claim]), runs)
    folder = study_folder(config, study)
    assert folder.name == "toy-tiny"
    told = json.loads((folder / "report.json").read_text())
    assert len(told["claims"]) == 1
    assert set(told["benchmarks"]["all"]["arms"]) == {"mono", "hybrid", "tfidf", "before"}
    first = (folder / "report.md").read_bytes(), (folder / "report.json").read_bytes()
    report(config, replace(study, claims=[claim]), runs)
    assert first == ((folder / "report.md").read_bytes(), (folder / "report.json").read_bytes())
    assert "Hybrid is apart." in capsys.readouterr().out


def test_what_failed_is_named_and_its_trace_kept(table_file, tmp_path, monkeypatch):
    study = runnable(table_file, starts={"warm": Start(train=WARM)})
    runs = runs_of(study, tmp_path)
    id = runs.arms["mono", 1].id
    failed = Failure("ValueError: odd", "Traceback ...")
    config = StudyConfig(study=["toy"], out=str(tmp_path))
    kept = study_folder(config, study) / "failures" / f"{id}.txt"

    def stopped(tasks, places, title, preload, told):
        told(id, failed)
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "done_side_by_side", stopped)
    with pytest.raises(KeyboardInterrupt):
        room.done(runs, config, study)
    assert kept.read_text() == "Traceback ..."
    monkeypatch.setattr(room, "done_side_by_side", lambda *given: {id: failed})
    assert room.done(runs, config, study) == {"mono 1": failed}
    monkeypatch.setattr(room, "done_side_by_side", lambda *given: given[-1](id, None) or {})
    assert room.done(runs, config, study) == {}
    assert not kept.parent.exists()


def test_planned_arms_come_last_and_are_no_runs_that_failed(
    done_study, table_file, tmp_path, monkeypatch
):
    study = runnable(table_file, arms=[{"recipe": "mono"}], planned=[{"recipe": "hybrid"}])
    runs = runs_of(study, tmp_path)
    config = StudyConfig(study=["toy"], out=str(tmp_path))
    found = []

    def failing(tasks, places, title, preload, told):
        found.extend(tasks)
        told(tasks[-1].id, Failure("ValueError: odd", "Traceback ..."))
        return {tasks[-1].id: Failure("ValueError: odd", "Traceback ...")}

    monkeypatch.setattr(room, "done_side_by_side", failing)
    assert room.done(runs, config, study) == {}
    assert [task.name for task in found if task.name.startswith("plan of")] == ["plan of hybrid"]
    assert found[-1].name == "plan of hybrid"
    assert not study_folder(config, study).exists()
    found.clear()
    study, runs, out = done_study
    assert room.missing_tasks(runs) == []
    monkeypatch.setattr(room, "done_side_by_side", lambda tasks, *given: found.extend(tasks) or {})
    room.done(runs, StudyConfig(study=["toy"], out=str(out)), replace(study, planned=[{}]))
    assert found == []


def test_only_looks_at_its_own_run_first(table_file, tmp_path):
    train = {name: value for name, value in TRAIN.items() if name != "batch_size"}
    axes = {"recipe": {"mono": Choice({"recipe": "x-x-mono", "batch_size": 16}),
                       "big": Choice({"recipe": "hybrid", "batch_size": 4000})}}  # fmt: skip
    starts = {"warm": Start(train=WARM | {"batch_size": 16})}
    study = runnable(table_file, train=train, axes=axes, starts=starts)
    runs = runs_of(study, tmp_path)
    only(runs, [runs.starts["warm"].id], study)
    with pytest.raises(LingweaveError, match="big 1: data set"):
        only(runs, [runs.arms["big", 1].id], study)
    assert not runs.arms["big", 1].folder.exists()
    only(runs, [runs.arms["mono", 1].id], study)
    assert is_made(runs.arms["mono", 1])


def test_together_processes_are_given_one_run(table_file, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(LingweaveError, match=r"2 processes .* give --only ID"):
        room.run(StudyConfig(study=["example"], out=str(tmp_path)))


def test_a_report_is_not_made_of_runs_with_other_defaults(table_file, tmp_path):
    study = runnable(table_file, seeds=[1], floors={})
    runs = runs_of(study, tmp_path)
    only(runs, [runs.starts["warm"].id])
    path = runs.starts["warm"].folder / "run.json"
    told = json.loads(path.read_text())
    told["config"]["warmup"] = 0.5
    path.write_text(json.dumps(told))
    with pytest.raises(LingweaveError, match=r"warmup 0\.5 then, 0\.05 now"):
        report(StudyConfig(study=["toy"], out=str(tmp_path)), study, runs)
