"""SIGKILL while an index is written: what was acknowledged is there once and whole."""

import index_faults
import pytest


def sound(found, kills):
    assert found["kills"] == kills
    assert (found["lost"], found["half"], found["left over"]) == (0, 0, 0)


def test_two_kills(tmp_path):
    found = index_faults.killed(tmp_path, passages=300, kills=2, together=16)
    sound(found, 2)
    assert 300 <= found["passages"] <= 330


@pytest.mark.slow
def test_twenty_kills_during_100_000_passages(tmp_path):
    found = index_faults.killed(tmp_path, passages=100_000, kills=20, together=512)
    sound(found, 20)
    assert 100_000 <= found["passages"] <= 101_000
