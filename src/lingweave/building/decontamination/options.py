"""What counts as found in a benchmark."""

from dataclasses import dataclass
from typing import Literal

from lingweave.building.decontamination.items import Corpus
from lingweave.errors import LingweaveError

METHODS = ("exact", "normalised", "near", "contained", "ids", "articles")
"""How something is found, the plainest first."""


@dataclass(frozen=True)
class Options:
    """How decontamination looks, and what it removes."""

    same: float = 0.8
    """Share of words, or of letters, that must be the same for a text with changes."""
    shortest: int = 8
    """Words of the shortest text that is looked for with changes, or inside others; shorter ones
    are found when all their letters are the same."""
    shared: float = 0.3
    """Share of the shorter text's runs of letters that the other must have to be compared."""
    corpus: Corpus = "all"
    """Which passages of the benchmark count: all, those that answer a query, or none. ``gold``
    for benchmarks whose corpus is all of Wikipedia."""
    articles: Literal["report", "remove"] = "report"
    """What is done with records of articles that the benchmark has too."""

    def __post_init__(self) -> None:
        for name in ("same", "shared"):
            if not 0 < getattr(self, name) <= 1:
                raise LingweaveError(
                    f"--{name} {getattr(self, name)}: must be above 0 and at most 1"
                )
        if self.shortest < 1:
            raise LingweaveError(f"--shortest {self.shortest}: must be 1 or more")
        for name, known in (
            ("corpus", ("all", "gold", "none")),
            ("articles", ("report", "remove")),
        ):
            if getattr(self, name) not in known:
                raise LingweaveError(
                    f"--{name} {getattr(self, name)}: choose from {', '.join(known)}"
                )
