"""Two processes follow one plan: their rows differ, their weights do not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lingweave.plan import BatchPlan, Recipe
from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training.data import PlannedBatches, Steps
from lingweave.training.encoder import built_encoder
from lingweave.training.tokens import Tokens

RUN = """
import json, sys
from lingweave.training import TrainConfig
from lingweave.training.run import train
train(TrainConfig(**json.loads(sys.argv[1])), on_line=lambda line: None)
"""


def test_ranks_share_a_step_and_divide_its_rows(quick, table_file):
    config = TrainConfig(**quick)
    table = read_table([table_file])
    model = built_encoder(config, lambda: table.texts("passage"))
    tokens = Tokens(model, table, ("", ""), (24, 32))
    plan = BatchPlan(Recipe("hybrid", batch_size=8, steps=5), table.shape(), 0, world_size=2)
    parts = [PlannedBatches(plan, tokens, 5, 0, rank)[3]["label"] for rank in (0, 1)]
    rows = np.concatenate([part[0].numpy() for part in parts])
    np.testing.assert_array_equal(rows, plan.batch(3).rows)
    assert list(Steps(3)) == [[0], [1], [2]]


@pytest.mark.slow
def test_two_processes_train_one_model(quick, tmp_path):
    quick |= {"eval_every": 20, "checkpoint_every": 10}
    script = tmp_path / "run.py"
    script.write_text(RUN)
    source = Path(__file__).parents[2] / "src"
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "PYTHONPATH": str(source)}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node"]
    subprocess.run(
        [*command, "2", str(script), json.dumps(quick)], env=environment, check=True, timeout=300
    )
    record = json.loads((Path(quick["out"]) / "model" / "lingweave.json").read_text())
    assert record["steps"] == 40
    lines = (Path(quick["out"]) / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [10, 20, 20, 30, 40, 40]
