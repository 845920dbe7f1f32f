"""What a reader sees: the shards and the passages alive in them, as of one transaction."""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.index.embedded.database import Database
from lingweave.index.embedded.filters import fitting_rows
from lingweave.index.embedded.shard import Manifest, Shard
from lingweave.index.passages import Condition, Filter

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TRIES = 30
_FILTERS = 32
"""Sets of conditions whose rows are remembered."""


@dataclass(frozen=True)
class Held:
    """A shard and which of its passages are alive."""

    shard: Shard
    alive: Bools
    """(rows,) never written to again."""
    count: int
    """Passages alive."""


class Allowed(NamedTuple):
    """The passages of a shard that a filter lets through."""

    shard: Shard
    mask: Bools | None
    """(rows,); None: all of them."""


@dataclass(frozen=True)
class State:
    """All that was acknowledged up to one transaction, and nothing after it."""

    generation: int
    """The transaction's number."""
    held: tuple[Held, ...]
    """The shards, by number."""
    seen: int
    """Up to which number the list of the dead was read."""
    dead: Ints
    """Rows of the dead, in the order in which they died."""
    remembered: "OrderedDict[tuple[object, ...], Ints]" = field(default_factory=OrderedDict)
    """Rows that fit the conditions asked for last."""

    @property
    def total(self) -> int:
        """Passages alive."""
        return sum(one.count for one in self.held)

    def allowed(self, connection: sqlite3.Connection, where: Filter) -> list[Allowed]:
        """What a filter lets through, of the shards with anything that it does.

        Args:
            connection: inside the transaction of this state.
            where: the filter.
        """
        rows = self._fitting(connection, where.conditions) if where.conditions else None
        table = None
        if rows is not None:
            table = np.zeros(
                max((int(one.shard.rows.max()) for one in self.held), default=0) + 1, bool
            )
            table[rows[rows < len(table)]] = True
        found = []
        for one in self.held:
            shard, alive, count = one.shard, one.alive, one.count
            if where.languages is None and table is None and count == len(alive):
                found.append(Allowed(shard, None))
                continue
            mask = alive
            if where.languages is not None:
                mask = np.zeros(len(alive), bool)
                for language in where.languages:
                    start, end = shard.manifest.slices.get(language, (0, 0))
                    mask[start:end] = alive[start:end]
            if table is not None:
                mask = mask & table[shard.rows]
            if mask.any():
                found.append(Allowed(shard, mask))
        return found

    def _fitting(self, connection: sqlite3.Connection, conditions: Sequence[Condition]) -> Ints:
        key = tuple(map(_key, conditions))
        rows = self.remembered.get(key)
        if rows is None:
            rows = self.remembered[key] = fitting_rows(connection, conditions)
            while len(self.remembered) > _FILTERS:
                self.remembered.popitem(last=False)
        return rows


def _key(one: Condition) -> tuple[object, ...]:
    """What tells a condition from others: true and 1 are equal, and not the same to it."""
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    return (one.field, one.relation, tuple((type(x), x) for x in values))


class StateReader:
    """Keeps the newest state that anybody asked for, so that a search need not read it again."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder
        self._lock = threading.Lock()
        self._newest: State | None = None

    @contextmanager
    def reading(self) -> Iterator[tuple[sqlite3.Connection, State]]:
        """A transaction, and the state that it sees.

        Raises:
            LingweaveError: a file is missing or damaged.
        """
        missing = 0
        with self._database.connection() as connection:
            while True:
                connection.execute("BEGIN")
                try:
                    state = self._at(connection)
                except FileNotFoundError as error:  # Merged since the transaction began?
                    missing += 1
                    if missing == _TRIES:
                        raise LingweaveError(
                            f"{error.filename}: missing; restore it, or create the index again"
                        ) from None
                    state = None
                if state is not None:
                    break
                connection.execute("ROLLBACK")
            yield connection, state
            connection.execute("ROLLBACK")

    def _at(self, connection: sqlite3.Connection) -> State | None:
        """The state of the connection's transaction; None: another thread knows a newer one."""
        (generation,) = connection.execute(
            "SELECT value FROM about WHERE name = 'generation'"
        ).fetchone()
        newest = self._newest
        if newest is None or newest.generation < generation:
            with self._lock:
                newest = self._newest
                if newest is None or newest.generation < generation:
                    newest = self._newest = self._read(connection, generation, newest)
        return newest if newest.generation == generation else None

    def _read(self, connection: sqlite3.Connection, generation: int, before: State | None) -> State:
        known: Mapping[int, Held] = (
            {} if before is None else {one.shard.number: one for one in before.held}
        )
        seen = 0 if before is None else before.seen
        fresh = connection.execute(
            "SELECT number, row FROM dead WHERE number > ? ORDER BY number", [seen]
        ).fetchall()
        died = np.array([row for _, row in fresh], np.int64)
        dead = died if before is None else np.concatenate([before.dead, died])
        held = []
        for number, manifest in connection.execute(
            "SELECT number, manifest FROM shards ORDER BY number"
        ).fetchall():
            if number in known:
                held.append(_without(known[number], died))
            else:
                shard = Shard(self._folder, number, Manifest.from_json(manifest))
                alive = np.ones(len(shard.rows), bool)
                held.append(_without(Held(shard, alive, len(alive)), dead))
        if len(dead) > 2 * sum(map(len, (one.alive for one in held))):  # Most are merged away.
            dead = dead[np.isin(dead, np.concatenate([one.shard.rows for one in held] or [dead]))]
        return State(generation, tuple(held), fresh[-1][0] if fresh else seen, dead)


def _without(one: Held, dead: Ints) -> Held:
    """The shard without these rows, few or none of which may be in it."""
    if not len(dead):
        return one
    places = one.shard.places(dead)
    places = places[places >= 0]
    if not one.alive[places].any():
        return one
    alive = one.alive.copy()
    alive[places] = False
    return Held(one.shard, alive, int(np.count_nonzero(alive)))
