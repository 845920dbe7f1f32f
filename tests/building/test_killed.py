"""Runs that are killed at any moment: the same table in the end, and nothing translated twice."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from lingweave.building.memory import TranslationMemory
from lingweave.building.translators.choice import TranslatorOptions, translator_of
from lingweave.building.translators.protocol import Translator
from lingweave.building.translators.pseudo import Pseudo
from lingweave.table import ParallelTable
from tests.building.journal import BATCH, Journal, run

PATIENCE = 120.0


class Killer:
    """Starts a run again and again, and kills it, or one of its workers, at random moments."""

    def __init__(self, folder: Path, inner: Callable[[], Translator], pause: float) -> None:
        self._folder, self._inner, self._pause = folder, inner, pause
        self.journal = Journal(folder / "journal")
        self.kills = 0
        self.stored: list[tuple[int, set[str]]] = []
        """What the memory held after a kill of the run, and how many calls there were by then."""

    def __call__(self, kills: int, chance: random.Random) -> None:
        while self.kills < kills:
            process = multiprocessing.get_context("spawn").Process(
                target=run, args=(self._folder, self._inner, self._pause, 2)
            )
            process.start()
            assert process.pid is not None
            while self.kills < kills and self._next_call(process.is_alive):
                time.sleep(chance.random() * 4 * self._pause)
                worker = self.journal.calls()[-1]["pid"]
                at_all = chance.random() < 0.6
                if process.is_alive():
                    with suppress(ProcessLookupError):
                        os.kill(process.pid if at_all else worker, signal.SIGKILL)
                        self.kills += 1
                if at_all:
                    process.join()
                    self._look()
                    break
            if self.kills >= kills or not process.is_alive():
                process.join()
            if process.exitcode == 0:
                return
            assert process.exitcode == -signal.SIGKILL

    def _next_call(self, alive: Callable[[], bool]) -> bool:
        before, end = len(self.journal.calls()), time.monotonic() + PATIENCE
        while alive() and time.monotonic() < end:
            if len(self.journal.calls()) > before:
                return True
            time.sleep(0.005)
        return False

    def _look(self) -> None:
        calls = len(self.journal.calls())
        texts = list(dict.fromkeys(text for _, text in self.journal.asked()))
        memory = TranslationMemory(self._folder / "cache", self._inner().identity())
        self.stored.append((calls, set(memory.find(texts, "en", "de"))))
        memory.close()


def check(tmp_path: Path, inner: Callable[[], Translator], kills: int, pause: float) -> None:
    records = 30 * kills  # More than can be done between so many kills.
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
        (folder / "records").write_text(str(records))
    run(whole, inner, 0, 1)
    killer = Killer(cut, inner, pause)
    killer(kills, random.Random(kills))
    run(cut, inner, 0, 1)
    assert killer.kills == kills
    assert killer.stored
    assert (cut / "table.arrow").read_bytes() == (whole / "table.arrow").read_bytes()
    # What was stored at a kill is not asked for later on.
    for calls, stored in killer.stored:
        assert not stored & {text for _, text in killer.journal.asked(calls)}
    # Nothing is lost, and no more is done again than was in flight: a batch of each worker, and one
    # on its way to the memory.
    once, often = Journal(whole / "journal").asked(), killer.journal.asked()
    assert once.keys() == often.keys()
    assert set(once.values()) == {1}
    assert sum(often.values()) - len(often) <= kills * 3 * BATCH
    memories = [TranslationMemory(folder / "cache", inner().identity()) for folder in (whole, cut)]
    assert len(memories[0]) == len(memories[1]) == len(once)


def test_a_killed_run_goes_on_to_the_sentence(tmp_path: Path) -> None:
    check(tmp_path, Pseudo, kills=2, pause=0.04)


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again(tmp_path: Path) -> None:
    check(tmp_path, Pseudo, kills=20, pause=0.04)


@pytest.mark.slow
def test_killed_runs_of_a_model_by_two_engines(tmp_path: Path) -> None:
    """On two workers, killed: each makes the table of its uninterrupted run, and both the same."""
    pytest.importorskip("ctranslate2")
    from lingweave.building.translators.ctranslate2 import converted
    from tests.building.translators.models import tiny_marian

    model = tiny_marian(tmp_path / "model")
    fast = converted(str(model), tmp_path / "fast", "default")
    for engine, name in (("transformers", str(model)), ("ctranslate2", f"ct2:{fast}")):
        options = TranslatorOptions(
            translator=name, translator_beams=1, translator_max_tokens=16, translator_device="cpu"
        )
        (tmp_path / engine).mkdir()
        check(tmp_path / engine, partial(translator_of, options), kills=5, pause=0.05)
    one, two = (
        ParallelTable.open(tmp_path / engine / "cut" / "table.arrow")
        for engine in ("transformers", "ctranslate2")
    )
    assert one.fingerprint == two.fingerprint
    assert [one.answers(row, 0) for row in range(len(one))] == [
        two.answers(row, 0) for row in range(len(two))
    ]
