"""Retrieval data: BEIR folders with judgements, and triples as MS MARCO publishes them."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.errors import LingweaveError
from lingweave.sources.beir import beir
from lingweave.sources.files import text_lines
from lingweave.sources.records import records_of, rows_of
from lingweave.sources.training.cells import Cell, Source

UNGRADED = "judgements of grade 0"
COLLECTIONS = ("collection*.tsv", "collection*.tsv.gz", "*_collection.tsv", "corpus*.jsonl",
               "corpus*.jsonl.gz")  # fmt: skip
QUERIES = ("queries*.tsv", "queries*.tsv.gz", "*_queries*.tsv", "queries*.jsonl",
           "queries*.jsonl.gz")  # fmt: skip
_QUERY = ("query", "anchor", "question")
_POSITIVE = ("positive_passages", "positive", "positives", "pos")
_NEGATIVE = ("negative_passages", "negative", "negatives", "neg")


class _Triple(NamedTuple):
    place: str
    query: str
    positive: str
    negative: str


def beir_cells(source: Source) -> Iterator[Cell]:
    """BEIR folders: each query with each of its relevant passages, one record a pair.

    In folders of languages whose ids align, a record has all of them. The group is the query.

    Raises:
        LingweaveError: naming file and line.
    """
    for folder in source.files:
        read = beir(folder, split=source.split or "train", language=source.language)
        texts = {code: dict(zip(*side, strict=True)) for code, side in read.queries.items()}
        passages: dict[tuple[str, str], list[str]] = defaultdict(list)
        for gold in read.gold:
            if gold.grade > 0:
                passages[gold.query_id, gold.passage_id].append(gold.language)
            else:
                source.left_out[UNGRADED] += 1
        wanted: dict[str, set[str]] = defaultdict(set)
        for (_, id), codes in passages.items():
            for code in codes:
                wanted[code].add(id)
        corpora = {
            code: {i: text for i, text in zip(*side, strict=True) if i in wanted[code]}
            for code, side in read.corpora.items()
        }
        for (query, passage), codes in passages.items():
            for code in sorted({*codes, *(x for x, side in texts.items() if query in side)}):
                yield Cell(
                    f"{folder}: query {query!r}",
                    f"{query}/{passage}",
                    code,
                    texts.get(code, {}).get(query),
                    corpora[code][passage] if code in codes else None,
                    query,
                )


def triple_cells(source: Source) -> Iterator[Cell]:
    """Triples of a query, a passage that answers it and one that does not.

    TSV has three columns, either texts or ids, whose texts are then looked for in the same folder
    (``queries*.tsv``, ``collection*.tsv``). JSON lines and Parquet have ``query`` (``anchor``),
    ``positive`` (``pos``, ``positive_passages``) and ``negative`` (``neg``,
    ``negative_passages``), each a text, an object with ``text``, or a list of these; several
    positives make several records in one group. Triples that follow each other with the same query
    and positive are one record with several hard negatives.

    Raises:
        LingweaveError: naming file and line.
    """
    for file in source.files:
        if file.name.removesuffix(".gz").endswith((".tsv", ".txt")):
            yield from _from_tsv(file, source)
        else:
            for line, row in records_of(file):
                yield from _from_row(row, f"{file}: line {line}", str(line), source)


def _from_tsv(file: Path, source: Source) -> Iterator[Cell]:
    triples = _triples(file)
    first = next(triples, None)
    if first is None:
        return
    known: _Known | None = None
    if all(part.isdigit() for part in first[1:]):
        known = _Known(file)
    number = 0
    for (query, positive), some in groupby(_triples(file), lambda x: (x.query, x.positive)):
        members = list(some)
        place = members[0].place
        negatives = dict.fromkeys(one.negative for one in members)
        if known is None:
            number += 1
            id, group = str(number), None
            texts, hard = (query, positive), tuple(negatives)
        else:
            id, group = f"{query}/{positive}", query
            texts = (known.query(query, place), known.passage(positive, place))
            hard = tuple(known.passage(one, place) for one in negatives)
        yield Cell(place, id, source.of(None, place), *texts, group, hard)


def _triples(file: Path) -> Iterator[_Triple]:
    for line, text in text_lines(file):
        if text.strip():
            parts = text.split("\t")
            if len(parts) != 3:
                raise LingweaveError(
                    f"{file}: line {line}: {len(parts)} columns: each line is a query, a passage"
                    " that answers it and one that does not, apart by tabs"
                )
            yield _Triple(f"{file}: line {line}", *parts)


class _Known:
    """The texts of the ids of a file of triples."""

    def __init__(self, file: Path) -> None:
        triples = [one[1:] for one in _triples(file)]
        self._queries = _texts(file, QUERIES, "queries", {one[0] for one in triples})
        ids = {id for one in triples for id in one[1:]}
        self._passages = _texts(file, COLLECTIONS, "passages", ids)

    def query(self, id: str, place: str) -> str:
        return _known(self._queries, id, "query", place)

    def passage(self, id: str, place: str) -> str:
        return _known(self._passages, id, "passage", place)


def _known(texts: dict[str, str], id: str, what: str, place: str) -> str:
    if id not in texts:
        raise LingweaveError(f"{place}: the {what} {id} is in no file beside it")
    return texts[id]


def _texts(file: Path, patterns: tuple[str, ...], what: str, wanted: set[str]) -> dict[str, str]:
    found = sorted({one for pattern in patterns for one in file.parent.glob(pattern)} - {file})
    if not found:
        raise LingweaveError(
            f"{file}: it has ids alone: put the {what} beside it ({' or '.join(patterns)})"
        )
    return {row.id: row.text for one in found for row in rows_of(one) if row.id in wanted}


def _from_row(row: dict[str, Any], place: str, number: str, source: Source) -> Iterator[Cell]:
    query = next((row[name] for name in _QUERY if row.get(name)), None)
    positives = _all(row, _POSITIVE, place)
    if not isinstance(query, str) or not positives:
        raise LingweaveError(
            f"{place}: not a triple: give each line query, positive and perhaps negative"
        )
    id = str(row.get("query_id") or row.get("id") or number)
    negatives = tuple(dict.fromkeys(_all(row, _NEGATIVE, place)))
    several = len(positives) > 1
    for place_of, positive in enumerate(positives):
        yield Cell(
            place,
            f"{id}/{place_of}" if several else id,
            source.of(row.get("lang") or row.get("language"), place),
            query,
            positive,
            id if several else None,
            tuple(text for text in negatives if text != positive),
        )


def _all(row: dict[str, Any], names: tuple[str, ...], place: str) -> list[str]:
    """The texts of the first of these fields that there is."""
    given = next((row[name] for name in names if row.get(name)), None)
    texts = []
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, dict):
            one = f"{one.get('title') or ''} {one.get('text') or ''}".strip()
        if one is not None and not isinstance(one, str):
            raise LingweaveError(f"{place}: passages must be texts, or objects with text")
        if one:
            texts.append(one)
    return texts
