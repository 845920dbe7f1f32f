"""One run and one measure, done in this process."""

import fcntl
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file
from studies.runnable import runnable

from lingweave.errors import LingweaveError
from lingweave.evaluate import Evaluation
from lingweave.studies.running.costs import seconds_of
from lingweave.studies.running.runs import runs_of
from lingweave.studies.running.work import (
    check_as_begun,
    is_made,
    is_measured,
    lock_of,
    make,
    measure,
)
from lingweave.studies.tasks import missing_tasks
from lingweave.training.run import RunInterrupted


def begun_from(done_study, runs):
    """The start of these runs is made: that of the study which is done."""
    made, wanted = done_study[1].starts["warm"], runs.starts["warm"]
    assert made.id == wanted.id
    shutil.copytree(made.folder, wanted.folder)


def weights(run):
    return load_file(next(run.model.rglob("*.safetensors")))


def test_a_run_is_made_and_measured_once(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    warm, arm = runs.starts["warm"], runs.arms["hybrid", 1]
    assert not is_made(warm)
    said = []
    make(warm, said.append)
    make(arm, said.append)
    assert is_made(warm)
    assert is_made(arm)
    assert said[-1] == 1
    assert json.loads((arm.folder / "costs.json").read_text())["pairs"] == 6 * 16
    asked = next(one for one in runs.measures if one.run == arm)
    assert not is_measured(asked)
    measure(asked, said.append)
    assert is_measured(asked)
    evaluation = Evaluation.open(asked.folder)
    assert evaluation.languages == ("de", "el", "en", "ru")
    written = (asked.folder / "evaluation.json").stat().st_mtime_ns
    spent = seconds_of(arm.folder)
    make(arm, said.append)
    measure(asked, said.append)
    assert (asked.folder / "evaluation.json").stat().st_mtime_ns == written
    assert seconds_of(arm.folder) == spent


def test_a_stopped_run_ends_with_the_weights_it_would_have_had(done_study, table_file, tmp_path):
    _, whole, _ = done_study
    parts = runs_of(runnable(table_file), tmp_path / "parts")
    begun_from(done_study, parts)
    stopped = parts.arms["hybrid", 1]

    def stop(share):
        if share == 0.5:
            raise RunInterrupted(2, 3, "here")

    with pytest.raises(KeyboardInterrupt):
        make(stopped, stop)
    assert not is_made(stopped)
    assert seconds_of(stopped.folder)["starts"] == 1
    make(stopped, lambda share: None)
    assert seconds_of(stopped.folder)["starts"] == 2
    one, two = weights(whole.arms["hybrid", 1]), weights(stopped)
    assert all(np.array_equal(one[name], two[name]) for name in one)
    costs = [(run.folder / "costs.json").read_text() for run in (whole.arms["hybrid", 1], stopped)]
    assert costs[0] == costs[1]


def test_a_run_goes_on_with_the_data_where_it_was_begun(done_study, table_file, tmp_path):
    copy = tmp_path / table_file.name
    copy.write_bytes(table_file.read_bytes())
    out = tmp_path / "out"
    begun, again = (runs_of(runnable(rows), out) for rows in (table_file, copy))
    begun_from(done_study, begun)

    def stop(share):
        if share == 0.5:
            raise RunInterrupted(2, 3, "here")

    with pytest.raises(KeyboardInterrupt):
        make(begun.arms["mono", 1], stop)
    make(again.arms["mono", 1], lambda share: None)
    assert is_made(begun.arms["mono", 1])


def test_another_process_at_work_is_waited_for_or_named(table_file, tmp_path):
    run = runs_of(runnable(table_file), tmp_path).starts["warm"]
    lock = lock_of(run.folder)
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LingweaveError, match="start warm: another process is at work"):
            make(run, lambda share: None, wait=False)
    assert not is_made(run)


def test_what_is_missing_comes_after_what_it_needs(done_study, table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    tasks = missing_tasks(runs)
    assert len(tasks) == 5 + 6
    place = {task.id: number for number, task in enumerate(tasks)}
    assert all(place[need] < place[task.id] for task in tasks for need in task.needs)
    begun_from(done_study, runs)
    assert len(missing_tasks(runs)) == 4 + 6


def test_a_run_of_other_defaults_does_not_stand_for_a_new_one(table_file, tmp_path):
    run = runs_of(runnable(table_file), tmp_path).starts["warm"]
    make(run, lambda share: None)
    check_as_begun(run)
    path = run.folder / "run.json"
    told = json.loads(path.read_text())
    told["config"]["weight_decay"] = 0.5
    del told["config"]["grad_cache"]  # An option that did not exist then.
    path.write_text(json.dumps(told))
    line = r"start warm: .* was trained with other options \(weight_decay 0.5 then, 0.01 now\)"
    with pytest.raises(LingweaveError, match=line):
        make(run, lambda share: None)
    assert is_made(run)


def test_an_evaluation_of_another_model_is_made_again(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    warm = runs.starts["warm"]
    make(warm, lambda share: None)
    what = next(one for one in runs.measures if one.run == warm)
    measure(what, lambda share: None)
    assert is_measured(what)
    settings = warm.model / "config_sentence_transformers.json"
    settings.write_text(settings.read_text() + " ")
    assert not is_measured(what)
    before = (what.folder / "evaluation.json").stat().st_mtime_ns
    measure(what, lambda share: None)
    assert is_measured(what)
    assert (what.folder / "evaluation.json").stat().st_mtime_ns != before


def test_a_floor_of_other_options_is_made_again(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    floor = next(one for one in runs.measures if one.arm == "tfidf")
    measure(floor, lambda share: None)
    assert is_measured(floor)
    path = floor.folder / "evaluation.json"
    told = json.loads(path.read_text())
    told["provenance"]["configuration"]["ties"] = "optimistic"
    path.write_text(json.dumps(told))
    assert not is_measured(floor)
    measure(floor, lambda share: None)
    assert is_measured(floor)


def test_each_of_several_processes_takes_its_part_of_a_batch(table_file, tmp_path, monkeypatch):
    study = runnable(table_file)
    run = runs_of(study, tmp_path).starts["warm"]
    given = []

    def train(config, on_line, say):
        given.append(config)

    monkeypatch.setattr("lingweave.training.run.train", train)
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "1")
    make(run, lambda share: None)
    assert given[0] == replace(run.config, batch_size=4)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(LingweaveError, match="batch_size 16 cannot be dealt out to 3 processes"):
        make(run, lambda share: None)


def test_who_writes_the_costs_does_not_change_them(table_file, tmp_path, monkeypatch):
    run = runs_of(runnable(table_file), tmp_path).starts["warm"]
    make(run, lambda share: None)
    alone = (run.folder / "costs.json").read_text()
    (run.folder / "costs.json").unlink()
    monkeypatch.setenv("WORLD_SIZE", "2")
    make(run, lambda share: None)
    assert (run.folder / "costs.json").read_text() == alone
    # As two processes would have left it.
    for path in (run.folder / "run.json", run.model / "lingweave.json"):
        told = json.loads(path.read_text())
        told["config"]["batch_size"] //= 2
        path.write_text(json.dumps(told))
    seconds = json.loads((run.folder / "seconds.json").read_text())
    (run.folder / "seconds.json").write_text(json.dumps(seconds | {"processes": 2}))
    (run.folder / "costs.json").unlink()
    monkeypatch.delenv("WORLD_SIZE")
    make(run, lambda share: None)
    told = json.loads((run.folder / "costs.json").read_text())
    assert told == json.loads(alone) | {"processes": 2}
