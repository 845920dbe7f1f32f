"""A study whose runs are done, once for all tests of this folder."""

import functools

import pytest
from studies.runnable import run_here, runnable

from lingweave.training.footprint import devices


@pytest.fixture(scope="session")
def done_study(table_file, tmp_path_factory):
    """The study, its runs, and the folder that they are in; not to be changed."""
    out = tmp_path_factory.mktemp("studies")
    study = runnable(table_file)
    return study, run_here(study, out), out


@pytest.fixture(autouse=True, scope="session")
def _one_measurement():
    """What this processor can do is measured once, not for every plan: 0.6 s each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "_measured_peak", functools.cache(devices._measured_peak))
        yield
