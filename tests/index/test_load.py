"""The parts of the load benchmark: which sentences, what counts as found, what clients see."""

import asyncio

import numpy as np
import pytest
from data import shared_data
from http_load import asked
from index.library import library
from real_sentences import RAREST, real_sentences
from serve.backends import LibraryBackend
from serve.serving import serving
from serving import Judge


def test_clients_measure_what_they_are_answered():
    bodies = [b'{"query": "sky"}', b'{"query": "snow", "k": 2}']
    with serving(lambda: LibraryBackend(library())) as served:
        seconds, latencies, failures = asyncio.run(asked(served.url, bodies, 3, 0.3))
        assert seconds >= 0.3
        assert len(latencies) >= 3
        assert all(0 < one < seconds for one in latencies)
        assert failures == 0
        *_, failures = asyncio.run(asked(served.url, [b"{}"], 2, 0.1))
        assert failures >= 2


def test_what_is_as_near_as_the_tenth_counts_as_found():
    passages = np.eye(12, dtype=np.float32)
    query = np.arange(12, dtype=np.float32)[None]
    judge = Judge(passages, query)
    assert judge.recall([range(2, 12)]) == 1.0
    assert judge.recall([range(10)]) == 0.8
    query[0, :3] = 2.0  # Three share the tenth place.
    assert Judge(passages, query).recall([[0, *range(3, 12)]]) == 1.0
    assert judge.within(np.array([3, 4])).recall([[4, 3]]) == 1.0


@pytest.mark.slow
def test_the_sentences_are_real_and_as_unequal_as_languages_are():
    data = shared_data("eval/ntrex").parents[1]
    found = real_sentences(data, 20_000, 500)
    assert len(found.passages) == len({one.id for one in found.passages}) == 20_000
    codes = [one.language for one in found.passages]
    assert codes == sorted(codes)
    assert codes.count(found.rarest) == min(codes.count(code) for code in {*codes})
    assert codes.count(found.rarest) <= RAREST < max(codes.count(code) for code in {*codes})
    assert len(found.queries) == 500
    assert not {text for _, text in found.queries} & {one.text for one in found.passages}
    assert found == real_sentences(data, 20_000, 500)
