"""Killed at any step or while saving, on a full disk: what was saved stays, the end is the same.

Runs are started in fresh processes that share one import of the libraries.
"""

import errno
import multiprocessing
import os
import resource
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig

STATIC = {"encoder": "static", "checkpoint_every": 9}
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
    import torch

    from lingweave.training import run as module
    from lingweave.training.trainer import PlanTrainer

    plain_step, plain_save = PlanTrainer.training_step, torch.save

    def step(self, *args, **kwargs):
        if self.state.global_step == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain_step(self, *args, **kwargs)

    def save(value, path, *args, **kwargs):
        if f"-{moment:08d}" in str(path):
            Path(path).write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        return plain_save(value, path, *args, **kwargs)

    if fault == "step":
        PlanTrainer.training_step = step
    if fault == "save":
        torch.save = save
    if fault == "size":  # The system refuses to let a file grow: as a full disk does.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (moment, moment))
    try:
        module.train(config, on_line=lambda line: None)
    except LingweaveError as mistake:
        error.put(str(mistake))


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["lingweave.training.run"])
    return context


def outcome(processes, *args):
    """The exit code and what the error line said."""
    errors = processes.SimpleQueue()
    process = processes.Process(target=run, args=(*args, *(None, 0)[len(args) - 1 :], errors))
    process.start()
    process.join(120)
    return process.exitcode, None if errors.empty() else errors.get()


def weights(config):
    return load_file(Path(config.out) / "model" / "model.safetensors")


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize("fields", [STATIC, TRANSFORMER], ids=["static", "transformer"])
def test_killed_runs_end_with_the_same_bits(processes, quick, tmp_path, fields):
    config = TrainConfig(**quick | fields)
    whole = replace(config, out=str(tmp_path / "whole"))
    assert outcome(processes, whole) == (0, None)
    every = config.checkpoint_every
    for fault, moment in (("step", every - 2), ("step", every + 1), ("save", 2 * every)):
        assert outcome(processes, config, fault, moment) == (-signal.SIGKILL, None)
        assert not (Path(config.out) / "model").exists()
    assert (Path(config.out) / "checkpoints" / f"step-{2 * every:08d}.part").exists()
    assert outcome(processes, config) == (0, None)
    assert_same(weights(whole), weights(config))
    read = [(Path(c.out) / "history.jsonl").read_text() for c in (whole, config)]
    validated = [[line for line in text.splitlines() if "eval" in line] for text in read]
    assert validated[0] == validated[1]


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
    assert outcome(processes, config) == (0, None)
    assert_same(weights(whole), weights(config))


def test_no_space_at_any_write_is_one_line(quick, monkeypatch):
    from lingweave.training.run import train

    config = TrainConfig(**quick | {"checkpoint_every": 9})

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("os.fsync", "torch.save", "lingweave.training.record.write_json"):
        with monkeypatch.context() as patch:
            patch.setattr(name, full)
            with pytest.raises(LingweaveError, match="No space left on device") as error:
                train(config, on_line=lambda line: None)
            assert "\n" not in str(error.value)
            assert not list(Path(config.out).rglob("*.part"))
    assert train(config, on_line=lambda line: None).exists()


def test_a_half_written_checkpoint_is_not_read(quick):
    from lingweave.training.trainer import complete_checkpoints

    folder = Path(quick["out"])
    for name in ("step-00000010", "step-00000020.part", "step-00000030.old", "step-00000009"):
        (folder / name).mkdir(parents=True)
    names = [path.name for path in complete_checkpoints(folder)]
    assert names == ["step-00000009", "step-00000010"]
