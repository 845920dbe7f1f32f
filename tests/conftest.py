"""The toy table, and a cache of the tests' own.

The helpers of this folder can be imported from every test: ``from data import shared_data``.
"""

import functools
import gc
import os
import signal

import pytest
from toy import toy_table

from lingweave import software

# Read when the hub's library is imported: no test looks for a model in the network.
os.environ["HF_HUB_OFFLINE"] = "1"
# Ignored, where a shell runs the tests in the background; some tests press Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish():
    """What the libraries brought is not looked through again by each collection of garbage: the
    trainer asks for one a run, which took longer than the run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def table_file(tmp_path_factory):
    """120 training and 40 validation records in 4 languages, long form, with hard negatives."""
    return toy_table(tmp_path_factory.mktemp("toy"))


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINGWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _one_look_at_the_software():
    """Versions and the commit are in every record; git is asked once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_version", "_commit"):
            patch.setattr(software, name, functools.cache(getattr(software, name)))
        yield
