"""Killed at any moment, on a full or a failing disk: what was saved stays, the end is the same.

Runs are started in fresh processes that share one import of the libraries.
"""

import errno
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pair import PRELOADED, Pair
from safetensors.numpy import load_file

from benchmarks import faults
from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig
from lingweave.training.checkpoint import (
    complete_checkpoints,
    damage,
    latest_whole,
    load_optimizer,
    load_states,
    remove_old,
    save_states,
    seal,
)
from lingweave.training.rowwise import RowwiseRMSProp
from lingweave.training.run import train

STATIC = {"encoder": "static", "checkpoint_every": 9, "steps": 30}
TRANSFORMER = {
    "encoder": "transformer",
    "steps": 20,
    "checkpoint_every": 6,
    "eval_every": 5,
    "criterion": "multi",
    "patience": 10,
}


def run(config, fault=None, moment=0, error=None):
    """The body of a child process: a run, with a fault at a moment."""
    from lingweave.training import run as module
    from lingweave.training import trainer

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    plain_step, plain_states = trainer.PlanTrainer.training_step, trainer.save_states
    plain_rename = Path.rename
    name = f"step-{moment:08d}"

    def step(self, *args, **kwargs):
        if self.state.global_step == moment:
            die()
        return plain_step(self, *args, **kwargs)

    def states(folder, *args):
        if fault == "in the middle" and name in folder.name:
            (folder / "optimizer.safetensors").write_bytes(b"half")
            die()
        return plain_states(folder, *args)

    def rename(self, target):
        if fault == "before the name" and self.name == f"{name}.part":
            die()
        if fault == "before the model's name" and self.name == "model.part":
            die()
        found = plain_rename(self, target)
        if fault == "after the name" and self.name == f"{name}.part":
            die()
        if fault == "removing" and self.name == name:
            die()
        return found

    if fault == "step":
        trainer.PlanTrainer.training_step = step
    trainer.save_states, Path.rename = states, rename
    if fault == "size":  # The system refuses to let a file grow: as a full disk does.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (moment, moment))
    try:
        module.train(config, on_line=silent, say=silent)
    except LingweaveError as mistake:
        error.put(str(mistake))


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def outcome(processes, *args):
    """The exit code and what the error line said."""
    errors = processes.SimpleQueue()
    process = processes.Process(target=run, args=(*args, *(None, 0)[len(args) - 1 :], errors))
    process.start()
    process.join(120)
    return process.exitcode, None if errors.empty() else errors.get()


def silent(line):
    return None


def weights(config):
    return load_file(Path(config.out) / "model" / "model.safetensors")


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


class StopError(Exception):
    """Raised in place of a kill, where the process is wanted afterwards."""


def stopped_at(config, step):
    """A run that got that far."""

    def stop(line):
        if line["step"] == step:
            raise StopError

    with pytest.raises(StopError):
        train(config, on_line=stop, say=silent)
    return Path(config.out) / "checkpoints"


# Kills.


@pytest.mark.parametrize(
    ("fields", "kills"),
    [
        (STATIC, [("step", 12), ("in the middle", 18), ("before the name", 27)]),
        (TRANSFORMER, [("after the name", 6), ("removing", 6), ("before the model's name", 0)]),
    ],
    ids=["static", "transformer"],
)
def test_killed_runs_end_with_the_same_bits(processes, quick, tmp_path, fields, kills):
    config = TrainConfig(**quick | fields)
    whole = replace(config, out=str(tmp_path / "whole"))
    assert outcome(processes, whole) == (0, None)
    for fault, moment in kills:
        assert outcome(processes, config, fault, moment) == (-signal.SIGKILL, None), fault
        assert not (Path(config.out) / "model").exists()
    assert outcome(processes, config) == (0, None)
    assert_same(weights(whole), weights(config))
    read = [(Path(c.out) / "history.jsonl").read_text() for c in (whole, config)]
    validated = [[line for line in text.splitlines() if "eval" in line] for text in read]
    assert validated[0] == validated[1]
    assert not (Path(config.out) / "checkpoints").exists()


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("case", list(faults.CASES))
def test_runs_killed_at_random_moments_end_with_the_same_bits(tmp_path, case, processes):
    table = faults.made_up_table(tmp_path)
    runs = faults.Runs(tmp_path, table, faults.CASES[case], processes)
    found = list(faults.outcomes(runs, kills=20, stops=3, seed=processes))
    assert [outcome for outcome in found if not (outcome.identical and outcome.clean)] == []
    assert any(outcome.phase == "writing a checkpoint" for outcome in found)


