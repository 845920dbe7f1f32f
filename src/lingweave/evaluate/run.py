"""`lingweave evaluate`: from options to an evaluation on disk."""

import dataclasses
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lingweave.atlas import DEFAULT_LANGUAGES
from lingweave.benchmark import Benchmark
from lingweave.encoders.oracle import oracle_scores
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.scores import Scores, encoder_scores
from lingweave.encoders.vectors import vectors_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import storage
from lingweave.evaluate.evaluation import Evaluation, evaluate
from lingweave.languages import canonical
from lingweave.ranks import TIE_RULES
from lingweave.sources.atlas import SEED, atlas_benchmark, fact_of
from lingweave.sources.lareqa import lareqa, mlqa_r, xquad_r
from lingweave.sources.parallel import parallel

log = logging.getLogger("lingweave")


@dataclass(frozen=True)
class EvaluateConfig:
    """What to evaluate, on what, and where to write it."""

    benchmark: str = "lareqa"
    """The benchmark: a name of `BENCHMARKS`."""
    data: Path | None = None
    """The benchmark's folder, or the rows of `parallel`; atlas needs none."""
    model: str | None = None
    """A sentence-transformers model: a folder, or a name on the hub."""
    encoder: Literal["tfidf", "random", "oracle"] | None = None
    """A floor or ceiling in place of a model: a name of `ENCODERS`."""
    vectors: Path | None = None
    """An .npz file with arrays q_<language> and c_<language> in place of a model."""
    out: Path = Path("evaluation")
    """The folder to write; its evaluation is kept if it has the same configuration."""
    similarity: Literal["cosine", "dot"] = "cosine"
    """cosine: L2-normalised and scored in fp32; dot: vectors as they are."""
    ties: Literal["pessimistic", "optimistic", "index"] = "pessimistic"
    """Where a gold stands among candidates with its score: last, first, or by pool order."""
    languages: list[str] | None = None
    """Only these languages, as queries and in the pool; all by default (of atlas: twelve)."""
    seed: int | None = None
    """Seed of the random encoder (0 by default) and of the atlas (31 by default)."""
    batch_size: int = 64
    """Texts a model encodes together."""
    dtype: Literal["fp32", "bf16"] = "fp32"
    """A model's arithmetic; bf16 is faster where the processor has it."""
    device: str | None = None
    """Where a model encodes, such as cpu or cuda; by default an accelerator if there is one."""
    progress: bool = True
    """Whether to show progress while a model encodes."""

    def __post_init__(self) -> None:
        given = [name for name in ("model", "encoder", "vectors") if getattr(self, name)]
        if len(given) != 1:
            raise LingweaveError(
                "give exactly one of --model, --encoder and --vectors"
                f" ({' and '.join(f'--{name}' for name in given) or 'none'} given)"
            )
        if self.benchmark not in BENCHMARKS:
            raise LingweaveError(
                f"--benchmark {self.benchmark}: choose from {', '.join(BENCHMARKS)}"
            )
        if self.encoder is not None and self.encoder not in ENCODERS:
            raise LingweaveError(f"--encoder {self.encoder}: choose from {', '.join(ENCODERS)}")
        if self.ties not in TIE_RULES:
            raise LingweaveError(f"--ties {self.ties}: choose from {', '.join(TIE_RULES)}")
        if self.encoder is not None and self.similarity == "dot":
            raise LingweaveError(
                f"--similarity dot: {self.encoder} has one similarity; it goes with --model and"
                " --vectors"
            )
        if self.model is None and self.dtype != "fp32":
            raise LingweaveError(f"--dtype {self.dtype}: only a model computes with it")
        if self.data is not None and self.benchmark.startswith("atlas"):
            raise LingweaveError(f"--data {self.data}: the atlas is generated and reads none")
        if self.encoder == "oracle" and not self.benchmark.startswith("atlas"):
            raise LingweaveError(
                "--encoder oracle: only the atlas knows the facts behind its texts"
            )
        if self.batch_size < 1:
            raise LingweaveError(f"--batch_size {self.batch_size}: must be 1 or more")


def _from_folder(load: Callable[[Path], Benchmark]) -> Callable[[EvaluateConfig], Benchmark]:
    def loaded(config: EvaluateConfig) -> Benchmark:
        if config.data is None:
            raise LingweaveError(
                f"--benchmark {config.benchmark} needs --data: the place of its files"
            )
        return load(config.data)

    return loaded


