"""Work that is divided among processes: its order, its mistakes, and its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lingweave.errors import LingweaveError
from lingweave.workers import mapped

SLEEPS = """
import sys, time
from pathlib import Path
from lingweave.workers import mapped

def slow(path):
    Path(path).write_text(str(__import__("os").getpid()))
    time.sleep(60)

if __name__ == "__main__":
    mapped(slow, sys.argv[1:], 2, ())
"""


def squared(number):
    return os.getpid(), number**2


def threads(number):
    return os.environ["OMP_NUM_THREADS"]


def refused(number):
    raise LingweaveError(f"{number}: is odd") if number % 2 else ValueError("even")


def killed(number):
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_come_in_order_from_processes_of_their_own():
    made = mapped(squared, range(7), 2, ())
    assert [square for _, square in made] == [number**2 for number in range(7)]
    assert os.getpid() not in {process for process, _ in made}
    assert mapped(threads, range(2), 2, ()) == ["1", "1"]


@pytest.mark.parametrize(("items", "workers"), [(range(3), 1), (range(1), 4), ((), 2)])
def test_one_worker_or_one_item_needs_no_process(items, workers):
    assert mapped(squared, items, workers, ()) == [squared(number) for number in items]


def test_a_mistake_is_raised_as_it_is():
    with pytest.raises(LingweaveError, match="1: is odd"):
        mapped(refused, [1, 3], 2, ())


def test_a_worker_that_is_killed_is_one_line():
    with pytest.raises(LingweaveError, match=r"a worker was killed, .* give fewer --workers"):
        mapped(killed, range(3), 2, ())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stop_leaves_no_worker_behind(tmp_path, number):
    script = tmp_path / "sleeps.py"
    script.write_text(SLEEPS)
    places = [tmp_path / name for name in "abc"]
    parent = subprocess.Popen([sys.executable, str(script), *map(str, places)],
                              stderr=subprocess.DEVNULL)  # fmt: skip
    until = time.monotonic() + 60
    while not all(place.exists() and place.read_text() for place in places[:2]):
        assert time.monotonic() < until, "the workers did not start"
        time.sleep(0.05)
    parent.send_signal(number)
    parent.wait(30)
    workers = [int(place.read_text()) for place in places[:2]]
    while any(map(alive, workers)):
        assert time.monotonic() < until, "workers are left"
        time.sleep(0.05)


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False
