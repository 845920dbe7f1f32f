"""Folders as BEIR publishes them (Thakur et al., arXiv 2104.08663), in one language or in many.

``corpus.jsonl``, ``queries.jsonl`` and ``qrels/<split>.tsv``, each perhaps ending in ``.gz``, or
Parquet; in many languages one such folder a language, named by its code.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language
from lingweave.sources.collection import Blank, collection
from lingweave.sources.provenance import checksums
from lingweave.sources.qrels import Unknown, golds, read_qrels

log = logging.getLogger("lingweave")

ALIGNED = 0.9
"""Share of the queries two languages share whose gold ids must agree for ids to align."""
_ENDINGS = (".jsonl", ".jsonl.gz", ".parquet", ".tsv", ".tsv.gz")


class _Part(NamedTuple):
    queries: dict[str, Texts]
    corpora: dict[str, Texts]
    gold: tuple[Gold, ...]


def beir(
    folder: Path,
    *,
    split: str = "test",
    language: str | None = "en",
    name: str | None = None,
    languages: Sequence[str] | None = None,
    aligned: bool | None = None,
    blank: Blank = "refuse",
    unknown: Unknown = "refuse",
) -> Benchmark:
    """A BEIR folder, or a folder of them named by language codes, as a benchmark.

    Args:
        folder: where it lies.
        split: which qrels file.
        language: the language of a single folder; None where rows have a field ``lang``.
        name: what to call it; the folder's name by default.
        languages: of a folder of folders, only these.
        aligned: whether query ids mean the same question in all languages. None: they do where
            the languages' qrels give the same queries the same document ids, as translations
            of one set do. Where they do not, ids become ``<language>/<id>``.
        blank, unknown: see `collection` and `golds`.

    Raises:
        LingweaveError: naming file and line.
    """
    if not folder.is_dir():
        raise LingweaveError(
            f"{folder}: no such folder; give one with corpus.jsonl, queries.jsonl and"
            f" qrels/{split}.tsv"
        )
    if _found(folder, "corpus") is not None:
        part = _read(folder, split, language, blank, unknown)
        files = _files(folder, split)
        queries, corpora, gold, ids = part.queries, part.corpora, part.gold, "as given"
    else:
        parts: dict[str, _Part] = {}
        files = []
        for code, inside in _folders(folder, languages).items():
            parts[code] = _read(inside, split, code, blank, unknown)
            files += _files(inside, split)
        if aligned is None:
            aligned = _aligned(parts)
            log.info("%s: query ids %s", folder, "align" if aligned else "differ by language")
        if not aligned:
            parts = {code: _apart(part, code) for code, part in parts.items()}
        queries = {code: side for part in parts.values() for code, side in part.queries.items()}
        corpora = {code: side for part in parts.values() for code, side in part.corpora.items()}
        gold = tuple(gold for part in parts.values() for gold in part.gold)
        ids = "align across languages" if aligned else "by language"
    return Benchmark(
        name=name or folder.name,
        queries=queries,
        corpora=corpora,
        gold=gold,
        source={
            "folder": str(folder),
            "split": split,
            "query ids": ids,
            **checksums(files, folder),
        },
    )


def only_judged(queries: Mapping[str, Texts], gold: Sequence[Gold]) -> dict[str, Texts]:
    """The queries that have gold: a split's own, where one file holds the queries of all splits."""
    judged = {one.query_id for one in gold}
    kept = {}
    for code, side in queries.items():
        rows = [(id, text) for id, text in zip(side.ids, side.texts, strict=True) if id in judged]
        if rows:
            kept[code] = Texts(tuple(id for id, _ in rows), tuple(text for _, text in rows))
    return kept


def _read(folder: Path, split: str, language: str | None, blank: Blank, unknown: Unknown) -> _Part:
    corpus, asked = _needed(folder, "corpus"), _needed(folder, "queries")
    judgements = _qrels(folder, split)
    judged = read_qrels(judgements)
    queries = collection([asked], "query", language=language)
    corpora = collection([corpus], "document", language=language, blank=blank)
    gold = golds(judged, queries, corpora, unknown)
    return _Part(only_judged(queries, gold), corpora, gold)


def _found(folder: Path, stem: str) -> Path | None:
    return next(
        (folder / f"{stem}{e}" for e in _ENDINGS if (folder / f"{stem}{e}").is_file()), None
    )


def _needed(folder: Path, stem: str) -> Path:
    file = _found(folder, stem)
    if file is None:
        raise LingweaveError(f"{folder}: no {stem}.jsonl (or .jsonl.gz, .parquet) in this folder")
    return file


def _qrels(folder: Path, split: str) -> Path:
    file = _found(folder / "qrels", split)
    if file is None:
        inside = folder / "qrels"
        there = sorted(p.name.split(".")[0] for p in inside.iterdir()) if inside.is_dir() else []
        splits = f"; --split can be {', '.join(there)}" if there else ""
        raise LingweaveError(f"{inside}: no {split}.tsv (or .tsv.gz, .jsonl, .parquet){splits}")
    return file


def _files(folder: Path, split: str) -> list[Path]:
    return [_needed(folder, "corpus"), _needed(folder, "queries"), _qrels(folder, split)]


def _folders(folder: Path, languages: Sequence[str] | None) -> dict[str, Path]:
    wanted = None if languages is None else {canonical(code) for code in languages}
    found = {
        canonical(inside.name): inside
        for inside in sorted(folder.iterdir())
        if inside.is_dir() and is_language(inside.name) and _found(inside, "corpus") is not None
    }
    if not found:
        raise LingweaveError(
            f"{folder}: no corpus.jsonl, and no folder named by a language (de, en, ...) with one"
        )
    return {code: f for code, f in found.items() if wanted is None or code in wanted} or found


def _aligned(parts: Mapping[str, _Part]) -> bool:
    """Whether queries that languages share have the same gold, as translations of one set do."""
    passages: dict[str, set[frozenset[str]]] = {}
    seen: dict[str, int] = {}
    for part in parts.values():
        of: dict[str, set[str]] = {}
        for gold in part.gold:
            of.setdefault(gold.query_id, set()).add(gold.passage_id)
        for query, ids in of.items():
            passages.setdefault(query, set()).add(frozenset(ids))
            seen[query] = seen.get(query, 0) + 1
    shared = [query for query, times in seen.items() if times > 1]
    same = sum(len(passages[query]) == 1 for query in shared)
    return bool(shared) and same >= ALIGNED * len(shared)


def _apart(part: _Part, code: str) -> _Part:
    return _Part(
        {x: by_language(side, code) for x, side in part.queries.items()},
        part.corpora,
        tuple(gold._replace(query_id=f"{code}/{gold.query_id}") for gold in part.gold),
    )


def by_language(queries: Texts, code: str) -> Texts:
    """Queries whose ids no other language has: ``bn/123``."""
    return Texts(tuple(f"{code}/{id}" for id in queries.ids), queries.texts)
