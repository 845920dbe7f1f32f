"""What runs take, apart from time and in time."""

import json
import time

import pytest
from studies.runnable import runnable

from lingweave.studies.costs import (
    costs_of,
    parameters,
    seconds_of,
    spending,
    tokens_per_step,
)
from lingweave.studies.runs import runs_of


def test_costs_are_of_every_run_that_is_done_starts_first(done_study):
    _, runs, _ = done_study
    costs = costs_of(runs)
    assert [(one.arm, one.seed) for one in costs] == [
        ("start warm", None), ("mono", 1), ("mono", 2), ("hybrid", 1), ("hybrid", 2),
    ]  # fmt: skip
    arm = costs[-1]
    assert (arm.steps, arm.pairs) == (6, 6 * 16)
    assert arm.parameters == 300 * 16
    assert arm.tokens is not None
    assert 6 * 32 * 5 < arm.tokens < 6 * 32 * 64
    assert arm.seconds is not None
    assert arm.device == "cpu"


def test_what_is_missing_costs_nothing_yet(table_file, tmp_path):
    assert costs_of(runs_of(runnable(table_file), tmp_path)) == ()


def test_tokens_are_counted_by_the_models_tokenizer_and_guessed_without(done_study):
    _, runs, _ = done_study
    run = runs.arms["mono", 1]
    counted, guessed = (tokens_per_step(run.config, model) for model in (run.model, None))
    assert round(counted * 6) == json.loads((run.folder / "costs.json").read_text())["tokens"]
    assert counted / 4 < guessed < counted * 4


def test_a_folder_without_weights_has_no_parameters(tmp_path):
    assert parameters(tmp_path) is None


def test_seconds_add_up_over_restarts_and_failures(tmp_path):
    with spending(tmp_path, None):
        time.sleep(0.05)
    with pytest.raises(KeyboardInterrupt), spending(tmp_path, None):
        _interrupted_after(0.05)
    found = seconds_of(tmp_path)
    assert found["starts"] == 2
    assert 0.09 <= found["wall"] < 5
    assert found["device"] == "cpu"


def _interrupted_after(seconds):
    time.sleep(seconds)
    raise KeyboardInterrupt


def test_nothing_is_written_where_nothing_was_begun(tmp_path):
    with spending(tmp_path / "never", None):
        pass
    assert not (tmp_path / "never").exists()
