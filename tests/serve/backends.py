"""Backends for tests: a small library in memory, and one that is slow, full of errors or odd."""

import threading
import time

from index.library import DIMENSION, WordEncoder, library, vectors_of
from index.memory_store import MemoryStore

from lingweave.errors import LingweaveError, UnavailableError
from lingweave.index.passages import Passage
from lingweave.index.search import Searcher
from lingweave.serve.backend import Facts


class LibraryBackend:
    """The library of 4 languages over the exact store in memory."""

    def __init__(self, passages=None):
        self.store = MemoryStore(DIMENSION)
        held = library(10) if passages is None else passages
        self.store.upsert(held, vectors_of(held))
        self.searcher = Searcher(self.store, WordEncoder())
        self.facts = Facts(DIMENSION, "cosine", "words", ("dense", "words", "both"))
        self.lock = threading.Lock()
        self.closed = False

    def answers(self, requests):
        with self.lock:
            return self.searcher.answers(requests)

    def passages(self, ids):
        return self.store.passages(ids)

    def counts(self):
        return self.store.counts()

    def documents(self):
        return None

    def add(self, documents):
        passages = [
            Passage(
                one.id,
                one.id,
                one.text,
                one.language or "en",
                one.parallel,
                one.metadata,
            )
            for one in documents
        ]
        with self.lock:
            self.store.upsert(passages, vectors_of(passages))
        return len(passages)

    def remove(self, ids):
        with self.lock:
            return self.store.delete(ids)

    def close(self):
        self.closed = True


class SlowBackend(LibraryBackend):
    """Takes its time over each batch; ``batches`` holds the queries of each."""

    def __init__(self, seconds=0.05):
        super().__init__()
        self.seconds = seconds
        self.batches = []
        self.held = threading.Event()
        self.held.set()

    def answers(self, requests):
        self.batches.append([one.query for one in requests])
        if not requests[0].query.startswith(("warm", "Wärme", "温")):
            time.sleep(self.seconds)
            self.held.wait(20)
        return super().answers(requests)


class FaultyBackend(LibraryBackend):
    """Fails where a query says so."""

    def answers(self, requests):
        for one in requests:
            if one.query == "ours":
                raise LingweaveError("the endpoint at http://secret.example is down")
            if one.query == "bug":
                raise KeyError("secret")
        return super().answers(requests)

    def add(self, documents):
        if documents[0].text == "ours":
            raise LingweaveError("another writer holds the index")
        if documents[0].text == "gone":
            raise UnavailableError("the endpoint at http://secret.example is down")
        return super().add(documents)
