"""The workers of a study, and what they do beside its runs."""

import pickle
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from studies.runnable import runnable

from lingweave.studies import tasks as room
from lingweave.studies.definition.study import Choice, TableSpec
from lingweave.studies.planning import footprints
from lingweave.studies.planning.planned import planned_rows
from lingweave.studies.running.pool import Place
from lingweave.studies.running.runs import Run, Runs, runs_of
from lingweave.studies.tasks import places_of, planning_tasks


def test_a_worker_has_a_gpu_or_a_core(table_file, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_gpus", lambda: ["0", "3"])
    monkeypatch.setattr(room, "cores", lambda: 8)
    study = runnable(table_file)
    assert places_of(runs_of(study, tmp_path), 3) == [Place()] * 3
    wanting = replace(study, train=study.train | {"device": "auto"})
    runs = runs_of(wanting, tmp_path)
    assert places_of(runs, 5) == [Place(4, "0"), Place(4, "3")]
    assert places_of(runs, 1) == [Place(8, "0")]
    monkeypatch.setattr(room, "_gpus", lambda: [])
    assert places_of(runs, 2) == [Place()] * 2
    assert places_of(runs, None) == [Place()] * 8
    monkeypatch.setattr(room, "_gpus", lambda: ["0", "3"])
    assert places_of(runs, None) == [Place(4, "0"), Place(4, "3")]
    assert places_of(runs_of(study, tmp_path), None) == [Place()] * 8


@pytest.mark.parametrize(
    ("seen", "count", "found"),
    [(None, 2, ["0", "1"]), ("-1", 0, []), ("0,1", 0, []), ("", 0, []), ("3, GPU-a", 2,
     ["3", "GPU-a"]), ("2,-1,3", 1, ["2"])],
)  # fmt: skip
def test_gpus_are_those_that_torch_sees(monkeypatch, seen, count, found):
    monkeypatch.setattr("torch.cuda.device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if seen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", seen)
    assert room._gpus() == found


def test_an_extension_needs_no_gpu(monkeypatch):
    monkeypatch.setattr(room, "_gpus", lambda: ["0"])
    monkeypatch.setattr(room, "cores", lambda: 4)
    extension = Run("a", "start wide", Path("a"), None)
    assert places_of(Runs({"wide": extension}, {}, ()), None) == [Place()] * 4


@pytest.mark.parametrize("at_hand", [True, False])
def test_planned_arms_are_worked_out_beside_the_runs(table_file, tmp_path, monkeypatch, at_hand):
    shape = str(resources.files("lingweave.studies") / "files" / "shapes" / "gemma-3-270m")
    large = Choice({"recipe": "hybrid", "encoder": shape, "optimizer": "adamw"})
    study = runnable(table_file)
    tables = study.tables if at_hand else {"toy": TableSpec(files=["/gone.jsonl"])}
    study = replace(study, axes={"recipe": study.axes["recipe"] | {"large": large}},
                    arms=[{"recipe": "mono"}], planned=[{"recipe": "large"}],
                    tables=tables)  # fmt: skip
    (task,) = planning_tasks(study, tmp_path, None)
    assert task.name == "plan of large"
    pickle.loads(pickle.dumps(task.work))(lambda share: None)

    def never(config, table, recipe):
        raise AssertionError

    monkeypatch.setattr(footprints, "_worked_out", never)
    monkeypatch.setattr(footprints, "_FOUND", {})
    (row,) = planned_rows(study, tmp_path)
    assert row["parameters"] > 2e8
