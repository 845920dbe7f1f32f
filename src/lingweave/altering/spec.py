"""How a benchmark's queries are changed before they are asked."""

from dataclasses import dataclass
from typing import Literal, get_args

from lingweave.errors import LingweaveError

Kind = Literal["typos", "no_case", "no_marks", "keyboard", "other_script"]


@dataclass(frozen=True)
class Altered:
    """Queries as people write them: a benchmark's queries changed before they are asked."""

    kind: Kind = "typos"
    """typos: letters dropped, doubled and swapped; no_case: lower case; no_marks: no diacritics;
    keyboard: neighbours of keys in Latin text; other_script: the language's other script, or Latin
    letters where it has none."""
    share: float = 0.1
    """Share of the words that are changed, where the kind changes some of them."""
    seed: int = 0
    """Seed of the changes."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise LingweaveError(
                f"alter.kind {self.kind!r}: choose from {', '.join(get_args(Kind))}"
            )
        if not 0 < self.share <= 1:
            raise LingweaveError(f"alter.share {self.share}: give more than 0, and at most 1")
        if self.seed < 0:
            raise LingweaveError(f"alter.seed {self.seed}: give 0 or more")
