"""What runs take, apart from time and in time."""

import json
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from studies.runnable import runnable

from lingweave.plan import BatchPlan
from lingweave.studies.running.costs import costs_of, parameters, seconds_of, spending
from lingweave.studies.running.runs import Runs, runs_of
from lingweave.studies.running.tokens import tokens_per_step
from lingweave.training.feeding import feed_of, wanted_of
from lingweave.training.options import options_of, recipe_of
from lingweave.training.tables import training_table
from lingweave.training.tokens import Tokens


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
    assert arm.memory is not None
    assert 0 <= arm.memory < 1e9
    assert arm.gpu_memory is None


def test_runs_without_a_measured_memory_have_none(done_study, tmp_path):
    _, runs, _ = done_study
    (run,) = runs.starts.values()
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "costs.json").write_bytes((run.folder / "costs.json").read_bytes())
    (folder / "seconds.json").write_text('{"wall": 3, "device": "H100", "processes": 8}')
    (cost,) = costs_of(Runs({"warm": run._replace(folder=folder)}, {}, ()))
    assert (cost.seconds, cost.device, cost.memory) == (3, "8 × H100", None)


def test_memory_is_the_peak_above_the_level_before_the_first_step(tmp_path):
    layer = torch.nn.Linear(2, 2)
    with spending(tmp_path, None) as spent, spent.memory():
        before = np.ones(60_000_000 // 8)
        layer(torch.ones(1, 2))
        held = np.ones(160_000_000 // 8)
        del held
    assert 150e6 < seconds_of(tmp_path)["memory"] < 215e6
    assert len(before)
    # The worst of all starts counts.
    with spending(tmp_path, None) as spent, spent.memory():
        layer(torch.ones(1, 2))
    assert seconds_of(tmp_path)["memory"] > 150e6


def test_tokens_are_those_that_the_feed_encodes(done_study, table_file):
    _, runs, _ = done_study
    run = runs.arms["hybrid", 1]
    for objective in ("infonce", "infonce=1,align_queries=0.2", "infonce=1,align_passages=0.2"):
        config = replace(run.config, objective=objective)
        assert tokens_per_step(config, run.model) == pytest.approx(_fed(config, run.model))


def _fed(config, model):
    """Tokens of the steps as training has them."""
    table = training_table(config)
    terms = options_of(config).terms
    with TemporaryDirectory() as store:
        tokens = Tokens(SentenceTransformer(str(model), device="cpu"), table,
                        (config.query_prompt, config.passage_prompt),
                        (config.query_length, config.passage_length), Path(store),
                        negatives=False, say=lambda line: None, check=lambda: None)  # fmt: skip
        feed = feed_of(config, tokens, wanted_of(config, table, terms, None), 0, None)
        plan = BatchPlan(recipe_of(config), table.shape(), config.seed)
        steps = [feed.inputs(plan, plan.batch(step)) for step in range(config.steps)]
    return sum(one.tokens for one in steps) / config.steps


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
