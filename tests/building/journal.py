"""A translator that writes down what it is asked, and a table that has everything to translate."""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from lingweave.building.translation import translated
from lingweave.building.translators.protocol import Translator
from lingweave.building.workers import WorkerOptions
from lingweave.table import ParallelTable

BATCH = 8
WORDS = ("sky", "grass", "snow", "king", "river", "stone", "bread", "north", "light", "seven")


class Journal:
    """Each call of a translator, a line of a file that only grows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def calls(self) -> list[dict[str, Any]]:
        """``pid``, ``target`` and ``texts`` of each call, whole ones only."""
        lines = self.path.read_bytes().split(b"\n")[:-1] if self.path.exists() else []
        return [json.loads(line) for line in lines]

    def asked(self, since: int = 0) -> Counter[tuple[str, str]]:
        """How often each sentence was asked for in each language."""
        return Counter(
            (call["target"], text) for call in self.calls()[since:] for text in call["texts"]
        )


class Journaled:
    """A translator whose calls are written down before they are answered."""

    def __init__(
        self,
        path: Path,
        make: Callable[[], Translator],
        batch_size: int = BATCH,
        pause: float = 0.0,
    ) -> None:
        self._path, self._inner, self._pause = path, make(), pause
        self.batch_size = batch_size

    def check(self, source: str, targets: Sequence[str]) -> None:
        self._inner.check(source, targets)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        line = json.dumps({"pid": os.getpid(), "target": target, "texts": list(texts)}) + "\n"
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line.encode())
        os.close(file)
        time.sleep(self._pause)
        return self._inner.translate(texts, source, target)

    def identity(self) -> dict[str, Any]:
        return self._inner.identity()


def sentence(chance: random.Random) -> str:
    """Some words and a full stop."""
    words = chance.choices(WORDS, k=chance.randint(2, 9))
    return " ".join(words).capitalize() + f" {chance.randrange(100)}."


def table(records: int = 40, seed: int = 0) -> ParallelTable:
    """English records of two data sets with passages of several lines, answers, negatives, holes,
    and some cells in German."""
    chance = random.Random(seed)
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            "query:en",
            "passage:en",
            "negatives:en",
            "answers:en",
            "query:de",
            "passage:de",
        )
    }
    passages = [
        chance.choice(("", "- ", "  "))
        + "".join(sentence(chance) + chance.choice((" ", "  ", "\n", "\n\n- ")) for _ in range(4))
        + sentence(chance)
        for _ in range(max(1, records // 2))
    ]
    for _ in range(records):
        passage = chance.choice(passages)
        word = chance.choice([word for word in WORDS if word in passage])
        columns["query:en"].append(sentence(chance) if chance.random() < 0.9 else None)
        columns["passage:en"].append(passage)
        columns["negatives:en"].append(
            [sentence(chance) for _ in range(2)] if chance.random() < 0.5 else None
        )
        columns["answers:en"].append([{"text": word, "start": passage.index(word)}])
        given = chance.random() < 0.2
        columns["query:de"].append("Frage?" if given else None)
        columns["passage:de"].append("Absatz." if given else None)
    half = records // 2
    return ParallelTable.build(
        pa.array([f"r{i}" for i in range(records)]),
        pa.array(["a"] * half + ["b"] * (records - half)),
        pa.nulls(records),
        ["de", "en"],
        {name: pa.array(cells) for name, cells in columns.items()},
    )


def run(folder: Path, inner: Callable[[], Translator], pause: float, workers: int) -> None:
    """Translates a table of as many records as the folder says, and keeps everything there."""
    make = partial(Journaled, folder / "journal", inner, BATCH, pause)
    records = table(int((folder / "records").read_text()))
    out, cache = folder / "table.arrow", folder / "cache"
    translated(records, "en", ["de"], make, out, cache, WorkerOptions(workers))
