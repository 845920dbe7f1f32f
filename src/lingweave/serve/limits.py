"""How much a server takes from its callers, and how long it waits for them."""

import math
from dataclasses import dataclass

from lingweave.errors import LingweaveError

_COUNTS = (
    "max_k",
    "max_query",
    "max_searches",
    "max_languages",
    "max_conditions",
    "max_values",
    "max_documents",
    "max_body",
    "max_waiting",
    "max_per_caller",
    "max_connections",
    "batch",
)
_SECONDS = ("timeout", "write_timeout", "client_timeout", "keep_alive", "grace")

MAX_HEAD = 1 << 15
"""Bytes of a request's head."""
MAX_NAME = 256
"""Characters of a metadata field's name."""
MAX_VALUE = 2048
"""Characters of a metadata value, and of an id."""
PLAIN = r"^[^\x00-\x1f\x7f]*$"
"""What ids, and what filters compare, are made of: no control characters, which not every store can
be asked for."""
MAX_FIELDS = 64
"""Fields of a document's metadata."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a request may hold, how many are served at once, and how long each may take."""

    max_k: int = 100
    """Hits that a search may ask for."""
    max_query: int = 2000
    """Characters of a query."""
    max_searches: int = 64
    """Searches in one request to /v1/searches."""
    max_languages: int = 256
    """Languages that a filter or the dial may name."""
    max_conditions: int = 16
    """Conditions on the metadata in a filter."""
    max_values: int = 100
    """Values of a condition with `in`."""
    max_documents: int = 256
    """Documents that one request may add or delete."""
    max_body: int = 1 << 20
    """Bytes of a request's body."""
    max_waiting: int = 512
    """Searches that may wait or be under way; one more is refused with 503."""
    max_per_caller: int = 128
    """Requests, and searches in all of them, of one key, or without keys of one address, at once;
    one more is refused with 429."""
    max_connections: int = 1024
    """Open connections; one more is refused with 503."""
    timeout: float = 30.0
    """Seconds until a search is given up with 504."""
    write_timeout: float = 300.0
    """Seconds until adding or deleting documents is given up with 504."""
    client_timeout: float = 10.0
    """Seconds that a client has to send its request, and to take some of the answer."""
    keep_alive: float = 30.0
    """Seconds that a connection without requests stays open."""
    grace: float = 30.0
    """Seconds that requests under way have to finish once the server was told to stop."""
    batch: int = 32
    """Searches that are answered together at most; 1 answers one at a time."""
    batch_wait: float = 0.0
    """Milliseconds that a free model waits for more searches to come; searches that come while it
    works are batched in any case."""

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 1 or more")
        for name in _SECONDS:
            if not 0 < getattr(self, name) < math.inf:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be more than 0")
        if not 0 <= self.batch_wait < 1000:
            raise LingweaveError(f"--batch_wait {self.batch_wait}: must be from 0 to 999")
        if self.max_waiting < self.max_searches:
            raise LingweaveError(
                f"--max_waiting {self.max_waiting}: must be at least --max_searches"
                f" {self.max_searches}, or such a request could never be answered"
            )
