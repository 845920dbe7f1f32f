"""What a demo is: its options, and the recipe that all its runs share."""

import os
from dataclasses import dataclass

from lingweave.atlas import ALL_LANGUAGES, DEFAULT_LANGUAGES
from lingweave.errors import LingweaveError

ARMS = ("x-x-mono", "x-y", "hybrid")
"""The recipes that are compared."""

FLOORS = ("tfidf", "random", "oracle")
"""The rows that need no training: two floors, and what is attainable."""

SEEDS = (41, 42, 43)
"""Training seeds; like the atlas seed, no figure of theirs was seen while choices were made."""


@dataclass(frozen=True)
class DemoConfig:
    """A demo."""

    out: str = "runs/demo"
    """Folder for summary.json, report.html, and the models and evaluations behind them."""
    quick: bool = False
    """One seed and fewer steps: shows the path in under a minute, proves nothing."""
    languages: list[str] | None = None
    """Languages of the atlas, or `all`; by default twelve in twelve scripts, ten with quick."""
    workers: int = min(os.cpu_count() or 1, 4)
    """Processes that train and evaluate side by side, one thread each."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise LingweaveError(f"workers: {self.workers} is not possible; give 1 or more")
        for language in self.codes:
            if language not in ALL_LANGUAGES:
                raise LingweaveError(
                    f"languages: the atlas has no {language!r}; choose from"
                    f" {', '.join(ALL_LANGUAGES)}, or all"
                )
        if len(set(self.codes)) < max(2, len(self.codes)):
            raise LingweaveError("languages: give two or more, each once")

    @property
    def codes(self) -> tuple[str, ...]:
        """The languages' codes."""
        if self.languages == ["all"]:
            return ALL_LANGUAGES
        usual = DEFAULT_LANGUAGES[:10] if self.quick else DEFAULT_LANGUAGES
        return tuple(self.languages) if self.languages else usual

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds."""
        return SEEDS[:1] if self.quick else SEEDS
