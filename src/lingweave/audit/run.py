"""`lingweave audit`: from an encoder and a corpus to who is favoured, and what that costs."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave.audit.audit import Audit, audit_json
from lingweave.audit.config import AuditConfig
from lingweave.audit.means import LEARNED_FROM, MEANS_REMOVED, corrected_scores
from lingweave.audit.measured import AS_IS, Measured, evaluated, measured
from lingweave.audit.probes import built_in, probed
from lingweave.audit.separability import Separability, projected, separability
from lingweave.audit.source import digest, sampled, source_of, statements_of
from lingweave.audit.tables import named
from lingweave.benchmark import Benchmark
from lingweave.debias.maps import NO_LANGUAGES
from lingweave.encoders.choice import encoder_of, identity_of, scores_of
from lingweave.encoders.scores import Encoder, Scores, encoder_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import storage
from lingweave.evaluate.again import SEED
from lingweave.evaluate.bias import BiasResult, head_bias
from lingweave.evaluate.heads import heads_of_lists
from lingweave.evaluate.tokens import (
    token_counter,
    tokens_of_translations,
    tokens_per_character,
)
from lingweave.judgements import judgements_of
from lingweave.languages import canonical
from lingweave.ranks import joined_lists
from lingweave.report.files import write_text
from lingweave.significance import Resampling

Vectors = Mapping[str, NDArray[np.float32]]
Of = Callable[[Benchmark], Scores]
"""The scores of an arm on a benchmark."""
JUDGED = "evaluation"
"""The folder of what was measured on the judgements."""


def audit(config: AuditConfig) -> Audit:
    """Measures, and writes ``audit.json`` and ``audit.html`` into ``config.out``.

    Vectors are kept in ``config.out``, so that an audit that was stopped goes on where it was.

    Raises:
        LingweaveError: anything the user can mend.
    """
    storage.check_writable(config.out)
    config = dataclasses.replace(config, pivot=canonical(config.pivot))
    benchmark = source_of(config)
    if config.cache is None and (config.model is not None or config.endpoint is not None):
        config = dataclasses.replace(config, cache=config.out / "vectors")
    encodes = config.model is not None or config.endpoint is not None or config.encoder == "random"
    encoder = encoder_of(config) if encodes else None
    scores = partial(_scores, config, encoder)
    notes: list[str] = []
    arms: dict[str, Of] = {AS_IS: scores}
    if config.debias and (encoder is not None or config.vectors is not None):
        samples = _vectors(config, benchmark, encoder, LEARNED_FROM)
        if samples:
            arms[MEANS_REMOVED] = corrected_scores(config, encoder, samples)
        else:
            notes.append("No means to remove: no document has a text and a known language.")
    judged = _measured(config, benchmark, arms, JUDGED) if benchmark.gold else None
    asked = _probed(config, benchmark, arms, notes)
    heads = _heads(config, benchmark, scores) if judged is None and benchmark.queries else ()
    if judged is None and asked is None and not heads:
        raise LingweaveError(f"nothing could be asked; give --queries ({' '.join(notes)})")
    _directions(judged or asked, config.pivot, notes)
    vectors = _vectors(config, benchmark, encoder, config.sample)
    found = Audit(
        benchmark=benchmark,
        encoder=_described(judged, asked, encoder, config),
        judged=judged,
        probed=asked,
        heads=heads,
        tokens=_tokens(config, benchmark, notes),
        separability=_separability(vectors, notes),
        points=projected(vectors) if vectors else {},
        notes=tuple(notes),
    )
    text = json.dumps(audit_json(found), ensure_ascii=False, indent=1, allow_nan=False)
    write_text(config.out / "audit.json", text + "\n")
    # Here, because matplotlib takes a second that mistakes need not wait for.
    from lingweave.audit.page import page

    write_text(config.out / "audit.html", page(found))
    return found


def _scores(config: AuditConfig, encoder: Encoder | None, benchmark: Benchmark) -> Scores:
    if encoder is None:
        return scores_of(config, benchmark)
    return encoder_scores(encoder, benchmark, config.similarity)


def _probed(
    config: AuditConfig,
    benchmark: Benchmark,
    arms: Mapping[str, Of],
    notes: list[str],
) -> Measured | None:
    if not config.probe:
        return None
    if config.vectors is not None or config.encoder == "oracle":
        notes.append("No probes: vectors from a file hold none of new texts.")
        return None
    if config.probes is not None:
        statements = statements_of(config.probes)
    else:
        statements = built_in(tuple(benchmark.corpora))
    if not statements:
        notes.append(
            "No probes: the built-in statements are in fewer than two of the corpus's languages;"
            " give parallel texts with --probes."
        )
        return None
    return _measured(config, probed(benchmark, statements), arms, "probes")


def _measured(
    config: AuditConfig, benchmark: Benchmark, arms: Mapping[str, Of], name: str
) -> Measured:
    """The arms on a benchmark, each in a folder whose name begins with ``name``."""
    # Only what is a benchmark by name can be read again.
    whole = name == JUDGED and config.benchmark is not None
    configuration = {
        **(_named(config) if whole else {"audited": benchmark.name}),
        "ties": config.ties,
        "languages": list(benchmark.languages),
        # Which language a text counts as may be detected, or given anew.
        "texts": [digest(side) for side in (benchmark.queries, benchmark.corpora)],
        "data": {k: v for k, v in benchmark.source.items() if k != "folder"},
        **identity_of(config),
    }
    folders, found = {}, []
    for arm, scores in arms.items():
        own = {} if arm == AS_IS else {"arm": arm}
        ending = "" if arm == AS_IS else f"-{arm.replace(' ', '-')}"
        folders[arm] = config.out / f"{name}{ending}"
        some = partial(scores, benchmark)
        found.append(evaluated(benchmark, some, config.ties, configuration | own, folders[arm]))
    return measured(benchmark, found[0], folders, Resampling(config.resamples, 0), config.pivot)


def _named(config: AuditConfig) -> dict[str, Any]:
    """How the benchmark is read, as `lingweave evaluate` says it."""
    options = {"benchmark": config.benchmark, "split": config.split, SEED: config.seed}
    return {name: value for name, value in options.items() if value is not None}


def _heads(
    config: AuditConfig, benchmark: Benchmark, scores: Callable[[Benchmark], Scores]
) -> tuple[BiasResult, ...]:
    parts = scores(benchmark).parts(judgements_of(benchmark))
    lists = joined_lists([part.top for part in parts])
    how = Resampling(config.resamples, 0)
    return head_bias(heads_of_lists(lists, benchmark), benchmark.groups, None, how)


def _vectors(
    config: AuditConfig, benchmark: Benchmark, encoder: Encoder | None, count: int
) -> Vectors:
    """Vectors of some documents of each language, of those with a text; none for encoders that have
    none, and none of documents without a language."""
    chosen = {
        y: rows
        for y, side in benchmark.corpora.items()
        if y not in NO_LANGUAGES
        and (rows := [i for i in sampled(side, count).tolist() if side.texts[i].strip()])
    }
    if encoder is not None:
        texts = {y: [benchmark.corpora[y].texts[i] for i in rows] for y, rows in chosen.items()}
        return {y: encoder.encode_passages(some, y) for y, some in texts.items()}
    if config.vectors is not None:
        from lingweave.encoders.vectors import passage_vectors

        found = passage_vectors(config.vectors, benchmark)
        return {y: found[y][rows] for y, rows in chosen.items()}
    return {}


def _directions(main: Measured | None, pivot: str, notes: list[str]) -> None:
    """Says so where no direction can be set against that of the pivot."""
    if main is not None and named(main.bias, f"direction_to_{pivot}") is None:
        notes.append(
            f"No directions to {pivot}: no judged queries or documents in it; choose another"
            " language with --pivot."
        )


def _tokens(config: AuditConfig, benchmark: Benchmark, notes: list[str]) -> tuple[BiasResult, ...]:
    """The figures of the model's tokenizer."""
    if config.model is None or config.endpoint is not None:
        return ()
    # Imported here: torch and its like take seconds, and vectors in a file do without them.
    from lingweave.encoders.sentence_transformer import model_folder

    try:
        count = token_counter(model_folder(config.model))
    except LingweaveError as error:
        notes.append(f"No figures of the tokenizer: {error}.")
        return ()
    how = Resampling(config.resamples, 0)
    of_queries = tokens_of_translations(count, benchmark, config.pivot, how)
    found = (*tokens_per_character(count, benchmark.corpora, how), of_queries)
    return tuple(one for one in found if one is not None)


def _separability(vectors: Vectors, notes: list[str]) -> Separability | None:
    if not vectors:
        return None
    try:
        return separability(vectors)
    except LingweaveError as error:
        notes.append(f"No linear probe: {error}.")
        return None


def _described(
    judged: Measured | None, asked: Measured | None, encoder: Encoder | None, config: AuditConfig
) -> dict[str, Any]:
    for one in (judged, asked):
        if one is not None:
            return dict(one.evaluation.provenance["encoder"])
    return encoder.describe() if encoder is not None else {"encoder": config.encoder}