@pytest.mark.slow
@pytest.mark.parametrize("sharding", ["none", "full"])
def test_sums_over_three_processes_do_not_depend_on_where_a_run_was_resumed(tmp_path, sharding):
    case = faults.CASES["transformer"] | {"sharding": sharding, "steps": 30}
    runs = faults.Runs(tmp_path, faults.made_up_table(tmp_path), case, 3)
    found = list(faults.outcomes(runs, kills=3, stops=1, seed=5))
    assert [outcome for outcome in found if not (outcome.identical and outcome.clean)] == []


TORCHRUN = """
import json, sys
from lingweave.training import TrainConfig
from lingweave.training.run import RunInterrupted, train
try:
    train(TrainConfig(**json.loads(sys.argv[1])), on_line=lambda line: None)
except RunInterrupted:
    print("stopped cleanly", flush=True)
    sys.exit(75)
"""


@pytest.mark.slow
def test_a_launcher_that_is_told_to_stop_leaves_a_checkpoint(quick, tmp_path):
    script, fields = tmp_path / "run.py", quick | {"steps": 4000, "encoder": "static"}
    script.write_text(TORCHRUN)
    source = Path(__file__).parents[2] / "src"
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "PYTHONPATH": str(source)}
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    launcher = subprocess.Popen(
        [*words, str(script), json.dumps(fields)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    history = Path(fields["out"]) / "history.jsonl"
    for _ in range(600):
        if history.exists() and history.stat().st_size:
            break
        time.sleep(0.1)
    launcher.terminate()
    said, _ = launcher.communicate(timeout=120)
    assert said.count("stopped cleanly") == 2
    [checkpoint] = complete_checkpoints(Path(fields["out"]) / "checkpoints")
    assert damage(checkpoint) is None


# What a checkpoint holds.


def stepped(optimizer, model, steps=3):
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        tokens = torch.randint(50, (7,), generator=generator)
        model(tokens.unsqueeze(0)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def bag(sparse):
    torch.manual_seed(0)
    return torch.nn.EmbeddingBag(50, 4, sparse=sparse)


OPTIMIZERS = {
    "adamw": lambda model: torch.optim.AdamW(model.parameters(), 0.1, fused=True),
    "rowwise": lambda model: RowwiseRMSProp(model.parameters(), 0.1),
}


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_an_optimiser_goes_on_as_it_would_have(tmp_path, name):
    model = bag(name == "rowwise")
    optimizer = OPTIMIZERS[name](model)
    stepped(optimizer, model)
    save_states(tmp_path, {"optimizer": optimizer.state_dict()})
    other = bag(name == "rowwise")
    other.load_state_dict(model.state_dict())
    resumed = OPTIMIZERS[name](other)
    load_optimizer(resumed, load_states(tmp_path)["optimizer"])
    assert str(resumed.state_dict()) == str(optimizer.state_dict())
    stepped(optimizer, model)
    stepped(resumed, other)
    assert torch.equal(model.weight, other.weight)


def test_states_of_any_depth_come_back_to_the_bit(tmp_path):
    shared = torch.linspace(-1, 1, 256)
    state = {
        "state": {
            0: {"step": 3, "state1": torch.arange(6, dtype=torch.uint8), "qmap": shared},
            1: {"quantised": {"absmax": torch.tensor([0.1, float("nan")]), "qmap": shared}},
        },
        "param_groups": [{"lr": 0.1 + 0.2, "betas": [0.9, 0.999], "fused": None, "params": [0, 1]}],
        "none": {},
        "low": torch.ones(3, dtype=torch.bfloat16),
    }
    save_states(tmp_path, {"optimizer": state})
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".json"}
    found = load_states(tmp_path)["optimizer"]
    torch.testing.assert_close(found, state, rtol=0, atol=0, equal_nan=True)


def test_what_has_no_form_in_a_file_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"optimizer\.hook: function"):
        save_states(tmp_path, {"optimizer": {"hook": silent}})


def test_the_state_of_another_optimiser_is_refused(tmp_path):
    model = bag(False)
    save_states(tmp_path, {"optimizer": torch.optim.SGD(model.parameters(), 0.1).state_dict()})
    with pytest.raises(LingweaveError, match="another optimiser"):
        load_optimizer(torch.optim.AdamW(model.parameters()), load_states(tmp_path)["optimizer"])


def test_the_latest_and_the_best_are_kept(quick):
    fields = {"eval_every": 4, "checkpoint_every": 3, "keep": 2, "log_every": 1}
    folder = stopped_at(TrainConfig(**quick | fields), 35)
    state = json.loads((complete_checkpoints(folder)[-1] / "trainer_state.json").read_text())
    steps = [int(path.name[5:]) for path in complete_checkpoints(folder)]
    best = state["best_global_step"]
    assert best in steps
    assert steps[-1] == 33
    assert min(set(steps) - {best}) >= 30
    assert len(steps) <= 3
    for path in complete_checkpoints(folder):
        assert {p.suffix for p in path.iterdir()} == {".safetensors", ".json"}


def test_old_checkpoints_go_but_for_the_best(tmp_path):
    for step in (3, 6, 9, 12):
        (tmp_path / f"step-{step:08d}").mkdir()
    remove_old(tmp_path, 2, best_step=3)
    assert [path.name[-2:] for path in complete_checkpoints(tmp_path)] == ["03", "09", "12"]


def test_a_half_written_checkpoint_is_not_read(tmp_path):
    for name in ("step-00000010", "step-00000020.part", "step-00000030.old", "step-00000009"):
        (tmp_path / name).mkdir(parents=True)
    names = [path.name for path in complete_checkpoints(tmp_path)]
    assert names == ["step-00000009", "step-00000010"]


# Disks that fail.


def test_a_damaged_checkpoint_is_passed_over(quick, tmp_path):
    config = TrainConfig(**quick | STATIC | {"keep": 2})
    whole = train(replace(config, out=str(tmp_path / "whole")), on_line=silent, say=silent)
    folder = stopped_at(config, 20)
    assert [path.name[-2:] for path in complete_checkpoints(folder)] == ["09", "18"]
    file = folder / "step-00000018" / "optimizer.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    said = []
    train(config, on_line=silent, say=said.append)
    [line] = [line for line in said if "damaged (" in line]
    assert "step-00000018.damaged: damaged (optimizer.safetensors has changed" in line
    assert any("goes on from step 9" in line for line in said)
    assert_same(load_file(whole / "model.safetensors"), weights(config))


def sealed(folder):
    folder.mkdir(parents=True)
    (folder / "trained.safetensors").write_bytes(b"12345")
    seal(folder, 1)
    return folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: (f / "trained.safetensors").write_bytes(b"12346"), "has changed since"),
        (lambda f: (f / "trained.safetensors").write_bytes(b"1234"), "4 bytes instead of 5"),
        (lambda f: (f / "trained.safetensors").unlink(), "trained.safetensors is missing"),
        (lambda f: (f / "checkpoint.json").unlink(), "checkpoint.json is missing"),
        (lambda f: (f / "checkpoint.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "checkpoint.json").write_text("[]"), "cannot be read"),
    ],
)
def test_damage_is_found(tmp_path, change, said):
    one, two = sealed(tmp_path / "step-00000001"), sealed(tmp_path / "step-00000002")
    assert damage(two) is None
    change(two)
    assert said in damage(two)
    lines = []
    assert latest_whole(tmp_path, 1, lines.append) == one
    assert len(lines) == 1
    assert complete_checkpoints(tmp_path) == [one]
    change(one)
    with pytest.raises(LingweaveError, match=r"no checkpoint is whole .* remove "):
        latest_whole(tmp_path, 1, lines.append)


