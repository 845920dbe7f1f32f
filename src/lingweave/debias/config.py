"""Options of `lingweave debias`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError, refuse_unused
from lingweave.ranks import TIE_RULES

FOR_LEARNING = (
    "method", "components", "source", "strength", "corpus", "fit_queries", "sample",
)  # fmt: skip
"""Options of how a correction is learned."""


@dataclass(frozen=True)
class DebiasConfig(EncoderOptions):
    """What to take the language out of, what to learn it from, and where to write."""

    method: Literal["mean", "lir", "shift"] = "mean"
    """mean: subtract each language's mean; lir: remove its first principal directions; shift: move
    passages from their language's mean to that of --source."""
    benchmark: str | None = None
    """A benchmark by name: its passages are learned from unless --corpus is given, and figures
    before and after are taken on it."""
    data: Path | None = None
    """The benchmark's folder or file."""
    languages: list[str] | None = None
    """Only these languages of the benchmark."""
    corpus: Path | None = None
    """Texts to learn from in place of the benchmark's: JSON lines, Parquet or TSV with an id, a
    text and perhaps a lang a row, or a folder of such files; languages are detected where not
    given."""
    vector_languages: Path | None = None
    """With --vectors FILE.npy: a text file with the language of each row, one a line."""
    map: Path | None = None
    """A languages.safetensors that was written before, to apply instead of learning one."""
    components: int = 1
    """lir: how many directions a language loses."""
    source: str = "en"
    """shift: the language whose mean all passages are moved to."""
    strength: float = 1.0
    """shift: how far, from 0 (not at all) to 1."""
    fit_queries: bool = False
    """Whether queries get a map of their own, learned from the benchmark's queries (without what
    is relevant to them); otherwise they get that of passages."""
    sample: int = 2000
    """Texts of each language to learn from at most, drawn by --seed (0 by default)."""
    ties: Literal["pessimistic", "optimistic", "index"] = "pessimistic"
    """The tie rule of the figures."""
    resamples: int = 2000
    """Resamples of the intervals."""
    out: Path = Path("debiased")
    """The folder to write: languages.safetensors, the corrected model or vectors, and with a
    benchmark the evaluations before and after."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoder not in (None, "random"):
            raise LingweaveError(
                f"--encoder {self.encoder}: has no vectors to correct; give --model, --endpoint or"
                " --vectors"
            )
        for name in ("shards", "ray"):
            if getattr(self, name) is not None:
                raise LingweaveError(
                    f"--{name}: debias keeps vectors in memory; leave it out, or correct vectors in"
                    " a file (--vectors)"
                )
        if self.map is not None:
            why = "a --map is applied as it is; leave one of them out"
            refuse_unused(self, FOR_LEARNING, why)
        if self.method not in ("mean", "lir", "shift"):
            raise LingweaveError(f"--method {self.method}: choose from mean, lir, shift")
        if self.ties not in TIE_RULES:
            raise LingweaveError(f"--ties {self.ties}: choose from {', '.join(TIE_RULES)}")
        for name, low in (("components", 1), ("sample", 2), ("resamples", 2)):
            if getattr(self, name) < low:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be {low} or more")
        if not 0 <= self.strength <= 1:
            raise LingweaveError(f"--strength {self.strength}: must be between 0 and 1")
        for name, method in (("components", "lir"), ("source", "shift"), ("strength", "shift")):
            if self.method != method:
                refuse_unused(self, [name], f"only goes with --method {method}; leave it out")
        self._check_sources()

    def _check_sources(self) -> None:
        if self.benchmark is None and self.data is not None:
            raise LingweaveError(f"--data {self.data}: give --benchmark too, what it holds")
        if self.fit_queries and (self.benchmark is None or self.method == "shift"):
            raise LingweaveError(
                "--fit_queries: learns from a --benchmark's queries, for mean and lir; shift leaves"
                " queries as they are"
            )
        if self.vectors is None:
            if self.model and (self.out / "model").resolve() == Path(self.model).resolve():
                raise LingweaveError(
                    f"--out {self.out}: the corrected model would overwrite {self.model}; give"
                    " another folder"
                )
            if self.vector_languages is not None:
                raise LingweaveError("--vector_languages: only goes with --vectors FILE.npy")
            if self.benchmark is None and self.corpus is None and self.map is None:
                raise LingweaveError("nothing to learn from: give --benchmark or --corpus")
            return
        plain = self.vectors.suffix == ".npy"
        if plain and self.vector_languages is None and self.map is None:
            raise LingweaveError(
                f"--vectors {self.vectors}: give --vector_languages, a text file with the language"
                " of each row"
            )
        if (self.out / f"vectors{self.vectors.suffix}").resolve() == self.vectors.resolve():
            raise LingweaveError(
                f"--out {self.out}: the corrected vectors would overwrite {self.vectors}; give"
                " another folder"
            )
        if plain and self.benchmark is not None:
            raise LingweaveError(
                f"--vectors {self.vectors}: figures on a benchmark need an .npz with arrays"
                " q_<language> and c_<language>"
            )
        if not plain and self.vector_languages is not None:
            raise LingweaveError(
                "--vector_languages: the names of an .npz's arrays tell their languages; leave it"
                " out"
            )
        if self.corpus is not None:
            raise LingweaveError(
                f"--corpus {self.corpus}: vectors in a file are learned from themselves; give"
                " --model to encode texts"
            )
