"""Vectors of corpora past memory: encoded shard by shard, each once, and mapped from the disk.

A shard is some distinct texts of one language. Its file is named by a hash of the encoder, the
side, the language and the texts, and ends in a checksum of itself. So a run that was killed goes on
where it was, a damaged file is made again, a corpus that has grown keeps the shards that did not
change, and any number of processes can share the work.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.atomic import disk_errors_named, remove_unfinished, write_json
from lingweave.benchmark import Texts
from lingweave.encoders.cluster import Work, cluster
from lingweave.encoders.distinct import DistinctTexts, Shard, distinct_texts
from lingweave.encoders.scores import Encoder
from lingweave.errors import LingweaveError
from lingweave.sealed import read_sealed, write_sealed
from lingweave.table import Side

log = logging.getLogger("lingweave")

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
FORMAT_VERSION = 1
_KIND = b"lingweave vectors"
BY_LANGUAGE = "by_language"
"""True in the identity of an encoder whose vectors depend on the language of a text."""


@dataclass(frozen=True)
class ShardOptions:
    """Where vectors are kept, and who makes them."""

    folder: Path
    """The folder of the shards; several encoders and corpora may share one."""
    shard_size: int = 16384
    """Distinct texts of a shard."""
    ray: str | None = None
    """The address of a Ray cluster that encodes; ``local`` starts one; None: this process does."""
    part: str | None = None
    """Which share of the shards `encode_part` encodes, as ``i/n``: 0/4, 1/4, 2/4, 3/4."""

    def __post_init__(self) -> None:
        if self.shard_size < 1:
            raise LingweaveError(f"shard_size {self.shard_size}: must be 1 or more")
        self.share()

    def share(self) -> tuple[int, int]:
        """`part` as two numbers.

        Raises:
            LingweaveError: it is no part of a whole.
        """
        if self.part is None:
            return 0, 1
        number, _, count = self.part.partition("/")
        if not (number.isdecimal() and count.isdecimal() and int(number) < int(count)):
            raise LingweaveError(f"part {self.part}: write i/n with i from 0 to n - 1, such as 0/4")
        return int(number), int(count)


class Sharded:
    """Vectors of a side, a row a text, equal texts sharing theirs; read from the disk as asked for.

    Rows stand in the order of the languages' codes, then of the texts.
    """

    def __init__(self, texts: DistinctTexts, arrays: Sequence[Floats]) -> None:
        self.texts = texts
        self._arrays = arrays
        self._starts = np.array([shard.start for shard in texts.shards], dtype=np.int64)
        self.dimension = arrays[0].shape[1] if arrays else 0

    def __len__(self) -> int:
        return len(self.texts.number)

    def __getitem__(self, rows: Any) -> Floats:
        return self.distinct(self.texts.number[rows])

    def of(self, language: str, rows: slice) -> Floats:
        """(rows, d) of some texts of a language."""
        start = self.texts.starts[language]
        return self[start + rows.start : start + rows.stop]

    def distinct(self, numbers: Ints) -> Floats:
        """(n, d) of distinct texts, by their numbers."""
        found = np.empty((len(numbers), self.dimension), np.float32)
        shard = np.searchsorted(self._starts, numbers, "right") - 1
        for s in np.unique(shard):
            here = np.flatnonzero(shard == s)
            found[here] = self._arrays[s][numbers[here] - self._starts[s]]
        return found


def sharded(
    make: Callable[[], Encoder],
    side: Side,
    texts: Mapping[str, Texts],
    options: ShardOptions,
    identity: Mapping[str, Any],
) -> Sharded:
    """The vectors of a side; what the folder lacks is encoded first.

    Args:
        make: Makes the encoder; called when something is to be encoded, in each process that does.
        side: Whether the texts are queries or passages.
        texts: The texts by language.
        options: The folder, and who encodes.
        identity: What decides the encoder's vectors, of plain JSON values.

    Raises:
        LingweaveError: vectors hold NaN or infinity or differ in length; the disk is full.
    """
    distinct = distinct_texts(texts, options.shard_size, bool(identity.get(BY_LANGUAGE)))
    paths = [_path(options.folder, side, shard, identity) for shard in distinct.shards]
    arrays = [_read(path, shard) for path, shard in zip(paths, distinct.shards, strict=True)]
    missing = [i for i, array in enumerate(arrays) if array is None]
    _encode(make, side, distinct, options, identity, missing)
    for i in missing:
        arrays[i] = _read(paths[i], distinct.shards[i])
    found = [array for array in arrays if array is not None]
    if len(found) < len(arrays):
        raise LingweaveError(f"{options.folder}: what was written there is gone; run again")
    widths = sorted({array.shape[1] for array in found})
    if len(widths) > 1:
        raise LingweaveError(
            f"{options.folder}: vectors have {' and '.join(map(str, widths))} dimensions; the"
            " encoder changed under one name: choose another folder"
        )
    _write_manifest(side, distinct, options, identity)
    return Sharded(distinct, found)


def encode_part(
    make: Callable[[], Encoder],
    side: Side,
    texts: Mapping[str, Texts],
    options: ShardOptions,
    identity: Mapping[str, Any],
) -> int:
    """Encodes the share of the shards that `options.part` names, for array jobs on one folder.

    Returns:
        How many shards were made; those that were there already do not count.
    """
    distinct = distinct_texts(texts, options.shard_size, bool(identity.get(BY_LANGUAGE)))
    number, count = options.share()
    missing = [
        i
        for i, shard in enumerate(distinct.shards)
        if i % count == number
        and _read(_path(options.folder, side, shard, identity), shard) is None
    ]
    _encode(make, side, distinct, options, identity, missing)
    return len(missing)


def _encode(
    make: Callable[[], Encoder],
    side: Side,
    distinct: DistinctTexts,
    options: ShardOptions,
    identity: Mapping[str, Any],
    missing: Sequence[int],
) -> None:
    if not missing:
        return
    log.info("%s: %d of %d shards to encode", options.folder, len(missing), len(distinct.shards))
    with disk_errors_named(f"vectors to {options.folder}"):
        options.folder.mkdir(parents=True, exist_ok=True)
        remove_unfinished(options.folder)
    works = (
        Work(i, side, distinct.shards[i].language, distinct.of(distinct.shards[i])) for i in missing
    )
    with cluster(options.ray, make, _text(identity)) as encoded:
        for i, vectors in encoded(works):
            shard = distinct.shards[i]
            _check(vectors, side, shard)
            with disk_errors_named(f"vectors to {options.folder}"):
                _write(_path(options.folder, side, shard, identity), vectors)


def _check(vectors: Floats, side: Side, shard: Shard) -> None:
    bad = int((~np.isfinite(vectors)).any(axis=1).sum())
    if bad:
        raise LingweaveError(
            f"vectors of {side} texts in {shard.language}: {bad} of {len(vectors)} hold NaN or"
            " infinity; check the model, or encode in fp32"
        )


def _path(folder: Path, side: Side, shard: Shard, identity: Mapping[str, Any]) -> Path:
    key = f"{FORMAT_VERSION}\n{_text(identity)}\n{side}\n{shard.language}\n{shard.fingerprint}"
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.arrow"


def _text(identity: Mapping[str, Any]) -> str:
    return json.dumps(identity, sort_keys=True, default=str)


def _write(path: Path, vectors: Floats) -> None:
    values = pa.array(np.ascontiguousarray(vectors, np.float32).ravel())
    column = pa.FixedSizeListArray.from_arrays(values, vectors.shape[1])
    write_sealed(path, pa.record_batch([column], names=["vector"]), _KIND, _record(path))


def _read(path: Path, shard: Shard) -> Floats | None:
    """(n, d) mapped from the disk; None if there is no such file or it is not sound."""
    batch = read_sealed(path, _KIND, _record(path))
    if batch is None or len(batch) != len(shard.rows):
        return None
    values: Floats = batch.column("vector").values.to_numpy()
    return values.reshape(len(batch), -1)


def _record(path: Path) -> dict[str, Any]:
    return {"format_version": FORMAT_VERSION, "name": path.stem}


def _write_manifest(
    side: Side, distinct: DistinctTexts, options: ShardOptions, identity: Mapping[str, Any]
) -> None:
    """What the shards of a side are, for who reads them with other tools."""
    files = [_path(options.folder, side, shard, identity).name for shard in distinct.shards]
    name = hashlib.sha256("\n".join(files).encode()).hexdigest()[:16]
    path = options.folder / f"{side}-{name}.json"
    if path.exists() or not files:
        return
    shards = [
        {"file": file, "language": shard.language, "texts": len(shard.rows)}
        for file, shard in zip(files, distinct.shards, strict=True)
    ]
    with disk_errors_named(str(path)):
        write_json(
            path,
            {
                "format_version": FORMAT_VERSION,
                "encoder": json.loads(_text(identity)),
                "side": side,
                "texts": len(distinct.number),
                "distinct": len(distinct.first),
                "shards": shards,
            },
        )
