"""What an interrupted search leaves beside its output, so that the same command goes on from it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.atomic import write_json
from lingweave.errors import LingweaveError
from lingweave.mining.search import Found, Rule
from lingweave.sealed import read_sealed, write_sealed

_KIND = b"lingweave negatives"
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
        done = [*self.folder.glob("*.npy"), *self.folder.glob("*.arrow")]
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
        """What was found before under this name, or what the search finds now; a damaged file is
        made again."""
        path = self.folder / f"{name}-{self._rule}.arrow"
        record = {"name": path.stem}
        batch = read_sealed(path, _KIND, record)
        if batch is not None:
            return Found(*map(_array, batch.columns))
        found = search()
        batch = pa.record_batch([_column(one) for one in found], names=[*Found._fields])
        write_sealed(path, batch, _KIND, record)
        return found

    def remove(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _column(values: NDArray[Any]) -> pa.Array:
    """(n,) or (n, k) as a column, which `_array` gives back."""
    if values.ndim == 1:
        return pa.array(values)
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


def _array(column: pa.Array) -> NDArray[Any]:
    if not pa.types.is_fixed_size_list(column.type):
        return np.asarray(column.to_numpy())
    return np.asarray(column.values.to_numpy()).reshape(len(column), -1)


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
