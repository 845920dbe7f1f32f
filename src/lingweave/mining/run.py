"""`lingweave mine`: from options to a file of hard negatives."""

import dataclasses
import datetime
import logging
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.progress import Progress

from lingweave.atomic import disk_errors_named
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.scores import Encoder
from lingweave.errors import LingweaveError
from lingweave.mining.config import MineConfig, Scope
from lingweave.mining.excluded import Excluded
from lingweave.mining.parts import Parts, refuse_other
from lingweave.mining.search import BLOCK, CANDIDATES, Found, Rule, Search
from lingweave.mining.summary import summary_of
from lingweave.mining.texts import texts_of
from lingweave.mining.vectors import Vectors, encoded, tfidf
from lingweave.negatives import HardNegatives, made_by
from lingweave.progress import progress_bar
from lingweave.software import software
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable

log = logging.getLogger("lingweave")

Encoded = tuple[Vectors, dict[str, Any]]
"""Vectors, and what made them: plain JSON values."""
VectorsOf = Callable[[ParallelTable, Path, Progress], Encoded]


def mine(config: MineConfig) -> dict[str, Any]:
    """Finds and writes hard negatives, or says what the same configuration wrote before.

    Returns:
        How the file was made; its ``summary`` says what it holds.

    Raises:
        LingweaveError: anything the user can mend; what was done before is kept.
    """
    _check_writable(config.out)
    device = _device(config)
    table = read_table(
        config.table,
        languages=config.languages,
        datasets=config.datasets,
        one_of=config.one_of or (),
        split=config.split,
    )
    rule = Rule(config.scope, config.per_record, config.share, config.margin, config.skip_top)
    about_vectors = vectors_configuration(config, table)
    configuration = {**about_vectors, **dataclasses.asdict(rule)}
    if config.out.exists():
        made = made_by(config.out)
        refuse_other(config.out, made.get("configuration", {}), configuration)
        log.warning("%s: complete with this configuration, nothing to do", config.out)
        return made
    _check_scope(table, config.scope)
    vectors_of = _encoding(config, device)
    parts = Parts(config.out, rule)
    with disk_errors_named(f"--out {config.out}"), progress_bar(config.progress) as progress:
        parts.open(about_vectors)
        vectors, encoder = vectors_of(table, parts.folder, progress)
        task = progress.add_task("records", total=len(table))
        blocks = []
        for block in searched(table, vectors, rule, parts.found, BLOCK):
            blocks.append(block)
            progress.advance(task, len(block.positive))
        found = Found(*map(np.concatenate, zip(*blocks, strict=True)))
    made = {
        "encoder": encoder,
        "configuration": configuration,
        "table": {
            "files": list(config.table),
            "fingerprint": table.fingerprint,
            "records": len(table),
            "languages": list(table.languages),
            "datasets": list(table.datasets),
        },
        "software": software(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "summary": summary_of(found),
    }
    hard_negatives(found, made).write(config.out, table)
    parts.remove()
    return made


def vectors_configuration(config: MineConfig, table: ParallelTable) -> dict[str, Any]:
    """What decides the vectors; a model is told by the checksum of its files."""
    kept: dict[str, Any] = {
        "encoder": config.encoder,
        "similarity": config.similarity,
        "dtype": config.dtype,
        "table": table.fingerprint,
    }
    if config.encoder == "random":
        kept["seed"] = config.seed or 0
    if config.model is not None:
        # Imported here: the libraries take seconds, and the floors do without them.
        from lingweave.encoders.sentence_transformer import identity, model_folder

        kept["model"] = identity(config.model, model_folder(config.model))["sha256"]
    return kept


def searched(
    table: ParallelTable,
    vectors: Vectors,
    rule: Rule,
    parts: Callable[[str, Callable[[], Found]], Found] = lambda name, search: search(),
    block: int = BLOCK,
    candidates: int = CANDIDATES,
) -> Iterator[Found]:
    """What is found for all records, some at a time, in the order of the table.

    Args:
        table: the records; those of one data set are each other's candidates.
        vectors: of its texts.
        rule: what to keep.
        parts: given a name and a search, runs it, or gives what it found in an earlier run.
        block: records whose negatives are looked for together.
        candidates: records that are scored against them at once.
    """
    shape = table.shape()
    has_query, has_passage = table.present("query"), table.present("passage")
    excluded = Excluded(shape)
    for start, end in pairwise(shape.offsets.tolist()):
        span = slice(start, end)
        search = Search(vectors, has_query, has_passage, span, rule, candidates)
        for first in range(start, end, block):
            rows = slice(first, min(first + block, end))
            found = parts(f"found-{first}-{block}", partial(_block, search, excluded, rows, span))
            # From places in the data set to rows of the table.
            moved = np.where(found.negatives < 0, -1, found.negatives + start)
            yield found._replace(negatives=moved)


def hard_negatives(found: Found, made: dict[str, Any]) -> HardNegatives:
    """What was found for all N records as lists by record."""
    there = found.negatives >= 0
    scores = (found.positive[:, None] + found.gaps)[there]
    return HardNegatives(
        offsets=np.concatenate([[0], np.cumsum(there.sum(1))]).astype(np.int64),
        rows=found.negatives[there],
        scores=scores.astype(np.float32),
        positive_scores=found.positive,
        made_by=made,
    )


def _block(search: Search, excluded: Excluded, rows: slice, span: slice) -> Found:
    places = slice(rows.start - span.start, rows.stop - span.start)
    return search.found(places, excluded.of(rows, span))


def _encoding(config: MineConfig, device: torch.device) -> VectorsOf:
    """How texts become vectors; the encoder is loaded, so that what is wrong with it shows."""
    if config.encoder == "tfidf":

        def sparse(table: ParallelTable, folder: Path, progress: Progress) -> Encoded:
            progress.add_task("n-grams", total=None)
            vectors, definition = tfidf(texts_of(table))
            return vectors, {"encoder": "tfidf", "definition": definition}

        return sparse
    encoder: Encoder
    if config.encoder == "random":
        encoder = RandomVectors(config.seed or 0)
    else:
        from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder

        assert config.model is not None
        encoder = SentenceTransformerEncoder(
            config.model, config.batch_size, config.dtype, str(device)
        )

    def dense(table: ParallelTable, folder: Path, progress: Progress) -> Encoded:
        texts = texts_of(table, encoder)
        task = progress.add_task("texts", total=sum(map(len, texts.values())))
        advance = partial(progress.advance, task)
        vectors = encoded(encoder, config.similarity, texts, folder, device, advance)
        return vectors, {**encoder.describe(), "similarity": config.similarity}

    return dense


def _device(config: MineConfig) -> torch.device:
    """Where to encode and score; it is tried, so that one that is not there shows at once."""
    name = config.device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        if config.encoder == "tfidf" and config.device and device.type != "cpu":
            raise LingweaveError(f"--device {name}: tfidf works on the cpu; leave the option out")
        torch.zeros(1, device=device).tolist()
    # A library without CUDA raises AssertionError, "meta" NotImplementedError, a RuntimeError.
    except (RuntimeError, AssertionError, ImportError):
        raise LingweaveError(
            f"--device {name}: no such device here; give cpu"
            + (" or cuda" if torch.cuda.is_available() else "")
        ) from None
    return device


def _check_scope(table: ParallelTable, scope: Scope) -> None:
    """Finds out before long work whether any query has a passage to be compared with."""
    queries, passages = table.present("query"), table.present("passage")
    if scope == "language" and not (queries & passages).any():
        raise LingweaveError(
            "--scope language: no record has its query and its passage in one language;"
            " give --scope pool"
        )
    if not (queries.any(1) & passages.any(1)).any():
        raise LingweaveError("no record has both a query and a passage: nothing can be compared")


def _check_writable(out: Path) -> None:
    """Finds out before long work whether the file can be written."""
    place = out.absolute().parent
    while not (place.exists() or place.is_symlink()):
        place = place.parent
    if not place.is_dir():
        raise LingweaveError(f"--out {out}: {place} is not a folder; choose another place")
    if not os.access(place, os.W_OK | os.X_OK):
        raise LingweaveError(f"--out {out}: no permission to write in {place}")
    if out.is_dir():
        raise LingweaveError(f"--out {out}: is a folder; name a file in it")
