"""One set a language -> one benchmark: do their query ids mean the same questions?"""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lingweave.benchmark import Benchmark, Gold, Texts

log = logging.getLogger("lingweave")

ALIGNED = 0.9
"""Share of the queries that languages share whose gold ids must agree for ids to align."""


class Part(NamedTuple):
    """The queries, corpora and gold of one set."""

    queries: Mapping[str, Texts]
    corpora: Mapping[str, Texts]
    gold: tuple[Gold, ...]


def joined(
    parts: Mapping[str, Part], name: str, source: Mapping[str, str], aligned: bool | None = None
) -> Benchmark:
    """Sets of several languages as one benchmark.

    Args:
        parts: by language, or by any other name.
        name: what to call the benchmark.
        source: where it came from.
        aligned: whether query ids mean the same question in all parts. None: they do where
            the parts give the same queries the same document ids, as translations of one set do.
            Where they do not, ids become ``<part>/<id>``. Which it was stands in the source.
    """
    if aligned is None:
        aligned = _align(parts)
        if len(parts) > 1:
            how = "mean the same question in all" if aligned else "are apart by language"
            log.info("%s: query ids %s", name, how)
    if not aligned and len(parts) > 1:
        parts = {key: _apart(part, key) for key, part in parts.items()}
    queries: dict[str, dict[str, str]] = {}
    corpora: dict[str, Texts] = {}
    for part in parts.values():
        for code, side in part.queries.items():
            queries.setdefault(code, {}).update(zip(side.ids, side.texts, strict=True))
        for code, side in part.corpora.items():
            corpora[code] = _both(corpora[code], side) if code in corpora else side
    ids = {"query ids": "align" if aligned else "by language"} if len(parts) > 1 else {}
    return Benchmark(
        name=name,
        queries={x: Texts(tuple(side), tuple(side.values())) for x, side in queries.items()},
        corpora=corpora,
        gold=tuple(dict.fromkeys(gold for part in parts.values() for gold in part.gold)),
        source={**source, **ids},
    )


def by_language(queries: Texts, code: str) -> Texts:
    """Queries whose ids no other language has: ``bn/123``."""
    return Texts(tuple(f"{code}/{id}" for id in queries.ids), queries.texts)


def only_judged(queries: Mapping[str, Texts], gold: Sequence[Gold]) -> dict[str, Texts]:
    """The queries that have gold: a split's own, where one file holds the queries of all splits."""
    judged = {one.query_id for one in gold}
    kept = {}
    for code, side in queries.items():
        rows = [(id, text) for id, text in zip(side.ids, side.texts, strict=True) if id in judged]
        if rows:
            kept[code] = Texts(tuple(id for id, _ in rows), tuple(text for _, text in rows))
    return kept


def _both(first: Texts, second: Texts) -> Texts:
    """Two parts' documents in one language; one that stands in both is taken once."""
    rows = dict(zip(first.ids, first.texts, strict=True))
    for id, text in zip(second.ids, second.texts, strict=True):
        rows.setdefault(id, text)
    return Texts(tuple(rows), tuple(rows.values()))


def _align(parts: Mapping[str, Part]) -> bool:
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


def _apart(part: Part, key: str) -> Part:
    return Part(
        {x: by_language(side, key) for x, side in part.queries.items()},
        part.corpora,
        tuple(gold._replace(query_id=f"{key}/{gold.query_id}") for gold in part.gold),
    )