def _atlas(split: str, config: EvaluateConfig) -> Benchmark:
    seed = SEED if config.seed is None else config.seed
    return atlas_benchmark(split, config.languages or DEFAULT_LANGUAGES, seed)


BENCHMARKS: dict[str, Callable[[EvaluateConfig], Benchmark]] = {
    "lareqa": _from_folder(lareqa),
    "xquad-r": _from_folder(xquad_r),
    "mlqa-r": _from_folder(mlqa_r),
    "parallel": _from_folder(lambda data: parallel([data])),
    "atlas": lambda config: _atlas("test", config),
    "atlas-validation": lambda config: _atlas("validation", config),
}
"""Names of benchmarks to their loaders."""


def _tfidf(benchmark: Benchmark, config: EvaluateConfig) -> Scores:
    # Imported here: scikit-learn takes a second, and opening an evaluation does without it.
    from lingweave.encoders.tfidf import tfidf_scores

    return tfidf_scores(benchmark)


ENCODERS: dict[str, Callable[[Benchmark, EvaluateConfig], Scores]] = {
    "tfidf": _tfidf,
    "random": lambda benchmark, config: encoder_scores(RandomVectors(config.seed or 0), benchmark),
    "oracle": lambda benchmark, config: oracle_scores(benchmark, fact_of),
}
"""Names of encoders that need no model to their scores."""


def run(config: EvaluateConfig) -> Evaluation:
    """Evaluates and writes, or opens what the same configuration wrote before.

    Raises:
        LingweaveError: anything the user can mend; nothing half-written is left behind.
    """
    storage.check_writable(config.out)
    benchmark = BENCHMARKS[config.benchmark](config)
    if config.languages is not None:
        benchmark = benchmark.select(map(canonical, config.languages))
    configuration = configuration_of(config, benchmark)
    if (config.out / storage.SUMMARY).exists():
        return _complete(config.out, configuration)
    return evaluate(benchmark, _scores(benchmark, config), config.ties, configuration, config.out)


def configuration_of(config: EvaluateConfig, benchmark: Benchmark) -> dict[str, Any]:
    """What decides the figures: the same configuration gives the same evaluation.

    A model is told by the checksum of its files and a vectors file by its own, so that neither
    moving nor overwriting one goes unnoticed. Batch size, device and places are left out.
    """
    kept: dict[str, Any] = {
        f.name: getattr(config, f.name)
        for f in dataclasses.fields(config)
        if f.name in ("benchmark", "encoder", "similarity", "ties", "dtype")
    }
    if config.encoder == "random":
        kept["seed"] = config.seed or 0
    kept["languages"] = list(benchmark.languages)
    kept["data"] = {k: v for k, v in benchmark.source.items() if k != "folder"}
    if config.model is not None:
        # Imported here: torch takes seconds, and the floors do without it.
        from lingweave.encoders.sentence_transformer import identity, model_folder

        kept["model"] = identity(config.model, model_folder(config.model))["sha256"]
    if config.vectors is not None:
        kept["vectors"] = _sha256(config.vectors)
    return kept


def _scores(benchmark: Benchmark, config: EvaluateConfig) -> Scores:
    if config.encoder is not None:
        return ENCODERS[config.encoder](benchmark, config)
    if config.vectors is not None:
        return vectors_scores(config.vectors, benchmark, config.similarity)
    from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder

    assert config.model is not None
    encoder = SentenceTransformerEncoder(
        config.model, config.batch_size, config.dtype, config.device, config.progress
    )
    return encoder_scores(encoder, benchmark, config.similarity)


def _complete(folder: Path, configuration: dict[str, Any]) -> Evaluation:
    evaluation = Evaluation.open(folder)
    before = evaluation.provenance.get("configuration") or {}
    names = {*before, *configuration}
    other = sorted(n for n in names if before.get(n) != configuration.get(n))
    if other:
        raise LingweaveError(
            f"--out {folder}: holds an evaluation that differs in {', '.join(other)};"
            " choose another folder, or remove this one"
        )
    log.warning("%s: complete with this configuration, nothing to do", folder)
    return evaluation


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LingweaveError(f"--vectors {path}: cannot be read ({error.strerror})") from error
