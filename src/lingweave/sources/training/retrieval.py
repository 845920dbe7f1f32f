"""Retrieval data: BEIR folders with judgements, and triples as MS MARCO publishes them."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from fnmatch import fnmatch
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.errors import LingweaveError
from lingweave.sources.beir import beir
from lingweave.sources.files import text_lines
from lingweave.sources.records import records_of, rows_of
from lingweave.sources.training.cells import Cell, Source, id_of

log = logging.getLogger("lingweave")

UNGRADED = "judgements of grade 0"
RIGHT = "hard negatives that answer their query"
COLLECTIONS = ("collection*.tsv", "collection*.tsv.gz", "*_collection.tsv", "corpus*.jsonl",
               "corpus*.jsonl.gz")  # fmt: skip
QUERIES = ("queries*.tsv", "queries*.tsv.gz", "*_queries*.tsv", "queries*.jsonl",
           "queries*.jsonl.gz")  # fmt: skip
_QUERY = ("query", "anchor", "question")
_POSITIVE = ("positive_passages", "positive", "positives", "pos")
_NEGATIVE = ("negative_passages", "negative", "negatives", "neg")
_HEADER = (
    {*_QUERY, "qid", "query_id", "query-id"},
    {*_POSITIVE, "pid", "passage", "pos_id", "pos_pid", "positive_id"},
    {*_NEGATIVE, "nid", "neg_id", "neg_pid", "negative_id"},
)
"""Names that a first line of TSV may give the three columns."""


class _Triple(NamedTuple):
    place: str
    query: str
    positive: str
    negative: str


class _Row(NamedTuple):
    place: str
    id: str
    own: bool
    """Whether the row has an id itself."""
    language: str
    query: str
    positives: list[str]
    negatives: list[str]


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
    positives make several records in one group, and so do several rows of one ``query_id`` (or
    ``id``). Triples of ids with the same query and positive are one record with several hard
    negatives, and so are triples of texts that follow each other. What answers a query in one
    triple is no negative of it in another. A first line of TSV that names the columns is passed
    over.

    Raises:
        LingweaveError: naming file and line.
    """
    rows: list[Path] = []
    of_texts: list[Path] = []
    of_ids: dict[Path, list[Path]] = defaultdict(list)
    for file in source.files:
        if not file.name.removesuffix(".gz").endswith((".tsv", ".txt")):
            rows.append(file)
            continue
        if _has_header(file):
            log.info("%s: line 1 names the columns: passed over", file)
        (of_ids[file.parent] if _has_ids(file) else of_texts).append(file)
    yield from _of_rows(rows, source)
    yield from _of_texts(of_texts, source)
    for files in of_ids.values():
        yield from _of_ids(files, source)


def is_beside(file: Path) -> bool:
    """Whether a file's name is one of those that hold the texts of triples of ids."""
    return any(fnmatch(file.name, pattern) for pattern in (*QUERIES, *COLLECTIONS))


def _has_ids(file: Path) -> bool:
    first = next(_triples(file), None)
    return first is not None and all(part.isdigit() for part in first[1:])


def _has_header(file: Path) -> bool:
    """Whether the first line names the columns.

    Raises:
        LingweaveError: it names them in another order.
    """
    first = next(iter(text_lines(file)), (1, ""))[1]
    names = [name.strip().lower() for name in first.split("\t")]
    if len(names) != len(_HEADER) or not all(any(x in known for known in _HEADER) for x in names):
        return False
    if any(name not in known for name, known in zip(names, _HEADER, strict=True)):
        raise LingweaveError(
            f"{file}: line 1: its columns are {', '.join(names)}: put them in the order query,"
            " positive, negative"
        )
    return True


class _Right:
    """Which passages answer which queries: hashes, as there may be many millions."""

    def __init__(self, source: Source) -> None:
        self._source, self._pairs = source, set[int]()

    def add(self, query: str, passage: str) -> None:
        self._pairs.add(hash((query, passage)))

    def wrong(self, query: str, passages: Sequence[str]) -> tuple[str, ...]:
        """Those that do not answer a query, each once; the others are counted as left out."""
        given = dict.fromkeys(passages)
        wrong = tuple(one for one in given if hash((query, one)) not in self._pairs)
        self._source.left_out[RIGHT] += len(given) - len(wrong)
        return wrong


