"""The benchmark of translators runs, at sizes at which its figures mean nothing."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "translators.py"


def test_the_benchmark_runs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--tiny"])
    threads = torch.get_num_threads()
    try:
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(SCRIPT), run_name="__main__")
    finally:
        torch.set_num_threads(threads)
    assert ended.value.code in (0, 1)
    out = capsys.readouterr().out
    for name in ("transformers fp32, beams 4", "CTranslate2 int8, beams 4", "the claim"):
        assert name in out
