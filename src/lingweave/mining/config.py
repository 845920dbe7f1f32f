"""The options of `lingweave mine`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lingweave.errors import LingweaveError

Scope = Literal["language", "pool", "both"]


@dataclass(frozen=True)
class MineConfig:
    """Which hard negatives to look for, with which encoder, and where to write them."""

    table: list[str] = field(default_factory=list)
    """Files with the aligned records (JSONL or Parquet, long or wide)."""
    out: Path = Path("negatives.parquet")
    """The file to write; it is kept if the same configuration wrote it."""
    model: str | None = None
    """A sentence-transformers model: a folder, or a name on the hub."""
    encoder: Literal["tfidf", "random"] | None = None
    """An encoder that needs no model, in place of one."""
    scope: Scope = "language"
    """language: queries and passages of one language, language after language; pool: queries of
    each language and the passages of all; both."""
    per_record: int = 16
    """Negatives kept of each record, the nearest first."""
    share: float | None = 0.95
    """Records that score above this share of the positive's score, for a query in any language, are
    taken for answers too and left out; null: none is."""
    margin: float = 0.0
    """Records that score less than this below the positive are left out as well."""
    skip_top: int = 0
    """Nearest records that are passed over, once likely answers are out."""
    languages: list[str] | None = None
    """Languages to look at; absent: all."""
    datasets: list[str] | None = None
    """Data sets to look at; absent: all. The negatives of a record are of its own data set."""
    one_of: list[list[str]] | None = None
    """Sets of near-identical languages, such as [zh-CN, zh-TW], of which each record keeps one."""
    split: str | None = "train"
    """Split of the table to look at: train, validation, test, or null for all rows."""
    similarity: Literal["cosine", "dot"] = "cosine"
    """cosine: L2-normalised and scored in fp32; dot: vectors as they are."""
    seed: int | None = None
    """Seed of the random encoder (0 by default)."""
    batch_size: int = 64
    """Texts a model encodes together."""
    dtype: Literal["fp32", "bf16"] = "fp32"
    """A model's arithmetic; bf16 is faster where the processor has it."""
    device: str | None = None
    """Where to encode and score, such as cpu or cuda; by default an accelerator if there is one."""
    progress: bool = True
    """Whether to show progress, where the terminal can."""

    def __post_init__(self) -> None:
        given = [name for name in ("model", "encoder") if getattr(self, name)]
        if len(given) != 1:
            raise LingweaveError(
                f"give one of --model and --encoder ({'both' if given else 'neither'} given)"
            )
        for name, known in (
            ("encoder", (None, "tfidf", "random")),
            ("scope", ("language", "pool", "both")),
            ("similarity", ("cosine", "dot")),
            ("dtype", ("fp32", "bf16")),
        ):
            if getattr(self, name) not in known:
                choices = ", ".join(filter(None, known))
                raise LingweaveError(f"--{name} {getattr(self, name)}: choose from {choices}")
        for name, least in (("per_record", 1), ("batch_size", 1), ("skip_top", 0), ("margin", 0)):
            if not getattr(self, name) >= least:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be {least} or more")
        if self.share is not None and not 0 < self.share <= 1:
            raise LingweaveError(f"--share {self.share}: must be above 0 and at most 1, or null")
        if self.encoder is not None and self.similarity == "dot":
            raise LingweaveError(f"--similarity dot: goes with --model, {self.encoder} has cosine")
        if self.model is None and self.dtype != "fp32":
            raise LingweaveError(f"--dtype {self.dtype}: only a model computes with it")
