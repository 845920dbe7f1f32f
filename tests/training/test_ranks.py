"""Two processes follow one plan: their rows differ, their weights do not."""

import json
import os
import signal

import numpy as np
import pytest
from safetensors.torch import load_file
from tiny import tiny_decoder
from uneven import settings

from lingweave.training import run as running
from lingweave.training.sharding import is_sharded
from lingweave.training.trainer import PlanTrainer


def run(config, stop=None):
    """A run of this process: its weights at the end, gathered from their shares if there are.

    After step ``stop`` the first process is told to stop; then the step at which this one did.
    """
    made = []

    def on_line(line):
        if line["step"] == stop:
            os.kill(os.getpid(), signal.SIGTERM)

    class Remembered(PlanTrainer):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "PlanTrainer", Remembered)
        try:
            running.train(config, on_line=on_line, say=lambda line: None)
        except running.RunInterrupted as interruption:
            return interruption.step
    [trainer] = made
    parameters = trainer.model.named_parameters()
    if is_sharded(trainer.model):
        return {name: p.full_tensor().detach().float().numpy() for name, p in parameters}
    return {name: p.detach().float().numpy() for name, p in parameters}


def test_both_processes_end_with_the_same_weights(pair, uneven_table, tmp_path):
    config = settings(uneven_table, encoder="static", out=str(tmp_path), steps=6, batch_size=8)
    first, second = pair(run, config)
    for name, weight in first.items():
        np.testing.assert_array_equal(weight, second[name])
    saved = load_file(tmp_path / "model" / "model.safetensors")
    np.testing.assert_array_equal(saved["embedding.weight"], first["0.embedding.weight"])


def test_processes_may_keep_their_passages_to_themselves(pair, uneven_table, tmp_path):
    """Then the weights are still the same on all, and others than with all passages."""
    found = {}
    for gather in (True, False):
        out = tmp_path / str(gather)
        given = {"gather": gather, "steps": 6, "batch_size": 8, "negatives": 1}
        config = settings(uneven_table, encoder="static", out=str(out), **given)
        first, second = pair(run, config)
        for name, weight in first.items():
            np.testing.assert_array_equal(weight, second[name])
        (found[gather],) = first.values()
    assert not np.array_equal(found[True], found[False])


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    """A language model without dropout, which would depend on how texts are cut into chunks."""
    return tiny_decoder(tmp_path_factory.mktemp("qwen"))


slow = pytest.mark.slow
RUNS = [
    pytest.param({}, id="whole"),
    pytest.param({"grad_cache": True}, id="cached", marks=slow),
    pytest.param({"lora": 4}, id="adapters", marks=slow),
    pytest.param(
        {"lora": 4, "weights": "bf16", "gradient_checkpointing": True}, id="large", marks=slow
    ),
]
SHORT = {"steps": 6, "batch_size": 8, "chunk_tokens": 300, "learning_rate": 1e-3, "log_every": 1}


@pytest.mark.parametrize("changes", RUNS)
def test_shares_learn_what_copies_learn(pair, uneven_table, decoder, tmp_path, changes):
    found, losses = {}, {}
    for sharding in ("none", "full"):
        out = tmp_path / sharding
        given = {**SHORT, **changes, "encoder": str(decoder), "sharding": sharding}
        first, second = pair(run, settings(uneven_table, out=str(out), **given))
        for name, weight in first.items():
            np.testing.assert_array_equal(weight, second[name])
        found[sharding] = first
        lines = (out / "history.jsonl").read_text().splitlines()
        losses[sharding] = [json.loads(line)["loss"] for line in lines]
        saved = load_file(out / "model" / "model.safetensors")
        if "lora" not in changes:
            assert {f"0.model.{name}" for name in saved} == set(first)
            for name, weight in saved.items():
                np.testing.assert_array_equal(weight, first[f"0.model.{name}"])
        shape = json.loads((out / "model" / "config.json").read_text())
        assert shape["architectures"] == ["Qwen3Model"]
    exact = changes.get("weights") != "bf16"
    np.testing.assert_allclose(losses["full"], losses["none"], rtol=1e-5 if exact else 1e-3)
    for name, weight in found["none"].items():
        apart = 1e-6 if exact else 1e-4
        np.testing.assert_allclose(found["full"][name], weight, rtol=0, atol=apart)


KINDS = [
    # Steps of static encoders are short, so they vote at every sixteenth.
    pytest.param({"encoder": "static", "steps": 40}, 32, id="rows", marks=slow),
    pytest.param({"encoder": "transformer"}, 4, id="copies", marks=slow),
    pytest.param({"encoder": "transformer", "sharding": "full"}, 4, id="shares"),
]


@pytest.mark.parametrize(("changes", "heard"), KINDS)
def test_a_stopped_run_goes_on_to_the_same_weights(pair, uneven_table, tmp_path, changes, heard):
    given = {**SHORT, "eval_every": 3, "objective": "infonce", **changes}
    plain, stopped = (settings(uneven_table, out=str(tmp_path / x), **given) for x in "ab")
    whole, _ = pair(run, plain)
    # The signal comes to one of them after step 2; both hear of it at the vote after the next.
    assert pair(run, stopped, 2) == [heard, heard]
    again, other = pair(run, stopped)
    for name, weight in whole.items():
        np.testing.assert_array_equal(again[name], weight)
        np.testing.assert_array_equal(other[name], weight)
    histories = [(tmp_path / x / "history.jsonl").read_text() for x in "ab"]
    assert histories[0] == histories[1]
    models = [load_file(tmp_path / x / "model" / "model.safetensors") for x in "ab"]
    for name, weight in models[0].items():
        np.testing.assert_array_equal(models[1][name], weight)


def test_one_process_has_all_shares(uneven_table, tmp_path):
    models = []
    for sharding in ("none", "full"):
        config = settings(
            uneven_table, out=str(tmp_path / sharding), sharding=sharding, steps=3, batch_size=8
        )
        folder = running.train(config, on_line=lambda line: None, say=lambda line: None)
        models.append(load_file(folder / "model.safetensors"))
    for name, weight in models[0].items():
        np.testing.assert_array_equal(models[1][name], weight)
