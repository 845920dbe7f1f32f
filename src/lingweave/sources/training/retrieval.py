"""Retrieval data: BEIR folders with judgements, and triples as MS MARCO publishes them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from fnmatch import fnmatch
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
    positives make several records in one group. Triples of ids with the same query and positive are
    one record with several hard negatives, and so are triples of texts that follow each other.

    Raises:
        LingweaveError: naming file and line.
    """
    of_ids: dict[Path, list[Path]] = defaultdict(list)
    for file in source.files:
        prefix = source.prefix(file)
        if not file.name.removesuffix(".gz").endswith((".tsv", ".txt")):
            for line, row in records_of(file):
                yield from _from_row(row, f"{file}: line {line}", f"{prefix}{line}", source)
        elif _has_ids(file):
            of_ids[file.parent].append(file)
        else:
            yield from _of_texts(file, prefix, source)
    for files in of_ids.values():
        yield from _of_ids(files, source)


def is_beside(file: Path) -> bool:
    """Whether a file's name is one of those that hold the texts of triples of ids."""
    return any(fnmatch(file.name, pattern) for pattern in (*QUERIES, *COLLECTIONS))


def _has_ids(file: Path) -> bool:
    first = next(_triples(file), None)
    return first is not None and all(part.isdigit() for part in first[1:])


def _of_texts(file: Path, prefix: str, source: Source) -> Iterator[Cell]:
    adjacent = groupby(_triples(file), lambda one: (one.query, one.positive))
    for number, (texts, some) in enumerate(adjacent, 1):
        members = list(some)
        place, hard = members[0].place, tuple(dict.fromkeys(one.negative for one in members))
        yield Cell(place, f"{prefix}{number}", source.of(None, place), *texts, negatives=hard)


def _of_ids(files: Sequence[Path], source: Source) -> Iterator[Cell]:
    """Triples of ids in one folder, gathered by query and positive wherever these come again."""
    places: dict[tuple[str, str], str] = {}
    negatives: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    ids: dict[str, str] = {}
    for file in files:
        for one in _triples(file):
            # One string an id, however many triples have it.
            query, positive, negative = (ids.setdefault(id, id) for id in one[1:])
            places.setdefault((query, positive), one.place)
            negatives[query, positive][negative] = None
    queries = _texts(files[0], QUERIES, "queries", {query for query, _ in places})
    passages = _texts(files[0], COLLECTIONS, "passages", ids.keys())
    for (query, positive), place in places.items():
        hard = tuple(_known(passages, id, "passage", place) for id in negatives[query, positive])
        yield Cell(
            place,
            f"{query}/{positive}",
            source.of(None, place),
            _known(queries, query, "query", place),
            _known(passages, positive, "passage", place),
            query,
            hard,
        )


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


def _known(texts: dict[str, str], id: str, what: str, place: str) -> str:
    if id not in texts:
        raise LingweaveError(f"{place}: the {what} {id} is in no file beside it")
    return texts[id]


def _texts(file: Path, patterns: tuple[str, ...], what: str, wanted: Set[str]) -> dict[str, str]:
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