def test_a_checkpoint_of_another_version_is_named(tmp_path):
    old = tmp_path / "step-00000001"
    old.mkdir()
    (old / "optimizer.pt").write_bytes(b"")
    with pytest.raises(LingweaveError, match="another version of lingweave; finish"):
        latest_whole(tmp_path, 1, silent)
    assert old.exists()


def test_another_number_of_processes_is_refused(tmp_path):
    sealed(tmp_path / "step-00000001")
    with pytest.raises(LingweaveError, match="began on 1 processes and this is 4"):
        latest_whole(tmp_path, 4, silent)


# Disks that are full.


def test_a_disk_that_fills_up_while_saving(processes, quick, tmp_path):
    config = TrainConfig(**quick | STATIC)
    whole = replace(config, out=str(tmp_path / "whole"))
    assert outcome(processes, whole) == (0, None)
    assert outcome(processes, config, "step", 12)[0] == -signal.SIGKILL
    saved = Path(config.out) / "checkpoints" / "step-00000009"
    before = {p.name: p.read_bytes() for p in saved.iterdir() if p.is_file()}
    code, line = outcome(processes, config, "size", 20_000)
    assert code == 0
    assert "cannot write the checkpoint" in line
    assert "step-00000018" in line
    assert "\n" not in line
    assert {p.name: p.read_bytes() for p in saved.iterdir() if p.is_file()} == before
    code, line = outcome(processes, replace(config, checkpoint_every=None), "size", 20_000)
    assert "cannot write the model" in line
    assert outcome(processes, config) == (0, None)
    assert_same(weights(whole), weights(config))


