"""The example is a page that runs."""

import importlib.util
from pathlib import Path

import torch

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_trainer.py"


def test_the_plan_leads_a_plain_trainer():
    assert len(EXAMPLE.read_text().splitlines()) <= 80
    spec = importlib.util.spec_from_file_location("own_trainer", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        losses = [line["loss"] for line in example.main() if "loss" in line]
    finally:
        torch.set_num_threads(threads)
    assert len(losses) == 6
    assert losses[-1] < 0.6 * losses[0]
