"""Sets that the package ``ir_datasets`` knows, read through it (an extra: ``ir-datasets``)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lingweave.benchmark import Benchmark, Texts, repeated
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.collection import gathered
from lingweave.sources.hushed import hushed
from lingweave.sources.parts import Part, joined, only_judged
from lingweave.sources.qrels import Judged, golds
from lingweave.sources.records import Row

log = logging.getLogger("lingweave")


def from_ir_datasets(
    ids: str | Mapping[str, str],
    name: str | None = None,
    languages: Sequence[str] | None = None,
    language: str | None = None,
    aligned: bool | None = None,
) -> Benchmark:
    """Sets of ir_datasets as a benchmark; documents are kept in the cache folder.

    Args:
        ids: one set such as ``beir/scifact/test``, or one a language.
        name: what to call the benchmark.
        languages: of several sets, only these.
        language: the language of a set that does not tell it.
        aligned: whether query ids of several sets mean the same questions: see `parts.joined`.

    Raises:
        LingweaveError: the package is not installed, does not know the set, or cannot get it.
    """
    sets = {"": ids} if isinstance(ids, str) else dict(ids)
    if languages is not None and not isinstance(ids, str):
        wanted = {canonical(code) for code in languages}
        sets = {code: one for code, one in sets.items() if code in wanted} or sets
    parts = {code: _part(one, code or language) for code, one in sets.items()}
    source = {
        "ir_datasets": ", ".join(sets.values()),
        "ir_datasets version": version("ir_datasets"),
    }
    return joined(parts, name or next(iter(sets.values())), source, aligned)


def _part(id: str, language: str | None) -> Part:
    dataset = _loaded(id)
    for has, what in (
        ("has_docs", "documents"),
        ("has_queries", "queries"),
        ("has_qrels", "qrels"),
    ):
        if not getattr(dataset, has)():
            raise LingweaveError(f"ir_datasets:{id}: the set has no {what}; name one of its splits")
    spoken = language or _told(dataset.docs_lang(), id)
    asked_in = canonical(dataset.queries_lang() or spoken)
    where = Path(f"ir_datasets:{id}")
    log.info("%s: read through ir_datasets; the first time it is fetched", id)
    try:
        keep = ["ir_datasets", version("ir_datasets"), id.rsplit("/", 1)[0], id, spoken]
        with hushed(stderr=True):
            corpora = gathered(
                _rows(where, dataset.docs_iter(), "doc_id"), "document", spoken, "keep", keep=keep
            )
            queries = gathered(_rows(where, dataset.queries_iter(), "query_id"), "query", asked_in)
            judged = [
                Judged(one.query_id, one.doc_id, int(one.relevance), where, line)
                for line, one in enumerate(dataset.qrels_iter(), 1)
            ]
    except LingweaveError:
        raise
    except Exception as error:  # The package raises whatever its downloads raise.
        raise LingweaveError(
            f"ir_datasets:{id}: cannot be had ({_short(error)}): connect to the network, or give"
            " --data a local copy"
        ) from error
    for sides in (queries, corpora):
        _refuse_twice(id, sides)
    gold = golds(judged, queries, corpora, "skip")
    return Part(only_judged(queries, gold), corpora, gold)


def _loaded(id: str) -> Any:
    try:
        import ir_datasets
    except ImportError:
        raise LingweaveError(
            f"ir_datasets:{id}: needs the package ir_datasets: pip install 'lingweave[ir-datasets]'"
        ) from None
    try:
        return ir_datasets.load(id)
    except KeyError:
        raise LingweaveError(
            f"ir_datasets:{id}: ir_datasets knows no such set; see https://ir-datasets.com"
        ) from None


def _rows(where: Path, items: Any, id: str) -> Iterator[tuple[Path, Row]]:
    for line, item in enumerate(items, 1):
        yield where, Row(getattr(item, id), item.default_text().strip(), None, line)


def _told(language: str | None, id: str) -> str:
    if language is None:
        raise LingweaveError(f"ir_datasets:{id}: the set does not tell its language")
    return canonical(language)


def _refuse_twice(id: str, sides: Mapping[str, Texts]) -> None:
    for side in sides.values():
        twice = repeated(side.ids)
        if twice is not None:
            raise LingweaveError(f"ir_datasets:{id}: id {twice!r} stands twice")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
