"""What the processes of a test do: importing this takes them no time."""

import os
import signal
import time
from functools import partial
from pathlib import Path

from lingweave.building.processes import Processes
from lingweave.errors import LingweaveError


class Numbered(int):
    """A number that is its own."""

    @property
    def number(self) -> int:
        return int(self)


def squared(folder: Path, number: int) -> tuple[int, int]:
    """The square, and who made it. A file in the folder tells how often 7 may kill who takes it."""
    lives = folder / "lives"
    if number == 7 and int(lives.read_text()):
        lives.write_text(str(int(lives.read_text()) - 1))
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 13:
        raise LingweaveError("unlucky")
    if number == 17:
        raise ValueError("odd")
    return number * number, os.getpid()


def parent_of_two(folder: Path) -> None:
    """Has two processes with much to do."""
    with Processes(2, partial(pid_of, folder)) as processes:
        tickets = [processes.submit(number) for number in range(1000)]
        for _ in range(1000):
            processes.finished(tickets)


def pid_of(folder: Path, number: int) -> None:
    """Tells which process it is, and takes its time."""
    (folder / str(os.getpid())).touch()
    time.sleep(0.01)
