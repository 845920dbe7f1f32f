"""What an audit looks at: a named benchmark, or one's own documents and queries."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lingweave.audit.config import AuditConfig
from lingweave.benchmark import Benchmark, Texts
from lingweave.detection import Detector
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.catalogue import named
from lingweave.sources.collection import collection
from lingweave.sources.named import Request
from lingweave.sources.own import own


def source_of(config: AuditConfig) -> Benchmark:
    """The benchmark that is named, or that one's own files make.

    Raises:
        LingweaveError: a file cannot be read, or nothing is left to search in.
    """
    languages = None if config.languages is None else tuple(map(canonical, config.languages))
    if config.benchmark is not None:
        request = Request(config.data, languages, config.split, config.seed)
        benchmark = named(config.benchmark).load(request)
    else:
        assert config.corpus is not None
        benchmark = own(
            config.corpus,
            config.queries,
            config.qrels,
            name=Path(config.corpus[0]).name,
            corpus_language=config.corpus_language,
            query_language=config.query_language,
            detect=Detector(languages),
            blank="keep",
        )
    if languages is not None:
        benchmark = benchmark.select(languages)
    if not benchmark.corpora:
        raise LingweaveError(f"{benchmark.name}: no documents; there is nothing to search in")
    return benchmark


def statements_of(path: Path) -> dict[str, Texts]:
    """One's own parallel statements, by language: rows of id, lang and text.

    Raises:
        LingweaveError: the file cannot be read.
    """
    return collection([path], "statement")


def digest(sides: Mapping[str, Texts]) -> str:
    """A checksum of texts with their languages and ids."""
    found = hashlib.blake2b(digest_size=16)
    for language in sorted(sides):
        found.update(json.dumps([language, len(sides[language].ids)]).encode())
        for pair in zip(*sides[language], strict=True):
            found.update(json.dumps(pair).encode())
    return found.hexdigest()


def sampled(side: Texts, count: int) -> NDArray[np.int64]:
    """The places of ``count`` texts of one language, evenly spread; all if there are fewer."""
    return np.unique(np.linspace(0, len(side.ids) - 1, min(count, len(side.ids))).astype(np.int64))
