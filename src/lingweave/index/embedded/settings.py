"""When the embedded store scans, when it goes by an index, and when it merges."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Sizes at which the embedded store changes its ways; docs/index.md has what chose them."""

    part_rows: int = 20_000
    """Passages of a language in a shard from which it has its own index; fewer are scanned."""
    tail_rows: int = 20_000
    """Passages of all smaller languages together from which they share an index for the pool."""
    exact_rows: int = 10_000
    """Passages that a filter leaves of an indexed part up to which they are scanned exactly."""
    lists: float = 4.0
    """Lists of an index: so many times the square root of its passages."""
    probes: float = 0.2
    """Share of the lists that a search looks into, without a filter."""
    least_probes: int = 32
    """Lists that a search looks into at least."""
    refine: int = 4
    """Times as many passages as asked for are taken from an index and scored anew, exactly."""
    tier: int = 8
    """Shards of one size that are merged as soon as there are so many."""
    most_rows: int = 1_000_000
    """Passages of the largest shard that merging makes."""
    places_rows: int = 2_000_000
    """Passages up to which places are counted exactly."""
    patience: float = 30.0
    """Seconds that a writer waits for another one."""
