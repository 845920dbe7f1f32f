"""Workers: what they lose, what they say, and that none outlives its parent."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lingweave.building.processes import RETRIES, Processes
from lingweave.building.translators.pseudo import Pseudo
from lingweave.building.workers import (
    HERE,
    Described,
    Hand,
    Pair,
    Sentences,
    WorkerOptions,
    described,
    identity_hash,
    translating,
)
from lingweave.encoders.cluster import driven
from lingweave.errors import LingweaveError
from tests.building.chores import Numbered, parent_of_two, squared

IDENTITY = identity_hash(Pseudo().identity())


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "lives").write_text(str(RETRIES))
    with Processes(2, partial(squared, tmp_path)) as processes:
        made = dict(driven(processes, map(Numbered, range(12))))
        assert {n: square for n, (square, _) in made.items()} == {n: n * n for n in range(12)}
        # Two at a time, and one more for each that died.
        assert len({pid for _, pid in made.values()}) <= 2 + RETRIES
        with pytest.raises(LingweaveError, match="unlucky"):
            dict(driven(processes, map(Numbered, [13])))
        with pytest.raises(RuntimeError, match="ValueError: odd"):
            dict(driven(processes, map(Numbered, [17])))
        (tmp_path / "lives").write_text("99")
        with pytest.raises(LingweaveError, match=r"killed 4 times .* \(signal 9\)"):
            dict(driven(processes, map(Numbered, [7])))
    assert not multiprocessing.active_children()


def alive(pid: int) -> bool:
    """Whether a process runs, and is not just waiting to be noticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_none_outlives_a_killed_parent(tmp_path: Path) -> None:
    parent = multiprocessing.get_context("spawn").Process(target=parent_of_two, args=(tmp_path,))
    parent.start()
    while len([*tmp_path.iterdir()]) < 2:
        time.sleep(0.01)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert parent.pid is not None
    os.kill(parent.pid, signal.SIGKILL)
    parent.join()
    end = time.monotonic() + 60
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not any(map(alive, pids))


class Odd(Pseudo):
    """A translator that does not do as it should."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        if texts[0] == "few":
            return ["only one"] * (len(texts) - 1)
        return [" two\nlines\u2028 ", "half \ud800"][: len(texts)]


def test_translations_are_single_lines() -> None:
    ask = partial(Sentences, 0, "en", "de")
    assert Hand(Odd)(ask(("a", "b"), IDENTITY)) == ["two lines", ""]
    with pytest.raises(LingweaveError, match="pseudo 1: gave 1 translations for 2 sentences"):
        Hand(Odd)(ask(("few", "b"), IDENTITY))
    with pytest.raises(LingweaveError, match="give all machines the same files"):
        Hand(Odd)(ask(("a", "b"), "another"))


@pytest.mark.parametrize("options", [HERE, WorkerOptions(workers=2)], ids=["one", "two"])
def test_a_translator_is_asked_for_its_languages_first(options: WorkerOptions) -> None:
    with translating(options, Pseudo) as translate:
        assert described(translate, "en", ["de"]) == Described(Pseudo().identity(), 256)
        works = iter(Sentences(n, "en", "de", (f"t {n}",), IDENTITY) for n in range(5))
        made: dict[int, Any] = dict(translate(works))
        assert made == {n: Pseudo().translate([f"t {n}"], "en", "de") for n in range(5)}
        with pytest.raises(LingweaveError, match="en is the source already"):
            dict(translate(iter([Pair(0, "en", ("de", "en"))])))


def test_mistakes_are_one_line() -> None:
    with pytest.raises(LingweaveError, match="workers 0: must be 1 or more"):
        WorkerOptions(workers=0)
    with pytest.raises(LingweaveError, match="leave one of them out"):
        WorkerOptions(workers=2, ray="local")


class DyingOnce(Pseudo):
    """Kills its process over the text ``t 5``, if no other did before."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        if "t 5" in texts and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().translate(texts, source, target)


@pytest.mark.slow
def test_a_killed_worker_of_a_ray_cluster_loses_nothing(tmp_path: Path) -> None:
    pickling = pytest.importorskip("ray.cloudpickle")
    # Workers cannot import this file.
    pickling.register_pickle_by_value(sys.modules[__name__])
    marker = tmp_path / "killed"
    with translating(WorkerOptions(ray="local"), partial(DyingOnce, marker)) as translate:
        assert described(translate, "en", ["de"]).identity == Pseudo().identity()
        works = (Sentences(n, "en", "de", (f"t {n}",), IDENTITY) for n in range(20))
        made: dict[int, Any] = dict(translate(works))
    assert marker.exists()
    assert made == {n: Pseudo().translate([f"t {n}"], "en", "de") for n in range(20)}
