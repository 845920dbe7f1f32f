"""Records that share ids or articles with a benchmark, by evidence that has a name.

Texts cannot tell that two paragraphs are of one article; ids, titles and what a data set is known
to be made of can. Whatever is concluded here says from what.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.building.decontamination.normal import letters_of
from lingweave.errors import LingweaveError
from lingweave.sources.catalogue import CATALOGUE
from lingweave.sources.files import json_file
from lingweave.sources.seen import shared_names
from lingweave.table import ParallelTable

ID_LENGTH = 16
"""Characters of the shortest id that means the same in two data sets: shorter ones are often just
numbers of rows."""
_SIGNS = ("/", ":", "#")


class Articles(NamedTuple):
    """Articles that a benchmark is made of."""

    name: str
    """Where they are known from, as reports say it."""
    titles: frozenset[str]
    """Their titles, as groups of a table may have them."""


class Shared(NamedTuple):
    """Records that share something with a benchmark."""

    evidence: str
    """What says so."""
    rows: NDArray[np.int64]
    """(n,) the records, by their places in the table."""
    articles: tuple[str, ...]
    """The articles, as the table calls them; none where only the data set is known."""


def titles_of(files: Sequence[Path]) -> Articles:
    """The titles of the articles in SQuAD-shaped files, such as XQuAD-R's.

    Raises:
        LingweaveError: a file cannot be read, or has no articles with titles.
    """
    titles: set[str] = set()
    for file in files:
        content = json_file(file)
        articles = content.get("data") if isinstance(content, dict) else None
        found = [
            str(article["title"])
            for article in (articles if isinstance(articles, list) else ())
            if isinstance(article, dict) and article.get("title")
        ]
        if not found:
            raise LingweaveError(f"{file}: no titles: give SQuAD json whose articles have a title")
        titles.update(found)
    return Articles("titles in " + ", ".join(file.name for file in files), frozenset(titles))


def article_of(group: str) -> str:
    """The article of a group: ``Warsaw`` of ``Warsaw/3``, ``squad:29`` of ``squad:29:0``."""
    end = max(group.rfind(sign) for sign in _SIGNS)
    return group[:end] if end > 0 else group


def shared_ids(table: ParallelTable, benchmark: Benchmark) -> Shared:
    """The records whose id is that of one of the benchmark's queries.

    Ids of ``ID_LENGTH`` characters and more count, with or without what stands before their last
    colon or slash (``squad:56be4db0acb8001400a502ec``).
    """
    asked = {id for side in benchmark.queries.values() for id in side.ids if len(id) >= ID_LENGTH}
    wanted = pa.array(sorted(asked), pa.string())
    plain = pc.replace_substring_regex(table.ids(), r"^.*[/:#]", "")
    inside = pc.or_(pc.is_in(table.ids(), wanted), pc.is_in(plain, wanted))
    return Shared(f"ids of {benchmark.name}", _rows(inside), ())


def shared_articles(
    table: ParallelTable, benchmark: Benchmark, found: NDArray[np.int64], known: Iterable[Articles]
) -> list[Shared]:
    """The records that share an article with the benchmark, one entry a piece of evidence.

    Three kinds are looked for: groups whose article has one of the titles in ``known``; the
    articles of records that were found in the benchmark; data sets that the catalogue lists as
    sharing texts or articles with it.

    Args:
        table: the table.
        benchmark: the benchmark.
        found: records whose texts or ids are in it.
        known: articles that it is made of.
    """
    groups = table.groups().dictionary_encode()
    names = [article_of(group) for group in groups.dictionary.to_pylist()]
    numbers = groups.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    shared = []
    plain = _plain(names)
    for articles in known:
        titles = set(_plain(sorted(articles.titles)))
        inside = [form in titles and bool(form) for form in plain]
        shared.append(_of_groups(articles.name, inside, names, numbers))
    touched = {names[number] for number in numbers[found].tolist() if number >= 0}
    inside = [name in touched for name in names]
    shared.append(_of_groups("articles of records that were found", inside, names, numbers))
    entry = CATALOGUE.get(benchmark.name)
    listed = [] if entry is None else shared_names(table.datasets, entry.overlaps)
    for dataset in listed:
        evidence = f"the data set {dataset} is listed as sharing texts or articles"
        rows = _rows_of(table, dataset)
        of_set = np.unique(numbers[rows][numbers[rows] >= 0])
        own = tuple(dict.fromkeys(names[number] for number in of_set.tolist()))
        shared.append(Shared(evidence, rows, own))
    return [one for one in shared if len(one.rows)]


def _rows_of(table: ParallelTable, dataset: str) -> NDArray[np.int64]:
    """The records of a data set, which stand next to each other."""
    number = {name: place for place, name in enumerate(table.datasets)}

    def place(row: int) -> int:
        return number[table.dataset(row)]

    rows = range(len(table))
    return np.arange(
        bisect_left(rows, number[dataset], key=place),
        bisect_right(rows, number[dataset], key=place),
    )


def _of_groups(
    evidence: str, inside: list[bool], names: list[str], numbers: NDArray[np.int64]
) -> Shared:
    # One more entry, which is what the number -1 of a record without a group leads to.
    member = np.array([*inside, False])
    articles = dict.fromkeys(name for name, here in zip(names, inside, strict=True) if here)
    return Shared(evidence, np.flatnonzero(member[numbers]), tuple(articles))


def _plain(names: Sequence[str]) -> list[str]:
    return letters_of(list(names)).strings() if names else []


def _rows(inside: pa.Array) -> NDArray[np.int64]:
    return np.flatnonzero(inside.to_numpy(zero_copy_only=False))
