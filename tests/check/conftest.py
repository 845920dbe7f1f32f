"""A table that was pruned, and what a check finds of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from check.checked import some_table

from lingweave.building.blocks import WHOLE, Verdicts
from lingweave.building.pruning import pruned
from lingweave.check import checked as looking
from lingweave.check.checked import Checked, checked
from lingweave.check.config import CheckConfig
from lingweave.table import ParallelTable


@pytest.fixture
def no_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning a run takes seconds; the tests of the cost ask for it themselves."""
    monkeypatch.setattr(looking, "_cost", lambda *_: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pruned table and what was removed from it."""
    folder = tmp_path_factory.mktemp("built")
    verdicts = Verdicts(
        np.array([1, 1, 2, 3, 4]),
        np.array([2, 2, 2, 5, WHOLE], np.int16),
        ["length_ratio", "<em>copied", "length_ratio", "length_ratio", "near_duplicate"],
        ["x"] * 5,
        np.ones(5, np.float32),
    )
    table = pruned(some_table(), [verdicts], folder / "table.arrow")
    record = {"table": table.fingerprint, "read_as": "<i>squad", "losses": {"cells": 4}}
    (folder / "table.json").write_text(json.dumps(record))
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> Checked:
    path = folder / "table.arrow"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "_cost", lambda *_: None)
        return checked(ParallelTable.open(path), CheckConfig([str(path)]))
