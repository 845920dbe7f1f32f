"""`lingweave index create`, `add`, `delete` and `stats`."""

import json
from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from lingweave import languages
from lingweave.errors import LingweaveError
from lingweave.index.configs import (
    IndexAddConfig,
    IndexCreateConfig,
    IndexDeleteConfig,
    IndexStatsConfig,
    SourceOptions,
    one_folder,
)
from lingweave.index.documents import Document, documents_of
from lingweave.index.documents.benchmarks import benchmark_documents
from lingweave.index.embedded import EmbeddedStore
from lingweave.index.folder import Index, create_index, open_index
from lingweave.index.ingest import Ingested, IngestOptions, ingest
from lingweave.sources.files import text_lines


def create(config: IndexCreateConfig) -> Ingested:
    """Makes an index and puts documents into it; one that was cut short goes on.

    Raises:
        LingweaveError: another index is there, the encoder cannot be had, or a document is wrong.
    """
    documents = _documents(config)
    with create_index(
        one_folder(config.folder),
        replace(config.encoder_options, progress=False),  # One bar is enough.
        chunks=config.chunks,
        debias=config.debias,
        store=config.store,
    ) as index:
        return ingest(index, documents, IngestOptions(config.together, config.progress))


def add(config: IndexAddConfig) -> Ingested:
    """Puts documents into an index; those whose ids are there are replaced.

    Raises:
        LingweaveError: there is no such index, or a document is wrong.
    """
    documents = _documents(config)
    with open_index(
        one_folder(config.folder),
        model=config.model,
        endpoint=config.endpoint,
        device=config.device,
        cache=config.cache,
        batch_size=config.batch_size,
        progress=False,
    ) as index:
        return ingest(index, documents, IngestOptions(config.together, config.progress))


def delete(config: IndexDeleteConfig) -> int:
    """Takes documents out of an index; how many of them were there.

    Raises:
        LingweaveError: there is no such index, or the file of ids cannot be read.
    """
    ids = list(config.words[1:])
    if config.ids is not None:
        ids += [line for _, line in text_lines(config.ids) if line.strip()]
    with open_index(config.words[0]) as index:
        return index.store.delete(ids)


def stats(config: IndexStatsConfig) -> dict[str, object]:
    """What an index holds, as plain values.

    Raises:
        LingweaveError: there is no such index, or with --check a file is damaged.
    """
    with open_index(one_folder(config.folder)) as index:
        found = index_stats(index)
        if config.check:
            if not isinstance(index.store, EmbeddedStore):
                raise LingweaveError(f"--check: {index.place} has no files of its own to check")
            found["checked"] = index.store.check()
    return found


def index_stats(index: Index) -> dict[str, object]:
    """What an index holds: passages by language, and what it was made with."""
    counts = dict(index.store.counts())
    record = index.record
    found: dict[str, object] = {
        "passages": sum(counts.values()),
        "languages": counts,
        "dimension": record.dimension,
        "similarity": record.similarity,
        "encoder": dict(record.encoder),
        "debias": record.debias is not None,
        "chunk": record.chunks.chunk,
        "overlap": record.chunks.overlap,
        "store": record.store or "embedded",
    }
    if isinstance(index.store, EmbeddedStore):
        found |= index.store.stats()
    return found


def print_ingested(done: Ingested, place: str) -> None:
    """Says what became of the documents."""
    left = f", {done.empty} without text left out" if done.empty else ""
    if done.removed:
        left += f" ({done.removed} of them were there, and are deleted)"
    print(
        f"{place}: {done.documents} documents read, {done.unchanged} unchanged{left};"
        f" {done.passages} passages put in"
    )


def print_stats(found: dict[str, object], place: str, plain: bool) -> None:
    """Prints what `stats` found."""
    if plain:
        print(json.dumps(found, indent=2))
        return
    console = Console(highlight=False)
    counts = found["languages"]
    assert isinstance(counts, dict)
    table = Table(title=place)
    table.add_column("language")
    table.add_column("")
    table.add_column("passages", justify="right")
    for code, count in counts.items():
        table.add_row(code, languages.name(code), str(count))
    console.print(table)
    for name, value in found.items():
        if name not in ("languages", "encoder"):
            console.print(f"{name}: {value}", markup=False)
    encoder = found["encoder"]
    assert isinstance(encoder, dict)
    console.print("encoder: " + ", ".join(f"{x} {y}" for x, y in encoder.items()), markup=False)


def _documents(options: SourceOptions) -> Iterator[Document]:
    if options.benchmark is not None:
        return benchmark_documents(options.benchmark, options.data, options.split, options)
    return documents_of(options.from_ or (), options)
