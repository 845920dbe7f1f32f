"""`lingweave debias`: learn a correction, write it, and say what it changes."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lingweave.atomic import disk_errors_named, write_json
from lingweave.benchmark import Benchmark
from lingweave.debias.config import DebiasConfig
from lingweave.debias.encoder import DebiasedEncoder, Remembering
from lingweave.debias.fit import fitted, text_samples, warn_of_unknown
from lingweave.debias.fitted import Debias
from lingweave.debias.maps import Samples
from lingweave.debias.record import RECORD, asked_of, refuse_other
from lingweave.debias.vectors import VectorFile
from lingweave.detection import Detector
from lingweave.encoders.choice import encoder_of, identity_of
from lingweave.encoders.scores import Scores, encoder_scores
from lingweave.encoders.vectors import vectors_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import storage
from lingweave.evaluate.bias import BiasChange, BiasResult, bias_change, bias_of
from lingweave.evaluate.evaluation import Evaluation, evaluate
from lingweave.languages import canonical
from lingweave.report.comparison import Comparison, as_json, compared, comparison_json
from lingweave.significance import Resampling
from lingweave.sources.catalogue import named
from lingweave.sources.named import Request
from lingweave.sources.own import own

log = logging.getLogger("lingweave")

MAP = "languages.safetensors"
FORMAT_VERSION = 1
BEFORE, AFTER = "before", "after"

Sides = Sequence[Callable[[Benchmark], Scores]]
"""The scores before and after, once they are asked for."""


@dataclass(frozen=True)
class Debiased:
    """What `lingweave debias` made."""

    debias: Debias
    """The correction."""
    written: tuple[Path, ...]
    """What stands on the disk."""
    comparison: Comparison | None
    """Quality and rank distance before and after, where there is a benchmark with gold."""
    before: tuple[BiasResult, ...]
    """Bias figures before."""
    after: tuple[BiasResult, ...]
    """And after."""
    changes: tuple[BiasChange, ...]
    """After minus before, with paired intervals."""


def run(config: DebiasConfig) -> Debiased:
    """Learns or opens the correction, writes it with the corrected model or vectors, and compares.

    Raises:
        LingweaveError: anything the user can mend.
    """
    storage.check_writable(config.out)
    opened = _opened(config)
    asked = asked_of(config, opened)
    refuse_other(config.out, asked)
    benchmark = _benchmark(config)
    sides: Sides
    if config.vectors is not None:
        file = VectorFile(config.vectors, config.vector_languages)
        debias = opened or fitted(
            config,
            file.sampled("passages", config.sample, config.seed or 0),
            file.sampled("queries", config.sample, config.seed or 0) if config.fit_queries else {},
            {"vectors": str(config.vectors), **identity_of(config)},
        )
        warn_of_unknown(debias, tuple(part.language for part in file.parts))
        _begin(config.out, asked, debias)
        out = config.out / f"vectors{config.vectors.suffix}"
        file.write(out, debias)
        written = [out]
        sides = [
            partial(vectors_scores, path, similarity=config.similarity)
            for path in (config.vectors, out)
        ]
    else:
        encoder = Remembering(encoder_of(config))
        debias = opened or _learned(config, benchmark, encoder)
        if benchmark is not None:
            warn_of_unknown(debias, benchmark.languages)
        _begin(config.out, asked, debias)
        written = _checkpoint(config, debias)
        sides = [
            partial(encoder_scores, one, similarity=config.similarity)
            for one in (encoder, DebiasedEncoder(encoder, debias))
        ]
    written = [config.out / MAP, *written, config.out / RECORD]
    made = Debiased(debias, tuple(written), None, (), (), ())
    if benchmark is not None and benchmark.gold:
        made = _figures(config, made, benchmark, sides)
    with disk_errors_named(str(config.out / RECORD)):
        write_json(config.out / RECORD, _record(asked, made))
    return made


def _begin(out: Path, asked: dict[str, Any], debias: Debias) -> None:
    """Writes what was asked for and the map, before what is made with it."""
    with disk_errors_named(str(out / MAP)):
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / RECORD, {"format_version": FORMAT_VERSION, "asked": asked})
        debias.save(out / MAP)


def _benchmark(config: DebiasConfig) -> Benchmark | None:
    if config.benchmark is None:
        return None
    languages = [canonical(x) for x in config.languages] if config.languages else None
    loaded = named(config.benchmark).load(Request(config.data, languages, seed=config.seed))
    return loaded if languages is None else loaded.select(languages)


def _opened(config: DebiasConfig) -> Debias | None:
    if config.map is None:
        return None
    debias = Debias.open(config.map)
    if debias.unit_length != (config.similarity == "cosine"):
        fits = "cosine" if debias.unit_length else "dot"
        raise LingweaveError(
            f"--map {config.map}: was learned for --similarity {fits}; give that, or learn another"
        )
    return debias


def _learned(config: DebiasConfig, benchmark: Benchmark | None, encoder: Remembering) -> Debias:
    seed = config.seed or 0
    if config.corpus is not None:
        texts = own(config.corpus, detect=Detector(), blank="keep").corpora
        what = {"corpus": str(config.corpus)}
    else:
        assert benchmark is not None
        texts, what = benchmark.corpora, {"benchmark": benchmark.name}
    passages = text_samples(texts, encoder, "passages", config.sample, seed)
    queries: Samples = {}
    if config.fit_queries:
        assert benchmark is not None
        queries = text_samples(benchmark.queries, encoder, "queries", config.sample, seed)
    return fitted(config, passages, queries, {**what, **identity_of(config)})


def _checkpoint(config: DebiasConfig, debias: Debias) -> list[Path]:
    """The corrected model, where there is one to write."""
    if config.model is None or config.endpoint is not None:
        return []
    if config.truncate_dim is not None:
        log.warning(
            "no model is written: vectors are cut after a model's modules, and the map is for the"
            " cut ones; use %s",
            MAP,
        )
        return []
    # Imported here: torch takes seconds, and vectors in a file do without it.
    from sentence_transformers.base.modules import Router

    from lingweave.debias.checkpoint import save_checkpoint
    from lingweave.encoders.loading import read_model
    from lingweave.encoders.sentence_transformer import TRAINING_RECORD, model_folder

    folder = model_folder(config.model)
    model = read_model(folder, config.model, config.pooling or "auto", device="cpu")
    if any(isinstance(module, Router) for module in model.modules()):
        log.warning(
            "no model is written: %s routes texts already, and its routes cannot be joined with"
            " those of languages; the map holds: use %s, or correct the model it was made from",
            config.model,
            MAP,
        )
        return []
    prompts = {"query": config.query_prompt, "document": config.passage_prompt}
    model.prompts.update({name: text for name, text in prompts.items() if text is not None})
    if config.max_length is not None:
        model.max_seq_length = config.max_length
    save_checkpoint(model, debias, config.out / "model", folder / TRAINING_RECORD)
    return [config.out / "model"]


def _figures(
    config: DebiasConfig,
    made: Debiased,
    benchmark: Benchmark,
    sides: list[Callable[[Benchmark], Scores]],
) -> Debiased:
    how = Resampling(config.resamples)
    results = []
    for name, scores in zip((BEFORE, AFTER), sides, strict=True):
        configuration = {"debias": dict(made.debias.about) if name == AFTER else None}
        evaluation: Evaluation = evaluate(
            benchmark, scores(benchmark), config.ties, configuration, config.out / name
        )
        results.append(bias_of(evaluation, resampling=how))
    comparison = compared([f"{x}={config.out / x}" for x in (BEFORE, AFTER)], BEFORE, how)
    return Debiased(
        made.debias,
        (*made.written, config.out / BEFORE, config.out / AFTER),
        comparison,
        results[0],
        results[1],
        bias_change(results[0], results[1]),
    )


def _record(asked: dict[str, Any], made: Debiased) -> dict[str, Any]:
    """What was asked for, what was learned and what it changes, for `debias.json`."""
    record: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "asked": asked,
        "about": dict(made.debias.about),
    }
    if made.comparison is not None:
        record["comparison"] = comparison_json(made.comparison)
        record["bias"] = {
            one.figure.name: {
                "before": before.as_json(),
                "after": after.as_json(),
                "difference": as_json(one.difference),
                "difference_by_language": {x: as_json(v) for x, v in one.by_language.items()},
            }
            for one, before, after in zip(made.changes, made.before, made.after, strict=True)
        }
    return record
