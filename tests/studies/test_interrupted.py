"""A study through the command line: stopped, killed, started again, and its report."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lingweave.cli import main
from lingweave.errors import LingweaveError
from lingweave.studies import run as room
from lingweave.studies.config import StudyConfig
from lingweave.studies.running.pool import Failure, Task
from lingweave.studies.running.runs import runs_of

STUDY = """
name: toy
title: A toy
question: Does it run?
seeds: [1, 2]
train: {{table: [toy], encoder: start:warm, steps: {steps}, batch_size: 16, optimizer: adamw,
        learning_rate: 1e-2, device: cpu, threads: 1, checkpoint_every: 20, log_every: 5}}
tables: {{toy: {{files: [{rows}]}}}}
starts:
  warm: {{train: {{encoder: static, recipe: x-y, steps: 4, vocabulary: 300, dimension: 16}}}}
axes: {{recipe: {{mono: {{train: {{recipe: x-x-mono}}}}, hybrid: {{train: {{recipe: hybrid}}}}}}}}
benchmarks: {{all: {{evaluate: {{benchmark: parallel, data: {rows}}}}}}}
floors: {{tfidf: {{encoder: tfidf}}}}
claims:
  - text: Hybrid is better across languages.
    left: {{arm: {{recipe: hybrid}}}}
    right: {{arm: {{recipe: mono}}}}
    relation: above
    figures: [cross.mAP]
resamples: 50
"""


def started(study: Path, out: Path, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lingweave.cli", "study", "run", str(study), "--workers", "2"]
    with log.open("w") as file:
        return subprocess.Popen(
            [*command, "--out", str(out)],
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell may have it ignored in what it runs in the background.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )


def reported(out: Path) -> list[bytes]:
    return [(out / "toy-full" / name).read_bytes() for name in ("report.md", "report.json")]


def checkpoints(out: Path) -> int:
    """How many there are; of folders that come and go meanwhile, some are not looked into."""
    return sum("checkpoint.json" in files for _, _, files in os.walk(out))


@pytest.mark.slow
def test_a_study_that_was_stopped_and_killed_ends_with_the_same_report(
    table_file: Path, tmp_path: Path
) -> None:
    study, log = tmp_path / "toy.yaml", tmp_path / "log"
    study.write_text(STUDY.format(rows=table_file, steps=400))
    assert started(study, tmp_path / "whole", log).wait(600) == 0, log.read_text()
    assert "Hybrid is better" in log.read_text()
    parts = tmp_path / "parts"
    seen = 0
    for number in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        running = started(study, parts, log)
        begun = time.monotonic()
        # Until something has been done since the last time.
        while running.poll() is None and checkpoints(parts) <= seen:
            time.sleep(0.2)
            assert time.monotonic() - begun < 300
        if running.poll() is not None:
            break
        if number == signal.SIGINT:  # Ctrl-C reaches the whole foreground process group.
            os.killpg(running.pid, number)
        else:
            running.send_signal(number)
        status = running.wait(300)
        assert status == (-9 if number == signal.SIGKILL else 130), log.read_text()
        assert "Traceback" not in log.read_text()
        seen = checkpoints(parts)
    assert started(study, parts, log).wait(600) == 0, log.read_text()
    assert reported(parts) == reported(tmp_path / "whole")


def in_the_way(study: Path, out: Path) -> str:
    """A file stands where the first run of an arm would be made; the run's id."""
    config = StudyConfig(study=[str(study)], out=str(out))
    id = runs_of(config.opened(), config.folder).arms["mono", 1].id
    (out / "models").mkdir(parents=True)
    (out / "models" / id).write_text("in the way")
    return id


def done_in_turn(tasks: list[Task], *_: object) -> dict[str, Failure]:
    """What the pool does, in this process: the pool has tests of its own."""
    failed: dict[str, Failure] = {}
    for task in tasks:
        if lost := [need for need in task.needs if need in failed]:
            failed[task.id] = Failure(f"needs {lost[0]}, which failed", after=lost[0])
            continue
        try:
            task.work(lambda share: None)
        except LingweaveError as error:
            failed[task.id] = Failure(" ".join(str(error).split()))
    return failed


def test_what_fails_does_not_lose_the_others(
    table_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    study, out = tmp_path / "toy.yaml", tmp_path / "out"
    study.write_text(STUDY.format(rows=table_file, steps=2))
    id = in_the_way(study, out)
    monkeypatch.setattr(room, "done_side_by_side", done_in_turn)
    assert main(["study", "run", str(study), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert "2 of the study's runs and measures failed" in told
    assert f"mono 1: out: {out / 'models' / id} is a file" in told
    found = json.loads(reported(out)[1])["benchmarks"]["all"]["arms"]
    assert set(found) == {"mono", "hybrid", "tfidf"}
    assert b"mono, seed 1" in reported(out)[0]


@pytest.mark.slow
def test_what_fails_in_a_process_of_its_own_does_not_lose_the_others(
    table_file: Path, tmp_path: Path
) -> None:
    study, log, out = tmp_path / "toy.yaml", tmp_path / "log", tmp_path / "out"
    study.write_text(STUDY.format(rows=table_file, steps=4))
    id = in_the_way(study, out)
    assert started(study, out, log).wait(300) == 2
    told = log.read_text()
    assert "2 of the study's runs and measures failed" in told
    assert f"mono 1: out: {out / 'models' / id} is a file" in told
    assert "hybrid 2 on all (" in told
    assert b"mono, seed 1" in reported(out)[0]
