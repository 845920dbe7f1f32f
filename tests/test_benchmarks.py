"""The benchmarks of training run, at sizes at which their figures mean nothing."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


def printed(script, *options):
    """What a script prints; claims about speed may fail at such sizes, the script may not."""
    answer = subprocess.run(
        [sys.executable, str(FOLDER / script), *options],
        env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
        timeout=600,
    )  # fmt: skip
    assert answer.returncode in (0, 1), answer.stderr
    assert "Traceback" not in answer.stderr, answer.stderr
    return answer.stdout


def test_without_a_gpu_its_benchmark_says_so(monkeypatch, capsys):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(FOLDER / "gpu.py"), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == "no GPU here: nothing was measured\n"


@pytest.mark.slow
def test_the_trainers_losses_are_the_stock_trainers():
    out = printed("trainer.py", "transformer", "--tiny", "--runs", "1")
    assert "holds: losses of 24 steps" in out


@pytest.mark.slow
@pytest.mark.parametrize("part", ["static", "quality", "chunks", "precision"])
def test_the_other_parts(part):
    assert "pairs/s" in printed("trainer.py", part, "--tiny", "--runs", "1")


@pytest.mark.slow
def test_memory_by_batch_size():
    out = printed("batch_memory.py", "--tiny", "--stock")
    assert "grad_cache: batch 8" in out
    assert "stock cached loss: batch 8" in out


@pytest.mark.slow
def test_the_gpu_benchmark_on_a_cpu():
    out = printed("gpu.py", "--device", "cpu", "--tiny")
    assert out.count("pairs/s") == 4
    assert out.count("planned") == 2


def test_many_languages():
    out = printed("languages205.py", "--tiny")
    assert "8 languages, 64 pairs, pool of 320" in out
    assert "peak" in out


@pytest.mark.slow
def test_the_grid_agrees_with_its_peers():
    pytest.importorskip("mteb")
    out = printed("grid.py", "--tiny", "--runs", "1")
    differences = [float(line.split()[-1]) for line in out.splitlines() if "largest" in line]
    assert len(differences) == 2
    assert max(differences) < 1e-5
