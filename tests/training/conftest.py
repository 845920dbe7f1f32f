"""The toy table, and runs of a second over it."""

import pytest
from pair import Pair
from toy import toy_table
from uneven import uneven_table as made_uneven


@pytest.fixture(scope="session")
def table_file(tmp_path_factory):
    """120 training and 40 validation records in 4 languages, long form, with hard negatives."""
    return toy_table(tmp_path_factory.mktemp("toy"))


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINGWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


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
