"""The stores of one machine do what the protocol says; `test_milvus.py` has Milvus."""

import pytest
from index.contract import Contract
from index.library import DIMENSION
from index.memory_store import MemoryStore

from lingweave.index.embedded import EmbeddedStore


class TestMemory(Contract):
    @pytest.fixture
    def store(self):
        return MemoryStore(DIMENSION)

    test_wrong_input_is_refused_and_nothing_is_kept = None
    test_what_was_written_is_there_for_the_next_process = None


class TestEmbedded(Contract):
    @pytest.fixture
    def store(self, tmp_path):
        store = EmbeddedStore(tmp_path / "index", DIMENSION)
        yield store
        store.close()

    @pytest.fixture
    def again(self, tmp_path):
        return lambda: EmbeddedStore(tmp_path / "index")