def _of_texts(files: Sequence[Path], source: Source) -> Iterator[Cell]:
    right = _Right(source)
    for file in files:
        for one in _triples(file):
            right.add(one.query, one.positive)
    for file in files:
        prefix = source.prefix(file)
        adjacent = groupby(_triples(file), lambda one: (one.query, one.positive))
        for number, ((query, positive), some) in enumerate(adjacent, 1):
            members = list(some)
            place = members[0].place
            hard = right.wrong(query, [one.negative for one in members])
            language = source.of(None, place)
            yield Cell(place, f"{prefix}{number}", language, query, positive, negatives=hard)


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
    right = _Right(source)
    for (query, positive), place in places.items():
        for id in (positive, *negatives[query, positive]):
            _check_known(passages, id, "passage", place)
        _check_known(queries, query, "query", place)
        right.add(query, passages[positive])
    for (query, positive), place in places.items():
        hard = [passages[id] for id in negatives[query, positive]]
        yield Cell(
            place,
            f"{query}/{positive}",
            source.of(None, place),
            queries[query],
            passages[positive],
            query,
            right.wrong(query, hard),
        )


def _triples(file: Path) -> Iterator[_Triple]:
    first = 2 if _has_header(file) else 1
    for line, text in text_lines(file):
        if text.strip() and line >= first:
            parts = text.split("\t")
            if len(parts) != 3:
                raise LingweaveError(
                    f"{file}: line {line}: {len(parts)} columns: each line is a query, a passage"
                    " that answers it and one that does not, apart by tabs"
                )
            yield _Triple(f"{file}: line {line}", *parts)


def _check_known(texts: dict[str, str], id: str, what: str, place: str) -> None:
    if id not in texts:
        raise LingweaveError(f"{place}: the {what} {id} is in no file beside it")


def _texts(file: Path, patterns: tuple[str, ...], what: str, wanted: Set[str]) -> dict[str, str]:
    found = sorted({one for pattern in patterns for one in file.parent.glob(pattern)} - {file})
    if not found:
        raise LingweaveError(
            f"{file}: it has ids alone: put the {what} beside it ({' or '.join(patterns)})"
        )
    return {row.id: row.text for one in found for row in rows_of(one) if row.id in wanted}


def _of_rows(files: Sequence[Path], source: Source) -> Iterator[Cell]:
    """Rows of JSON or Parquet. They are read twice: only the last one tells which ids repeat."""
    right = _Right(source)
    positives: Counter[tuple[str, str]] = Counter()
    for row in _rows(files, source):
        for positive in row.positives:
            right.add(row.query, positive)
        if row.own:
            positives[row.id, row.language] += len(row.positives)
    several = {id for (id, _), count in positives.items() if count > 1}
    used: Counter[tuple[str, str]] = Counter()
    for row in _rows(files, source):
        numbered = row.id in several if row.own else len(row.positives) > 1
        hard = right.wrong(row.query, row.negatives)
        for positive in row.positives:
            number = used[row.id, row.language]
            used[row.id, row.language] += 1
            yield Cell(
                row.place,
                f"{row.id}/{number}" if numbered else row.id,
                row.language,
                row.query,
                positive,
                row.id if numbered else None,
                hard,
            )


def _rows(files: Sequence[Path], source: Source) -> Iterator[_Row]:
    for file in files:
        prefix = source.prefix(file)
        for line, row in records_of(file):
            place = f"{file}: line {line}"
            query = next((row[name] for name in _QUERY if row.get(name)), None)
            positives = _all(row, _POSITIVE, place)
            if not isinstance(query, str) or not positives:
                raise LingweaveError(
                    f"{place}: not a triple: give each line query, positive and perhaps negative"
                )
            own = id_of(row, ("query_id", "id"), "")
            language = source.of(row.get("lang") or row.get("language"), place)
            negatives = _all(row, _NEGATIVE, place)
            id = own or f"{prefix}{line}"
            yield _Row(place, id, bool(own), language, query, positives, negatives)


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
