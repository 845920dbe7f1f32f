"""A study whose runs are done, once for all tests of this folder."""

import pytest
from studies.runnable import run_here, runnable


@pytest.fixture(scope="session")
def done_study(table_file, tmp_path_factory):
    """The study, its runs, and the folder that they are in; not to be changed."""
    out = tmp_path_factory.mktemp("studies")
    study = runnable(table_file)
    return study, run_here(study, out), out
