"""An index on disk: a folder with ``index.json``, perhaps a module that corrects, and the store."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from lingweave.atomic import PART, disk_errors_named, remove_unfinished, whole_file, write_json
from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.scores import Encoder
from lingweave.errors import LingweaveError
from lingweave.index.chunks import ChunkOptions
from lingweave.index.embedded import EmbeddedStore
from lingweave.index.embedded.database import is_made
from lingweave.index.late import DEBIAS, LateEncoder, checksum_of, corrected, identity_now
from lingweave.index.record import IndexRecord, encoder_record
from lingweave.index.store import VectorStore

FILE = "index.json"
MILVUS = "milvus:"

# Torch and the model take seconds: whoever only counts or searches words does not wait for them.


class Index:
    """An open index; a context manager.

    Args:
        place: Its folder, or the address of its store.
        record: What it was made with.
        options: The encoder's options of now.
        store: Its passages and vectors.
    """

    def __init__(
        self, place: str, record: IndexRecord, options: EncoderOptions, store: VectorStore
    ) -> None:
        self.place, self.record, self.store = place, record, store
        self.encoder: Encoder = LateEncoder(place, record, options)

    @property
    def similarity(self) -> Literal["cosine", "dot"]:
        """How vectors are compared; with cosine, queries are brought to length one."""
        return self.record.similarity

    def close(self) -> None:
        """Lets the store go."""
        self.store.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def create_index(
    folder: str | Path,
    options: EncoderOptions,
    *,
    chunks: ChunkOptions | None = None,
    debias: Path | None = None,
    store: str | None = None,
) -> Index:
    """A new index without documents; the one that is there already, if it was made the same way.

    Args:
        folder: where; it must be empty or not there.
        options: the encoder.
        chunks: how documents are cut.
        debias: a module of `lingweave debias` to correct vectors with, which is copied.
        store: address of a store on a server; None: the store lies in the folder.

    Raises:
        LingweaveError: another index is there, or the encoder cannot be had.
    """
    folder = Path(folder)
    if (folder / FILE).exists():
        return _same(folder, options, chunks or ChunkOptions(), debias, store)
    if folder.is_dir() and any(not _own(x.name) for x in folder.iterdir()):
        raise LingweaveError(f"{folder}: is not empty and holds no index; give a new folder")
    if folder.exists() and not folder.is_dir():
        raise LingweaveError(f"{folder}: is a file; give a new folder")
    _refuse_others(options)
    record = IndexRecord(
        dimension=0,
        encoder=encoder_record(options),
        identity=identity_now(options),
        chunks=chunks or ChunkOptions(),
        debias=None if debias is None else checksum_of(debias),
        store=store,
    )
    from lingweave.encoders.choice import encoder_of

    encoder = corrected(encoder_of(options), debias)
    # The only sure way to learn how many numbers a vector has.
    record = replace(record, dimension=int(encoder.encode_passages(["a"], "en").shape[1]))
    with disk_errors_named(f"the index {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        if debias is not None:
            with whole_file(folder / DEBIAS) as part:
                shutil.copyfile(debias, part)
        remove_unfinished(folder)
    _remove_empty(folder, record)
    made = _store_of(folder, record, create=True)
    try:
        with disk_errors_named(f"the index {folder}"):
            write_json(folder / FILE, record.to_json())
    except BaseException:
        made.close()
        raise
    return Index(str(folder), record, options, made)


_DATABASE = ("store.db-journal", "store.db-wal", "store.db-shm", "store.db")
_OWN = {*_DATABASE, "shards", "lock", DEBIAS}


def _own(name: str) -> bool:
    """Whether a file can be of an index whose making was cut short."""
    return name in _OWN or (name.endswith(PART) and name.startswith((f".{FILE}.", f".{DEBIAS}.")))


def open_index(
    place: str | Path,
    *,
    model: str | None = None,
    endpoint: str | None = None,
    device: str | None = None,
    cache: Path | None = None,
    batch_size: int | None = None,
    retries: int | None = None,
    progress: bool = False,
) -> Index:
    """An index that is there.

    Args:
        place: its folder, or ``milvus:...`` for one whose record the server keeps.
        model: where its model is now, if it has moved; it must be the same one.
        endpoint: address of its endpoint now, if that has moved.
        device: where a model computes.
        cache: folder of vectors that are known.
        batch_size: texts that a model encodes together.
        retries: how often its endpoint, if it has one, is asked again where that fails.
        progress: whether to show progress while texts are encoded.

    Raises:
        LingweaveError: there is none, or it is damaged.
    """
    record, store = _opened(str(place))
    if endpoint is None and record.encoder.get("endpoint") is None:
        retries = None  # There is none to ask.
    options = record.options(
        model=model, endpoint=endpoint, device=device, cache=cache, batch_size=batch_size,
        retries=retries,
    )  # fmt: skip
    return Index(str(place), record, replace(options, progress=progress), store)


def _opened(place: str) -> tuple[IndexRecord, VectorStore]:
    if place.startswith(MILVUS):
        from lingweave.index.milvus import open_milvus

        remote = open_milvus(place)
        kept = dict(remote.record)
        if not kept:
            raise LingweaveError(f"{place}: its record is not there; give the index's folder")
        record = IndexRecord.from_json(kept, place)
        if record.debias is not None:
            raise LingweaveError(
                f"{place}: its vectors are corrected by a module in the index's folder; give that"
            )
        return record, remote
    folder = Path(place)
    record = read_record(folder)
    return record, _store_of(folder, record, create=False)


def read_record(folder: Path) -> IndexRecord:
    """What the index in a folder was made with.

    Raises:
        LingweaveError: there is no index, or its record is damaged.
    """
    path = folder / FILE
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise LingweaveError(
            f"{folder}: holds no index; make one with `lingweave index create`"
        ) from None
    except (OSError, ValueError) as error:
        raise LingweaveError(f"{path}: cannot be read ({error}); restore it") from None
    return IndexRecord.from_json(kept, str(path))


def _store_of(folder: Path, record: IndexRecord, create: bool) -> VectorStore:
    if record.store is None:
        return EmbeddedStore(folder, record.dimension if create else None)
    from lingweave.index.milvus import open_milvus

    if not create:
        return open_milvus(record.store)
    remote = open_milvus(record.store, record.dimension)
    remote.keep_record(record.to_json())
    return remote


def _remove_empty(folder: Path, record: IndexRecord) -> None:
    """Removes what is left of an index for another encoder whose making was cut short."""
    if record.store is not None or not is_made(folder):
        return
    left = EmbeddedStore(folder)
    dimension, used = left.dimension, bool(left.counts())
    left.close()
    if used:
        raise LingweaveError(f"{folder / FILE}: missing; restore it, or give a new folder")
    if dimension != record.dimension:
        for name in _DATABASE:
            (folder / name).unlink(missing_ok=True)


def _same(
    folder: Path,
    options: EncoderOptions,
    chunks: ChunkOptions,
    debias: Path | None,
    store: str | None,
) -> Index:
    """The index that is there, if it was made with the same."""
    record = read_record(folder)
    given = {
        "another encoder": (dict(record.identity), identity_now(options)),
        "other --chunk or --overlap": (record.chunks, chunks),
        "another --debias": (record.debias, None if debias is None else checksum_of(debias)),
        "another --store": (record.store, store),
    }
    for what, (kept, asked) in given.items():
        if kept != asked:
            raise LingweaveError(
                f"{folder}: holds an index that was made with {what}; give another folder, or"
                " remove that one"
            )
    return Index(str(folder), record, options, _store_of(folder, record, create=False))


def _refuse_others(options: EncoderOptions) -> None:
    for name in ("vectors", "shards", "ray"):
        if getattr(options, name) is not None:
            raise LingweaveError(
                f"--{name}: an index encodes queries that nobody knows yet; give --model or"
                " --endpoint"
            )
