"""What an interrupted search leaves beside its output, so that the same command goes on from it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lingweave.atomic import whole_file, write_json
from lingweave.errors import LingweaveError
from lingweave.mining.search import Found, Rule

CONFIGURATION = "configuration.json"


class Parts:
    """The folder ``OUT.parts``: vectors, and what a rule found for each block of records.

    Another rule goes on with the same vectors, and leaves aside what was found.
    """

    def __init__(self, out: Path, rule: Rule) -> None:
        self.folder = out.with_name(out.name + ".parts")
        self._rule = hashlib.sha256(repr(rule).encode()).hexdigest()[:16]

    def open(self, configuration: dict[str, Any]) -> None:
        """Makes the folder, or takes up what is there.

        Args:
            configuration: what decides the vectors.

        Raises:
            LingweaveError: it holds those of another configuration.
        """
        path = self.folder / CONFIGURATION
        done = [*self.folder.glob("*.np[yz]")]
        if done and not path.exists():
            raise LingweaveError(f"{self.folder}: holds other files; choose another --out")
        if done:
            try:
                before = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise LingweaveError(f"{path}: damaged ({error}); remove its folder") from None
            refuse_other(self.folder, before, configuration)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(path, configuration)

    def found(self, name: str, search: Callable[[], Found]) -> Found:
        """What was found before under this name, or what the search finds now."""
        path = self.folder / f"{name}-{self._rule}.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as arrays:
                return Found(**{field: arrays[field] for field in Found._fields})
        found = search()
        with whole_file(path) as part, part.open("wb") as file:
            np.savez(file, **found._asdict())
        return found

    def remove(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def refuse_other(place: Path, before: dict[str, Any], configuration: dict[str, Any]) -> None:
    """Says in which settings a search differs from the one that left something at a place.

    Raises:
        LingweaveError: in any.
    """
    names = sorted({*before, *configuration})
    other = [name for name in names if before.get(name) != configuration.get(name)]
    if other:
        raise LingweaveError(
            f"{place}: is of a search that differs in {', '.join(other)};"
            " choose another --out, or remove it"
        )
