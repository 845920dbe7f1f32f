"""A benchmark's passages as documents: what is evaluated can be searched too."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lingweave.index.documents.document import Document, Reading


def benchmark_documents(
    name: str, data: Path | None = None, split: str | None = None, reading: Reading | None = None
) -> Iterator[Document]:
    """The passages of a named benchmark; their ids get the language's code before them.

    Passages that have one id in several languages are versions of each other.

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
    times = Counter(id for side in found.corpora.values() for id in set(side.ids))
    for language, side in found.corpora.items():
        for id, text in zip(side.ids, side.texts, strict=True):
            yield Document(
                f"{language}/{id}",
                text,
                language=language,
                parallel=id if times[id] > 1 else None,
                where=f"{name}, {language}",
            )
