"""The demo, whole and interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lingweave.demo.run import _undivided

ARMS = {"x-x-mono", "x-y", "hybrid", "tfidf", "random", "oracle"}


def command(out: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "lingweave.cli", "demo", "--quick", "--out", str(out), *words]


def environment(tmp_path: Path) -> dict[str, str]:
    return os.environ | {"LINGWEAVE_CACHE": str(tmp_path / "cache")}


def check(out: Path, languages: int) -> None:
    summary = json.loads((out / "summary.json").read_text())
    assert summary["quick"] is True
    assert set(summary["arms"]) == ARMS
    for arm in summary["arms"].values():
        figures = [*(arm[setting]["mAP"] for setting in ("mono", "cross", "multi"))]
        for figure in (*figures, arm["rank_distance"]):
            assert figure["low"] <= figure["mean"] <= figure["high"]
    oracle = summary["arms"]["oracle"]
    assert oracle["mono"]["mAP"]["mean"] == oracle["multi"]["mAP"]["mean"] == 1
    assert oracle["rank_distance"]["mean"] == languages - 1
    assert summary["arms"]["tfidf"]["mono"]["mAP"]["mean"] < 0.5
    page = (out / "report.html").read_text()
    assert "hybrid minus x-x-mono" in page


def test_a_quick_demo_of_three_languages(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = subprocess.run(
        command(out, "--languages", "el,en,hi"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    check(out, 3)
    assert "Next, your own" in done.stdout


def test_an_interruption_waits_for_a_worker_that_starts() -> None:
    reached = []
    before = signal.getsignal(signal.SIGINT)  # Ignored, where a shell runs this in the background.

    def start_a_worker() -> None:
        with _undivided():
            os.kill(os.getpid(), signal.SIGINT)
            reached.append(True)

    with pytest.raises(KeyboardInterrupt):
        start_a_worker()
    assert reached == [True]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
def test_an_interrupted_demo_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    for wait in (6, 12, 16):
        running = subprocess.Popen(
            command(out),
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(wait)
        if running.poll() is not None:
            break  # A fast machine was done before it could be interrupted once more.
        # Ctrl-C reaches the whole foreground process group.
        os.killpg(running.pid, signal.SIGINT)
        _, printed = running.communicate(timeout=60)
        assert running.returncode == 130, printed
        assert "lingweave: stopped" in printed
        assert "Traceback" not in printed
    done = subprocess.run(
        command(out), env=environment(tmp_path), capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    check(out, 10)
