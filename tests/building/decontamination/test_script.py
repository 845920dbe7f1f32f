"""The benchmark of decontamination holds its claim on a tenth of XQuAD-R."""

import subprocess
import sys

import pytest
from data import ROOT, shared_data


@pytest.mark.slow
def test_the_claim_holds_on_a_tenth() -> None:
    data = shared_data("eval/xquad_r").parents[1]
    script = ROOT / "benchmarks" / "contamination.py"
    answer = subprocess.run(
        [sys.executable, str(script), "--quick", "--data", str(data)],
        capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.endswith("the claim holds\n")
