"""How a table lies in its Arrow file: columns, metadata, and the hash of its texts."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from lingweave.errors import LingweaveError

FORMAT_VERSION = 1
METADATA = b"lingweave"
"""The key of the metadata in the file's schema."""

Side = Literal["query", "passage"]
SIDES: tuple[Side, Side] = ("query", "passage")

TEXT = pa.large_string()
TEXTS = pa.large_list(TEXT)
ANSWERS = pa.large_list(pa.struct([("text", TEXT), ("start", pa.int32())]))


class Answer(NamedTuple):
    """An answer to a cell's query."""

    text: str
    """As it stands in the passage, or as people gave it."""
    start: int = -1
    """Its place in the cell's passage, in characters; -1: not known."""


class Origin(NamedTuple):
    """Where cells come from."""

    kind: Literal["given", "translated", "joined", "mined"]
    """Read as it is, made by a translator, found by the record's id, or found as a neighbour."""
    source: str
    """The data set or file."""
    from_language: str | None = None
    """The language of the cell that this one is the translation of."""
    translator: str | None = None
    """What translated it."""
    version: str | None = None
    """Which version of that."""

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file's metadata."""
        return {_FROM.get(name, name): value for name, value in self._asdict().items()}


_FROM = {"from_language": "from"}


class Extras(NamedTuple):
    """Which optional columns a table has, in all of its languages."""

    answers: bool = False
    """``answers:<code>``: a list of answers a cell."""
    origin: bool = False
    """``origin:<code>``: the place of a cell's origin in the metadata."""
    scores: tuple[str, ...] = ()
    """The names of ``score:<name>:<code>``: a figure a cell."""

    @classmethod
    def of(cls, columns: Iterable[str]) -> "Extras":
        """The optional columns among a file's columns."""
        parts = [name.split(":") for name in columns]
        scores = dict.fromkeys(part[1] for part in parts if part[0] == "score")
        kinds = {part[0] for part in parts}
        return cls("answers" in kinds, "origin" in kinds, tuple(scores))


def core_columns(languages: Sequence[str]) -> dict[str, pa.DataType]:
    """The columns that every table has, in their order."""
    plain = dict.fromkeys(("id", "dataset", "group"), pa.string())
    cells = {f"{side}:{x}": TEXT for x in languages for side in ("query", "passage")}
    return plain | cells | {f"negatives:{x}": TEXTS for x in languages}


def columns_of(languages: Sequence[str], extras: Extras) -> dict[str, pa.DataType]:
    """All columns of a table, in their order.

    Raises:
        LingweaveError: a score's name cannot stand in a column's name.
    """
    for name in extras.scores:
        if not name or ":" in name:
            raise LingweaveError(f"score {name!r}: give scores names without a colon")
    columns = core_columns(languages)
    if extras.answers:
        columns |= {f"answers:{x}": ANSWERS for x in languages}
    if extras.origin:
        columns |= {f"origin:{x}": pa.int16() for x in languages}
    return columns | {
        f"score:{name}:{x}": pa.float32() for name in extras.scores for x in languages
    }


class Contents(NamedTuple):
    """What a file's metadata says of a table."""

    languages: tuple[str, ...]
    """(L,) canonical codes, sorted."""
    datasets: tuple[str, ...]
    """(D,) names, in the order of their records."""
    offsets: tuple[int, ...]
    """(D + 1,) where the records of each data set begin."""
    fingerprint: str
    """The hash of ids, data sets, groups and texts."""
    origins: tuple[Origin, ...] = ()
    """What ``origin:<code>`` counts in."""
    unseen: tuple[dict[str, Any], ...] = ()
    """The benchmarks of which the table was cleared, and how: plain JSON, one entry each."""

    def as_metadata(self) -> dict[bytes, bytes]:
        """As the schema of the file has it; what is not there takes up nothing."""
        named: dict[str, Any] = {"format_version": FORMAT_VERSION} | self._asdict()
        named["origins"] = [origin.as_json() for origin in self.origins]
        named["unseen"] = latest(self.unseen)
        kept = {k: v for k, v in named.items() if v or k not in ("origins", "unseen")}
        return {METADATA: json.dumps(kept, ensure_ascii=False).encode()}

    @classmethod
    def of(cls, schema: pa.Schema) -> "Contents | None":
        """What a schema says; None: it is no table of this format."""
        named: dict[str, Any] = json.loads((schema.metadata or {}).get(METADATA, b"{}"))
        if named.pop("format_version", None) != FORMAT_VERSION:
            return None
        back = {new: old for old, new in _FROM.items()}
        named["origins"] = [
            Origin(**{back.get(name, name): value for name, value in origin.items()})
            for origin in named.get("origins", ())
        ]
        named["unseen"] = latest(named.get("unseen", ()))
        lists = {name: tuple(value) for name, value in named.items() if isinstance(value, list)}
        return cls(**named | lists)


def latest(unseen: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of several entries of one benchmark the last: it is of the table as it is now. Two
    benchmarks may have one name: their texts tell them apart."""
    return list({(str(e.get("benchmark")), e.get("fingerprint")): e for e in unseen}.values())


def fingerprint(columns: Mapping[str, pa.Array], languages: Sequence[str]) -> str:
    """The hash of ids, data sets, groups and texts.

    Args:
        columns: a table's columns, each in one piece without an offset and with nothing behind its
            nulls, so that equal values lie in equal bytes. Memory-mapped ones stay on the disk.
        languages: canonical codes, sorted.
    """
    digest = hashlib.blake2b(digest_size=16)

    class Sink:
        closed = False

        def write(self, data: bytes) -> int:
            digest.update(data)
            return len(data)

        def flush(self) -> None: ...

        def close(self) -> None: ...

    names = core_columns(languages)
    batch = pa.record_batch([columns[name] for name in names], names=list(names))
    with pa.ipc.new_stream(pa.PythonFile(Sink(), "w"), batch.schema) as writer:
        if len(batch):
            writer.write_batch(batch)
    return digest.hexdigest()
