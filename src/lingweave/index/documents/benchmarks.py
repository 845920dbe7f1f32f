"""A benchmark's passages as documents: what is evaluated can be searched too."""

from collections.abc import Iterator
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.index.documents.document import Document, Reading


def benchmark_documents(
    name: str, data: Path | None = None, split: str | None = None, reading: Reading | None = None
) -> Iterator[Document]:
    """The passages of a named benchmark; their ids get the language's code before them.

    Passages that answer one query, one in each language, are versions of each other; the query's id
    is theirs together.

    Args:
        name: of the catalogue: see `lingweave data benchmarks`.
        data: its folder or file.
        split: its split.
        reading: of this, only the languages count.

    Raises:
        LingweaveError: there is no such benchmark, or it cannot be read.
    """
    from lingweave.sources.catalogue import named
    from lingweave.sources.named import Request

    codes = (reading or Reading()).codes
    found = named(name).load(Request(data, codes, split, None))
    if codes is not None:
        found = found.select(codes)
    same = _same(found)
    for language, side in found.corpora.items():
        for id, text in zip(side.ids, side.texts, strict=True):
            yield Document(
                f"{language}/{id}",
                text,
                language=language,
                parallel=same.get((language, id)),
                where=f"{name}, {language}",
            )


def _same(found: Benchmark) -> dict[tuple[str, str], str]:
    """For each passage that is the only one of its language to answer its first query, that query,
    where passages of other languages answer it too."""
    first: dict[tuple[str, str], str] = {}
    for query, language, passage, grade in found.gold:
        if grade > 0:
            first.setdefault((language, passage), query)
    languages: dict[str, list[str]] = {}
    for (language, _), query in first.items():
        languages.setdefault(query, []).append(language)
    several = {x for x, some in languages.items() if 1 < len(some) == len(set(some))}
    return {passage: query for passage, query in first.items() if query in several}
