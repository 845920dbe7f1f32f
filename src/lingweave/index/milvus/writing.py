"""Who may write, and up to which write everything is there.

A server has no transactions over several rows. So each write has a number; what it adds and takes
away is marked with it; and it is there once a single row, the state, says that the number is
complete. What a killed or failed writer left unfinished is undone by the next one.
"""

import os
import random
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from lingweave.errors import LingweaveError
from lingweave.index.milvus.collection import Collection
from lingweave.index.milvus.expressions import member
from lingweave.index.milvus.rows import NEVER, Row, hidden_row

LEASE = 300.0
"""Seconds within which a write is over, or its writer is taken for dead. Clocks of machines that
write to one index must agree better than that."""
PAUSE = 0.2
"""Seconds, about, after which a writer that found another one looks again."""
_STATE = "state"
_CLAIM = "claim"


class State(NamedTuple):
    """What an index knows of itself."""

    generation: int
    """The last write that is complete."""
    languages: Mapping[str, int]
    """Passages of each language."""
    record: Mapping[str, Any]
    """What the index was made with, as its maker wrote it."""


def read_state(collection: Collection) -> State:
    """The state now.

    Raises:
        LingweaveError: there is none.
    """
    rows = collection.rows(f'pk in ["{_STATE}"]', ["metadata"])
    if not rows:
        raise LingweaveError(
            f"{collection.address}: its making was interrupted; remove the collection and make it"
            " again"
        )
    return State(**rows[0]["metadata"])


def write_state(collection: Collection, state: State) -> None:
    """Puts a state in the place of the one before, in one step."""
    record = {
        "generation": state.generation,
        "languages": dict(state.languages),
        "record": dict(state.record),
    }
    collection.write([hidden_row(_STATE, _STATE, record, collection.dimension)])


class Claim:
    """The right to write.

    Each writer first leaves its own mark and then looks for others: of two that come at once, one
    at least sees the other.
    """

    def __init__(self, collection: Collection, patience: float) -> None:
        self._collection, self._patience = collection, patience
        self._name = f"{_CLAIM}-{uuid.uuid4().hex}"
        self._until = 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Has the right for the block.

        Raises:
            LingweaveError: another writer has it and does not give it back in time.
        """
        end = time.monotonic() + self._patience
        while not self._taken(last=time.monotonic() >= end):
            time.sleep(PAUSE * (0.5 + random.random()))
        try:
            yield
        finally:
            self._collection.remove(f'pk in ["{self._name}"]')

    def check(self) -> None:
        """Refuses to go on when others may have taken this writer for dead."""
        if time.time() > self._until:
            raise LingweaveError(
                f"{self._collection.address}: a write took more than {LEASE:.0f} seconds and was"
                " given up; write fewer passages at a time, then run the same command again"
            )

    def _taken(self, last: bool) -> bool:
        """Whether the right was free, as it is where its holder was killed."""
        now = time.time()
        self._until = now + LEASE
        self._leave_mark(self._until)
        others = [row for row in self._marks() if row["pk"] != self._name]
        living = [row for row in others if _alive(row["metadata"], now)]
        if living:
            self._collection.remove(f'pk in ["{self._name}"]')
            if last:
                raise LingweaveError(
                    f"{self._collection.address}: {living[0]['metadata']['holder']} is writing to"
                    " it; try again when it is done"
                )
            return False
        if others:
            self._collection.remove(member("pk", [row["pk"] for row in others]))
        return True

    def _leave_mark(self, until: float) -> None:
        host, pid = socket.gethostname(), os.getpid()
        record = {"holder": f"process {pid} on {host}", "host": host, "pid": pid, "until": until}
        row = hidden_row(self._name, _CLAIM, record, self._collection.dimension)
        self._collection.write([row])

    def _marks(self) -> list[Row]:
        return self._collection.rows(f'document_key == "{_CLAIM}"', ["pk", "metadata"])


def undo_unfinished(collection: Collection, state: State) -> None:
    """Takes back what a write that was never completed has left."""
    done = state.generation
    # Rows that it would have taken away are there still.
    dying = f"died > {done} and died < {NEVER} and born <= {done}"
    while rows := collection.rows(dying, COLUMNS):
        collection.write([{**row, "died": NEVER} for row in rows])
    collection.remove(f"born > {done} and born < {NEVER}")


COLUMNS = [
    "pk", "key", "id", "document", "document_key", "language", "text", "words", "parallel",
    "parallel_key", "metadata", "born", "died", "vector",
]  # fmt: skip
"""What a row consists of; the server makes the rest itself."""


def _alive(claim: Mapping[str, Any], now: float) -> bool:
    if claim["until"] < now:
        return False
    if claim["host"] != socket.gethostname():
        return True
    try:
        os.kill(int(claim["pid"]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
