"""How a run ends: what had stopped stays stopped, and a damaged best checkpoint is no model."""

import json
from pathlib import Path

import pytest

from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig
from lingweave.training import run as running
from lingweave.training.run import train

WEIGHTS = "model.safetensors"


def silent(line):
    """Nothing is looked at on the way."""


def config(quick, out, **more):
    """A rate so high that validation soon gets worse."""
    given = {"eval_every": 5, "patience": 1, "checkpoint_every": 5, "keep": 2, "steps": 60}
    return TrainConfig(**quick | given | {"learning_rate": 3.0, "out": str(out)} | more)


def cut_short(config, monkeypatch):
    """Ends a run after its last step and before its model is written."""

    def fail(*args):
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(running, "write_models", fail)
        with pytest.raises(OSError, match="power cut"):
            train(config, on_line=silent)


def test_a_run_that_patience_ended_does_not_go_on(quick, tmp_path, monkeypatch):
    plain = train(config(quick, tmp_path / "plain"), on_line=silent)
    record = json.loads((plain / "lingweave.json").read_text())
    assert record["steps"] < 60
    cut_short(config(quick, tmp_path / "cut"), monkeypatch)
    again = train(config(quick, tmp_path / "cut"), on_line=silent)
    assert json.loads((again / "lingweave.json").read_text())["steps"] == record["steps"]
    for folder in ("model", "last"):
        one, two = tmp_path / "plain" / folder / WEIGHTS, tmp_path / "cut" / folder / WEIGHTS
        assert one.read_bytes() == two.read_bytes()


def test_a_damaged_best_checkpoint_is_named(quick, tmp_path, monkeypatch):
    cut_short(config(quick, tmp_path / "run", patience=2), monkeypatch)
    best, *later = sorted((tmp_path / "run" / "checkpoints").glob("step-*"))
    assert later
    weights = best / "trained.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(LingweaveError, match=r"the best checkpoint is damaged .* in .*last"):
        train(config(quick, tmp_path / "run", patience=2), on_line=silent)
    assert Path(tmp_path / "run" / "last" / "modules.json").is_file()