@pytest.mark.parametrize(
    "name",
    [
        "os.fsync",
        "lingweave.training.checkpoint.save_file",
        "lingweave.training.checkpoint.write_json",
        "lingweave.training.trainer.save_weights",
        "sentence_transformers.SentenceTransformer.save_pretrained",
        "lingweave.training.record.write_json",
        "lingweave.training.finish.model_card",
    ],
)
def test_no_space_at_any_write_is_one_line(quick, monkeypatch, name):
    config = TrainConfig(**quick | {"checkpoint_every": 9, "steps": 10})

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(name, full)
        with pytest.raises(LingweaveError, match="No space left on device") as error:
            train(config, on_line=silent, say=silent)
        assert "\n" not in str(error.value)
        assert not list(Path(config.out).rglob("*.part"))
    assert train(config, on_line=silent, say=silent).exists()


@pytest.fixture(scope="module")
def pair():
    pair = Pair()
    yield pair
    pair.close()


def attempt(fields, full):
    """What one of two processes hears of a run whose first process has a full disk, or not."""
    from lingweave.training import checkpoint
    from lingweave.training.run import train

    plain = checkpoint.save_file

    def no_space(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    checkpoint.save_file = no_space if full and os.environ["RANK"] == "0" else plain
    try:
        return str(train(TrainConfig(**fields), on_line=silent, say=silent))
    except LingweaveError as error:
        return str(error)
    finally:
        checkpoint.save_file = plain


@pytest.mark.slow
def test_a_full_disk_of_one_process_stops_both_with_one_line(pair, quick):
    fields = quick | {"checkpoint_every": 9, "steps": 12}
    one, two = pair(attempt, fields, True)
    assert one == two
    assert "cannot write the checkpoint" in one
    assert pair(attempt, fields, False) == [str(Path(fields["out"]) / "model")] * 2
