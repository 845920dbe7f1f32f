"""SIGKILL while an index is written: what was acknowledged is there once and whole."""

import index_faults
import pytest

from lingweave.index.folder import create_index
from lingweave.index.ingest import IngestOptions, ingest


def sound(found, kills):
    assert (found["kills"], found["other kills"]) == (kills, 3)
    assert (found["lost"], found["half"], found["left over"]) == (0, 0, 0)


def test_two_kills(tmp_path):
    found = index_faults.killed(tmp_path, passages=300, kills=2, together=16)
    sound(found, 2)
    assert 300 <= found["passages"] <= 330


def test_what_falls_back_behind_its_acknowledgement_is_counted(tmp_path):
    with create_index(tmp_path / "index", index_faults.OPTIONS) as index:
        some = [index_faults.document(number, 1) for number in range(3)]
        ingest(index, some, IngestOptions(progress=False))
    names = ["d0", "d1", "d2"]
    known = dict.fromkeys(names, 2)

    def lost(known, begun):
        return index_faults.verify(tmp_path / "index", known, begun)[0]

    assert lost(known, {}) == 3
    assert lost(known | {"d0": 1}, {"d1": {1}}) == 1
    assert lost(dict.fromkeys(names, 1) | {"d3": 1}, {}) == 1
    assert lost(dict.fromkeys(names, 1) | {"d2": index_faults.GONE}, {}) == 1


@pytest.mark.slow
def test_twenty_kills_during_100_000_passages(tmp_path):
    found = index_faults.killed(tmp_path, passages=100_000, kills=20, together=512)
    sound(found, 20)
    assert 100_000 <= found["passages"] <= 101_000
