"""Runs of a second over the toy table."""

import functools

import pytest
from pair import Pair
from uneven import uneven_table as made_uneven

from lingweave.training.footprint import devices


@pytest.fixture
def quick(table_file, tmp_path):
    """Fields of a run of a second on one thread."""
    return {
        "table": [str(table_file)],
        "out": str(tmp_path / "run"),
        "vocabulary": 400,
        "dimension": 32,
        "layers": 1,
        "steps": 40,
        "batch_size": 16,
        "threads": 1,
        "log_every": 10,
        "query_length": 24,
        "passage_length": 32,
        "device": "cpu",
    }


@pytest.fixture(scope="session")
def uneven_table(table_file, tmp_path_factory):
    """The toy table with hard negatives for a third of the records only."""
    return made_uneven(table_file, tmp_path_factory.mktemp("uneven"))


@pytest.fixture(scope="session")
def pair():
    """Two processes of one group."""
    pair = Pair()
    yield pair
    pair.close()


@pytest.fixture(autouse=True, scope="session")
def _one_measurement():
    """What this processor can do is measured once, not for every plan: 0.6 s each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "_measured_peak", functools.cache(devices._measured_peak))
        yield
