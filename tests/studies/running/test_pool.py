"""Tasks side by side: order, failures of every kind, Ctrl-C."""

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from pair import PRELOADED

from lingweave.errors import LingweaveError
from lingweave.studies.running.pool import Place, Task, done_side_by_side

# What workers do is a function that they can import.


def note(path, say):
    say(0.5)
    path.write_text(f"{os.environ['OMP_NUM_THREADS']} {os.environ.get('CUDA_VISIBLE_DEVICES')}")


def note_after(before, path, say):
    path.write_text(str(before.exists()))


def fail(say):
    raise LingweaveError("the disk is full;\n make room")


def stumble(say):
    raise ValueError("what nobody expected")


def die(say):
    os.kill(os.getpid(), signal.SIGKILL)


def stay(begun, ended, say):
    begun.write_text("")
    try:
        time.sleep(120)
    except KeyboardInterrupt:
        ended.write_text("saved")
        raise


def test_every_task_is_done_that_can_be(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tasks = [
        Task("a", "first", partial(note, tmp_path / "a")),
        Task("b", "second", partial(note_after, tmp_path / "a", tmp_path / "b"), ("a",)),
        Task("full", "full", fail),
        Task("odd", "odd", stumble),
        Task("dead", "dead", die),
        Task("lost", "lost", partial(note, tmp_path / "lost"), ("dead",)),
        Task("lost too", "lost too", partial(note, tmp_path / "lost"), ("lost",)),
        Task("c", "third", partial(note, tmp_path / "c"), ("done long ago",)),
    ]
    told: dict[str, object] = {}
    places = [Place(3, "7"), Place(3, "7")]
    failed = done_side_by_side(tasks, places, "tests", PRELOADED, told.__setitem__)
    assert told == {"a": None, "b": None, "c": None} | failed
    assert (tmp_path / "a").read_text() == (tmp_path / "c").read_text() == "3 7"
    assert (tmp_path / "b").read_text() == "True"
    assert not (tmp_path / "lost").exists()
    assert set(failed) == {"full", "odd", "dead", "lost", "lost too"}
    assert failed["full"] == ("the disk is full; make room", "", "")
    assert failed["odd"].line == "ValueError: what nobody expected"
    assert "in stumble" in failed["odd"].trace
    assert "perhaps because memory ran out" in failed["dead"].line
    assert failed["lost"] == ("needs dead, which failed", "", "dead")
    shown = capfd.readouterr().err
    assert "8/8" in shown
    assert "full: the disk is full; make room" in shown
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_it_ends_where_the_last_to_fail_is_needed_by_all_that_wait() -> None:
    tasks = [Task("full", "full", fail), Task("lost", "lost", stumble, ("full",))]
    failed = done_side_by_side(tasks, [Place()], "tests", PRELOADED)
    assert failed["full"].line == "the disk is full; make room"
    assert failed["lost"] == ("needs full, which failed", "", "full")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_lets_tasks_save_and_starts_no_others(
    tmp_path: Path, number: signal.Signals
) -> None:
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    tasks = [
        Task("a", "a", partial(stay, begun, ended)),
        Task("b", "b", partial(note, tmp_path / "b")),
    ]

    def interrupt() -> None:
        while not begun.exists():
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt, daemon=True).start()
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        done_side_by_side(tasks, [Place()], "tests", PRELOADED)
    assert ended.read_text() == "saved"
    assert not (tmp_path / "b").exists()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
