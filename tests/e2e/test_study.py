"""The example study through the installed command: killed at any moment, it ends the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "study.yaml"


def started(out):
    """`lingweave study run` in a session of its own, so that all its processes can be killed.

    It hears Ctrl-C, which is ignored where a shell runs the tests in the background.
    """
    words = [sys.executable, "-m", "lingweave.cli", "study", "run", str(EXAMPLE), "--workers", "2"]
    return subprocess.Popen(
        [*words, "--out", str(out)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def through(out):
    """The study run to its end."""
    process = started(out)
    printed, _ = process.communicate(timeout=1200)
    assert process.returncode == 0, printed
    return out / "example-full"


def some_file(pattern, out, process):
    """Waits until there is such a file, or the study is through."""
    end = time.monotonic() + 600
    while not list(out.glob(pattern)) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)


@pytest.mark.slow
def test_an_interrupted_study_comes_to_the_same_report(tmp_path):
    whole = through(tmp_path / "whole")
    out = tmp_path / "cut"
    for pattern, number in (
        ("models/*/run.json", signal.SIGKILL),
        ("models/*/model", signal.SIGINT),
        ("evaluations/*/evaluation.json", signal.SIGKILL),
        ("models/*/model", signal.SIGTERM),
    ):
        process = started(out)
        some_file(pattern, out, process)
        os.killpg(process.pid, number)
        process.communicate(timeout=600)
        assert process.returncode in (-number, 130)
        assert not (out / "example-full" / "report.md").exists()
    cut = through(out)
    for name in ("report.md", "report.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
    assert "The one claim is supported" in (whole / "report.md").read_text()
