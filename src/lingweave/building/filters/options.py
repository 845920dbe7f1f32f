"""Which cells are taken for bad translations, as options of a command."""

from dataclasses import dataclass, field
from pathlib import Path

from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError

NAMES = (
    "length", "length_ratio", "unfinished", "script", "language", "copied", "repetition", "damage",
    "numbers", "entities",
)  # fmt: skip
"""The filters that need nothing but the table."""


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """Which cells are taken for bad translations."""

    leave_out: list[str] = field(default_factory=list)
    """Filters that are not applied: length, length_ratio, unfinished, script, language, copied,
    repetition, damage, numbers, entities."""
    query_length: tuple[float, float] = (3.0, 1_000.0)
    """The shortest and the longest query, in characters of Latin script."""
    passage_length: tuple[float, float] = (12.0, 20_000.0)
    """The shortest and the longest passage, in characters of Latin script."""
    ratio_width: float = 4.5
    """Texts go that are longer or shorter, beside their source, than is usual for their pair of
    languages by so many standard deviations."""
    unfinished_width: float = 1.5
    """Passages without an end go that are shorter than usual by so many standard deviations."""
    script_share: float = 0.2
    """Texts go of which a smaller share of letters is of the language's script."""
    language_sure: float = 0.8
    """Texts go that the detector takes for another language with at least this probability."""
    copied_share: float = 0.75
    """Texts go that share this part of their words with their source or more."""
    loop_times: int = 3
    """Texts go that say a phrase so many times in a row."""
    numbers_lost: int = 2
    """Texts go that lack so many numbers of their source, and more than half of them; a single one
    is enough where another number stands in its place."""
    witnesses: int = 2
    """A name counts as lost if at least so many other languages of its record kept it, and all."""
    encoder: EncoderOptions | None = None
    """What tells how alike a text and its source are; by default nothing does. Where it looks for
    translations too (--mine), texts go by it only with one of the three options below."""
    similarity: float | None = None
    """With an encoder: the least similarity, for all pairs of languages alike."""
    similarity_quantile: float | None = None
    """With an encoder: the share of each pair's texts that go, those least alike."""
    similarity_chance: float | None = None
    """With an encoder: texts go that are no nearer to their source than this share of other
    records' sources are. With a quantile too, both must say so; where no rule is given, it is .9
    with a quantile of .03."""
    back: Path | None = None
    """A packed table of the same records with each cell translated back into its source's
    language."""
    back_chrf: float = 0.25
    """With translations back: the least chrF2 of one with the source, 0 to 1."""
    estimation: str | None = None
    """A COMET model that scores translations without references: its name, or its checkpoint."""
    estimation_least: float = 0.5
    """With such a model: the least score."""

    def __post_init__(self) -> None:
        for name in self.leave_out:
            if name not in NAMES:
                raise LingweaveError(f"--leave_out {name}: choose from {', '.join(NAMES)}")
        for name in ("script_share", "language_sure", "copied_share", "back_chrf"):
            if not 0 <= getattr(self, name) <= 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 0 to 1")
        for name in ("similarity_quantile", "similarity_chance"):
            if getattr(self, name) is not None and not 0 <= getattr(self, name) <= 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 0 to 1")
        for name in ("query_length", "passage_length"):
            least, most = getattr(self, name)
            if not 0 <= least <= most:
                raise LingweaveError(f"--{name} {least} {most}: give the shortest and the longest")
        for name in ("ratio_width", "unfinished_width"):
            if not getattr(self, name) > 0:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be above 0")
        for name, least in (("loop_times", 2), ("numbers_lost", 1), ("witnesses", 1)):
            if getattr(self, name) < least:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be {least} or more")
        rules = ("similarity", "similarity_quantile", "similarity_chance")
        given = [name for name in rules if getattr(self, name) is not None]
        if self.encoder is None and given:
            raise LingweaveError(f"--{given[0]}: needs an encoder, as --encoder.model MODEL")
        if self.similarity is not None and len(given) > 1:
            raise LingweaveError(f"give --similarity or --{given[1]}, not both")
