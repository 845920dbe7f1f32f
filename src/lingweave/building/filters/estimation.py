"""Translations of low estimated quality, by a COMET model where the package is installed."""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.building.filters.sources import comparisons
from lingweave.errors import LingweaveError
from lingweave.table import SIDES

_CHECKPOINT = ".ckpt"
_WEIGHTS_ONLY = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"


@dataclass(frozen=True)
class Estimation(Keyed):
    """Cells with a text that a quality estimation model (COMET without reference) scores low."""

    model: str
    """The model's name, such as Unbabel/wmt22-cometkiwi-da, or the path of its checkpoint."""
    least: float = 0.5
    """The least score; most models give 0 to 1."""
    batch_size: int = 16
    """Texts that are scored together."""

    name = "estimation"

    @property
    def key(self) -> tuple[Any, ...]:
        """Its name, version, the model, the threshold and the package's version. A checkpoint is
        known by what it holds: another one may take its place."""
        model = f"sha256 {_checksum(Path(self.model))}" if self._is_file() else self.model
        return (self.name, self.version, model, self.least, _comet_version())

    def check(self) -> None:
        """Finds out before long work whether the package is there, and the checkpoint.

        Raises:
            LingweaveError: one is not.
        """
        _comet()
        if self._is_file() and not Path(self.model).is_file():
            raise LingweaveError(f"--estimation {self.model}: no such file")

    def _is_file(self) -> bool:
        return self.model.endswith(_CHECKPOINT)

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        names = block.table.languages
        for one in comparisons(block):
            for side in SIDES:
                ours = block.texts(side, names[one.language])
                theirs = block.texts(side, names[one.source])
                places = [p for p in one.places.tolist() if None not in (ours[p], theirs[p])]
                if not places:
                    continue
                data = [{"src": theirs[p], "mt": ours[p]} for p in places]
                scores = _loaded(self.model).predict(
                    data, batch_size=self.batch_size, gpus=0, progress_bar=False
                )["scores"]
                for i in np.flatnonzero(np.asarray(scores) < self.least).tolist():
                    value, text = float(scores[i]), shown(str(ours[places[i]]))
                    found.add(places[i], one.language, f"{side}: {value:.2f} ({text})", value)
        return found.verdicts()


def _comet() -> Any:
    try:
        import comet
    except ImportError:
        raise LingweaveError(
            "quality estimation needs COMET: pip install unbabel-comet, or leave the option out"
        ) from None
    return comet


def _comet_version() -> str | None:
    try:
        return version("unbabel-comet")
    except PackageNotFoundError:
        return None


@lru_cache(maxsize=1)
def _checksum(checkpoint: Path) -> str:
    """A hash of a file of some GB: once a run, in which the model is loaded once too."""
    with checkpoint.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _loaded(model: str) -> Any:
    comet = _comet()
    path = model if model.endswith(_CHECKPOINT) else comet.download_model(model)
    # A checkpoint may hold any Python object; torch is told to take nothing but tensors from it.
    before = os.environ.get(_WEIGHTS_ONLY)
    os.environ[_WEIGHTS_ONLY] = "1"
    try:
        return comet.load_from_checkpoint(path)
    finally:
        if before is None:
            del os.environ[_WEIGHTS_ONLY]
        else:
            os.environ[_WEIGHTS_ONLY] = before
