"""What worker processes share: how they start, and the bar."""

import os
import signal

import pytest

from lingweave.workers import Bar, started_from, undivided


def test_an_interruption_is_put_off_and_then_heard() -> None:
    reached = []
    before = signal.getsignal(signal.SIGINT)

    def start_a_worker() -> None:
        with undivided():
            os.kill(os.getpid(), signal.SIGINT)
            reached.append(True)

    with pytest.raises(KeyboardInterrupt):
        start_a_worker()
    assert reached == [True]
    assert signal.getsignal(signal.SIGINT) is before


def test_workers_start_and_leave_the_parents_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    context = started_from(["json"])
    queue = context.SimpleQueue()
    process = context.Process(target=queue.put, args=("hello",))  # type: ignore[attr-defined]
    process.start()
    assert queue.get() == "hello"
    process.join()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_bar_counts_pieces_and_prints_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("work", ["a", "b"]) as bar:
        bar.at("a", 0.5)
        bar.at("b", 1.0, "a and b")
        assert bar.bars.tasks[0].completed == 1.5
        assert bar.bars.tasks[0].description == "a and b"
        bar.say("one [line]")
    assert "one [line]" in capsys.readouterr().err
