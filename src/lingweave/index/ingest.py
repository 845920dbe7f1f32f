"""Documents into an index: cut, compared with what is there, encoded, and put in some at a time."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from rich.progress import Progress

from lingweave.encoders.scores import Encoder, Similarity, by_language, prepared
from lingweave.errors import LingweaveError
from lingweave.index.chunks import ChunkOptions, chunks
from lingweave.index.documents.document import Document
from lingweave.index.folder import Index
from lingweave.index.passages import Passage, Value
from lingweave.index.store import Floats, VectorStore
from lingweave.languages import UNKNOWN
from lingweave.progress import progress_bar

_FEW = 10
"""Times as many passages as were put in: an index with more is left as it is."""

log = logging.getLogger("lingweave")


@dataclass(frozen=True)
class IngestOptions:
    """How documents are put in."""

    together: int = 1024
    """Passages that are encoded and acknowledged together: what a kill can cost."""
    progress: bool = True
    """Whether to show progress."""

    def __post_init__(self) -> None:
        if self.together < 1:
            raise LingweaveError(f"--together {self.together}: must be 1 or more")


@dataclass
class Ingested:
    """What became of some documents."""

    documents: int = 0
    """Documents that were read."""
    unchanged: int = 0
    """Of them, how many were there already, just so."""
    empty: int = 0
    """Of them, how many hold no text, and were left out."""
    removed: int = 0
    """Of those without text, how many were there before, and were deleted."""
    passages: int = 0
    """Passages that were encoded and put in."""


class Cut(NamedTuple):
    """A document and its passages."""

    document: Document
    passages: Sequence[Passage]


def ingest(
    index: Index, documents: Iterable[Document], options: IngestOptions | None = None
) -> Ingested:
    """Puts documents into an index.

    Each batch is acknowledged by itself. After a kill the same call goes on: what is there already,
    text, language, fields and all, is not encoded again. A document that has lost its text is
    deleted.

    Args:
        index: where.
        documents: with their languages.
        options: how many at a time.

    Raises:
        LingweaveError: a document cannot be read, encoded or kept; what came before it is kept.
    """
    how = options or IngestOptions()
    done = Ingested()
    with progress_bar(how.progress) as bars:
        bar = _Bar(bars)
        for batch in _batches(_cut(documents, index.record.chunks), how.together):
            put_in(index.store, index.encoder, index.similarity, batch, done)
            done.documents += len(batch)
            bar.at(done)
    # A few documents more are no reason to write everything anew.
    if done.passages * _FEW > sum(index.store.counts().values()):
        index.store.optimise()
    return done


def put_in(
    store: VectorStore,
    encoder: Encoder,
    similarity: Similarity,
    batch: Sequence[Cut],
    done: Ingested,
) -> None:
    """Encodes and puts in what is new of a batch, in one write, and deletes what lost its text.

    Args:
        store: where.
        encoder: what encodes.
        similarity: with cosine vectors are brought to length one.
        batch: documents, cut.
        done: what became of them is added to it.

    Raises:
        LingweaveError: they cannot be encoded or kept.
    """
    empty = [one.document for one in batch if not one.passages]
    if empty:
        if not done.empty:
            log.warning("%s: document %r holds no text; left out", empty[0].where, empty[0].id)
        done.empty += len(empty)
        done.removed += store.delete([one.id for one in empty])
    filled = [one for one in batch if one.passages]
    new = list(_changed(store, filled))
    done.unchanged += len(filled) - len(new)
    passages = [passage for one in new for passage in one.passages]
    if passages:
        store.upsert(passages, passage_vectors(encoder, similarity, passages))
        done.passages += len(passages)


def passages_of(document: Document, options: ChunkOptions) -> list[Passage]:
    """A document's passages; none if it holds no text.

    A title stands before the text of each, with a blank between them, as BEIR does.

    Args:
        document: with its language.
        options: how long passages are.
    """
    language = document.language or UNKNOWN
    title = " ".join((document.title or "").split())
    pieces = [x for x in chunks(document.text, language, options) if x.strip()]
    if not pieces and title:
        pieces, title = [title], ""
    several = len(pieces) > 1
    return [
        Passage(
            id=f"{document.id}#{number}" if several else document.id,
            document=document.id,
            text=f"{title} {piece}" if title else piece,
            language=language,
            # Versions are cut at other places: their passages have no numbers in common.
            parallel=document.parallel,
            metadata=document.metadata,
        )
        for number, piece in enumerate(pieces, 1)
    ]


def passage_vectors(
    encoder: Encoder, similarity: Similarity, passages: Sequence[Passage]
) -> Floats:
    """(passages, d) their vectors; each distinct text is encoded once, so that equal ones tie.

    Args:
        encoder: what encodes.
        similarity: with cosine vectors are brought to length one.
        passages: of any languages.

    Raises:
        LingweaveError: a vector holds NaN or infinity.
    """
    apart = by_language(encoder)
    keys = [(one.language if apart else "", one.text) for one in passages]
    texts: dict[str, list[str]] = {}
    for language, text in dict.fromkeys(keys):
        texts.setdefault(language, []).append(text)
    known: dict[tuple[str, str], Floats] = {}
    ready = prepared(similarity)
    for language, some in texts.items():
        vectors = ready(encoder.encode_passages(some, language or UNKNOWN))
        known.update(((language, text), one) for text, one in zip(some, vectors, strict=True))
    return np.stack([known[key] for key in keys])


def _cut(documents: Iterable[Document], options: ChunkOptions) -> Iterator[Cut]:
    for one in documents:
        yield Cut(one, passages_of(one, options))


def _batches(cut: Iterator[Cut], passages: int) -> Iterator[list[Cut]]:
    """Documents until there are so many passages; each document is whole."""
    batch: list[Cut] = []
    count = 0
    for one in cut:
        batch.append(one)
        count += max(1, len(one.passages))
        if count >= passages:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _changed(store: VectorStore, batch: Sequence[Cut]) -> Iterator[Cut]:
    """The documents that do not stand in the store just so."""
    wanted = [passage.id for one in batch for passage in one.passages]
    # A document that has become shorter still has a passage behind its last one.
    behind = [f"{one.document.id}#{len(one.passages) + 1}" for one in batch]
    there = store.passages([*wanted, *behind])
    for one, next in zip(batch, behind, strict=True):
        longer = len(one.passages) > 1 and next in there
        if longer or any(_key(there.get(x.id)) != _key(x) for x in one.passages):
            yield one


def _key(passage: Passage | None) -> tuple[Any, ...] | None:
    """What must be the same; 1, 1.0 and true are not."""
    if passage is None:
        return None
    return (*passage[:-1], _fields(passage.metadata))


def _fields(metadata: Mapping[str, Value]) -> str:
    return json.dumps(dict(metadata), sort_keys=True)


class _Bar:
    """How many passages are in, with what was read."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task = bars.add_task("documents", total=None)

    def at(self, done: Ingested) -> None:
        words = f"documents ({done.passages} passages encoded, {done.unchanged} unchanged)"
        self._bars.update(self._task, completed=done.documents, description=words)
