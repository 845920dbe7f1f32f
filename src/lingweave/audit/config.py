"""Options of ``lingweave audit``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lingweave.encoders.choice import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.languages import is_language
from lingweave.ranks import TIE_RULES

MEANS_REMOVED_FILE = "means-removed.npz"
"""Where an audit of --vectors keeps them without each language's mean."""


@dataclass(frozen=True, kw_only=True)
class AuditConfig(EncoderOptions):
    """What to audit, on what, and where to write it."""

    corpus: list[str] | None = None
    """One's own documents: JSON lines, Parquet or TSV files, or folders of them."""
    queries: list[str] | None = None
    """One's own queries, in the same forms or as TREC topics; absent: only probes are asked."""
    qrels: list[str] | None = None
    """Judgements of one's own queries: TREC or BEIR qrels, JSON lines or Parquet."""
    corpus_language: str | None = None
    """The language of all documents; by default each row's own, detected where it has none."""
    query_language: str | None = None
    """The language of all queries; by default each row's own, detected where it has none."""
    benchmark: str | None = None
    """A benchmark by name in place of one's own files; `lingweave data benchmarks` lists them."""
    data: Path | None = None
    """The benchmark's folder or file."""
    split: str | None = None
    """The benchmark's split; by default the one that figures are published of."""
    languages: list[str] | None = None
    """Only these languages, as queries and in the pool; all by default."""
    probes: Path | None = None
    """Parallel statements of one's own (rows of id, lang, text) in place of the built-in ones."""
    probe: bool = True
    """Whether parallel statements are put among the documents and searched for."""
    out: Path = Path("audit")
    """The folder to write: audit.html, audit.json, evaluations and vectors."""
    ties: Literal["pessimistic", "optimistic", "index"] = "pessimistic"
    """Where a gold stands among candidates with its score: last, first, or by pool order."""
    pivot: str = "en"
    """The language that the others are set against."""
    sample: int = 200
    """Documents of a language whose vectors are looked at."""
    debias: bool = True
    """Whether to measure what removing each language's mean vector would change."""
    resamples: int = 2000
    """Number of bootstrap resamples."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.corpus is None) == (self.benchmark is None):
            raise LingweaveError(
                "give --corpus with one's own documents, or --benchmark with a name"
            )
        for name in ("queries", "qrels", "corpus_language", "query_language"):
            if getattr(self, name) is not None and self.corpus is None:
                raise LingweaveError(f"--{name}: goes with --corpus; a benchmark has its own")
        for name in ("data", "split"):
            if getattr(self, name) is not None and self.benchmark is None:
                raise LingweaveError(f"--{name} {getattr(self, name)}: goes with --benchmark")
        if self.qrels is not None and self.queries is None:
            raise LingweaveError("--qrels: judgements need the --queries that they judge")
        if self.queries is None and self.corpus is not None and not self.probe:
            raise LingweaveError("--probe false: without --queries there is nothing left to ask")
        if self.probes is not None and not self.probe:
            raise LingweaveError("--probes: goes with --probe true")
        for name in ("shards", "ray"):
            if getattr(self, name) is not None:
                raise LingweaveError(
                    f"--{name}: an audit keeps vectors text by text, in --cache or beside its page;"
                    " for corpora past memory use `lingweave evaluate`"
                )
        if self.vectors and (self.out / MEANS_REMOVED_FILE).resolve() == self.vectors.resolve():
            raise LingweaveError(
                f"--out {self.out}: vectors without their means would overwrite {self.vectors};"
                " give another folder"
            )
        if not is_language(self.pivot):
            raise LingweaveError(
                f"--pivot {self.pivot}: unknown language; give a BCP 47 code such as 'en'"
            )
        if self.ties not in TIE_RULES:
            raise LingweaveError(f"--ties {self.ties}: choose from {', '.join(TIE_RULES)}")
        for name in ("sample", "resamples"):
            if getattr(self, name) < 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 1 or more")
