"""One's own documents and queries as a benchmark: files in any of the usual forms."""

import os
from collections.abc import Sequence
from pathlib import Path

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.sources.collection import Blank, Detect, collection
from lingweave.sources.provenance import checksums
from lingweave.sources.qrels import golds, read_qrels
from lingweave.sources.records import ENDINGS
from lingweave.sources.topics import read_topics

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def own(
    corpus: Paths,
    queries: Paths | None = None,
    qrels: Paths | None = None,
    *,
    name: str = "own",
    corpus_language: str | None = None,
    query_language: str | None = None,
    detect: Detect | None = None,
    blank: Blank = "refuse",
) -> Benchmark:
    """The benchmark of one's own files.

    Documents and queries have an id, a text, perhaps a title and a language: JSON lines or Parquet
    with fields ``_id`` (or ``id``), ``text``, ``title``, ``lang``, or TSV with id and text; queries
    also as TREC topics. A query that is asked in several languages has one id in all of them.
    A document id means one document of its language; a judged id that several languages have
    counts in all of them.

    Args:
        corpus: files or folders of files.
        queries: the same; None for an audit that makes its own probes.
        qrels: TREC qrels, BEIR's tsv, JSON lines or Parquet; without them there is no gold.
        name: what to call it.
        corpus_language, query_language: the language of all documents or queries; None where
            each row tells its own.
        detect: tells the languages of rows that do not.
        blank: ``keep`` takes documents without a text, with a warning.

    Raises:
        LingweaveError: naming file and line.
    """
    documents = _files(corpus)
    corpora = collection(
        documents, "document", language=corpus_language, blank=blank, detect=detect
    )
    asked: dict[str, Texts] = {}
    files = list(documents)
    if queries is not None:
        questions = _files(queries)
        asked = _queries(questions, query_language, detect)
        files += questions
    gold: tuple[Gold, ...] = ()
    if qrels is not None:
        judgements = _files(qrels)
        if queries is None:
            raise LingweaveError(f"{judgements[0]}: judgements need the queries they judge")
        gold = golds([one for file in judgements for one in read_qrels(file)], asked, corpora)
        files += judgements
    return Benchmark(
        name=name,
        queries=asked,
        corpora=corpora,
        gold=gold,
        source={"folder": ", ".join(map(str, documents)), **checksums(files)},
    )


def _queries(
    files: Sequence[Path], language: str | None, detect: Detect | None
) -> dict[str, Texts]:
    if len(files) == 1 and language is not None:
        return read_topics(files[0], language)
    return collection(files, "query", language=language, detect=detect)


def _files(paths: Paths) -> list[Path]:
    files: list[Path] = []
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        place = Path(path)
        if place.is_dir():
            inside = sorted(p for p in place.iterdir() if p.name.endswith(ENDINGS))
            if not inside:
                raise LingweaveError(f"{place}: no {', '.join(ENDINGS)} file in this folder")
            files += inside
        elif place.is_file():
            files.append(place)
        else:
            raise LingweaveError(f"{place}: no such file or folder")
    return files
