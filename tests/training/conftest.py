"""Runs of a second over the toy table."""

import pytest
from pair import Pair
from uneven import uneven_table as made_uneven


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
