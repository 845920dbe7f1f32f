"""Runs that torchrun starts: on one machine and on two, with mistakes, and with a death."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]
ONE_NODE = [*TORCHRUN, "--standalone", "--nproc_per_node", "2"]
MODULE = ["-m", "lingweave.cli", "train"]


def words(fields, **changes):
    """The fields as a command's options; lists of one."""
    given = {**fields, **changes}
    return [
        word
        for name, value in given.items()
        for word in (f"--{name}", str(value[0] if isinstance(value, list) else value))
    ]


@pytest.fixture
def started():
    """Starts a command; what is left of it at the end of the test is ended."""
    running = []

    def start(command):
        source = Path(__file__).parents[2] / "src"
        process = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()  # The launcher ends what it has started.
            process.communicate(timeout=60)


def test_one_machine(started, quick, tmp_path):
    store = tmp_path / "ids"
    store.mkdir()
    options = words(quick, eval_every=20, tokens=store)
    launcher = started([*ONE_NODE, *MODULE, *options])
    said, told = launcher.communicate(timeout=300)
    assert launcher.returncode == 0, told
    assert said.split() == [f"{quick['out']}/model"]
    lines = (Path(quick["out"]) / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [10, 20, 20, 30, 40, 40]
    for step in (10, 30):
        assert told.count(f"step {step}/40") == 1
    # Two tables of two sides in four languages, made by both processes.
    assert len(list(store.rglob("*.arrow"))) == 16
    assert not list(store.rglob("*.part"))


def test_two_machines(started, quick):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meet = ["--nnodes", "2", "--nproc_per_node", "1", "--rdzv_backend", "c10d"]
    meet += ["--rdzv_endpoint", f"127.0.0.1:{port}", "--rdzv_id", "test"]
    machines = [started([*TORCHRUN, *meet, *MODULE, *words(quick)]) for _ in range(2)]
    answers = [machine.communicate(timeout=300) for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], answers
    assert "".join(said for said, _ in answers).split() == [f"{quick['out']}/model"]
    record = json.loads((Path(quick["out"]) / "model" / "lingweave.json").read_text())
    assert record["steps"] == 40


def test_a_mistake_is_told_once(started, quick):
    launcher = started([*ONE_NODE, *MODULE, *words(quick, recipe="hybrit")])
    _, told = launcher.communicate(timeout=120)
    assert launcher.returncode != 0
    assert told.count("lingweave: recipe 'hybrit'") == 1


@pytest.mark.parametrize("sharding", ["none", "full"])
def test_a_death_ends_the_others(started, quick, sharding):
    options = words(quick, steps=100_000, encoder="transformer", sharding=sharding)
    launcher = started([*ONE_NODE, *MODULE, *options])
    history = Path(quick["out"]) / "history.jsonl"
    for _ in range(1200):
        if history.exists() and history.stat().st_size:
            break
        time.sleep(0.1)
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    assert len(children) == 2
    os.kill(int(children[1]), signal.SIGKILL)
    launcher.communicate(timeout=60)
    assert launcher.returncode != 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
