"""Options of `lingweave index create`, `add`, `delete` and `stats`."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import ClassVar, TypeVar

from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.index.chunks import ChunkOptions
from lingweave.index.documents import Reading
from lingweave.index.ingest import IngestOptions

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class SourceOptions(Reading):
    """Which documents."""

    from_: list[str] | None = None
    """Documents: JSON lines, Parquet or TSV files with an id, a text, perhaps a title, a language
    and other fields a row; text files; BEIR folders; folders of such files."""
    benchmark: str | None = None
    """The passages of a benchmark by name, in place of files; `lingweave data benchmarks` lists
    them."""
    data: Path | None = None
    """The benchmark's folder or file."""
    split: str | None = None
    """The benchmark's split; by default the one that figures are published of."""
    together: int = 1024
    """Passages that are encoded and acknowledged together: what a kill can cost."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.benchmark is None:
            for name in ("data", "split"):
                if getattr(self, name) is not None:
                    raise LingweaveError(f"--{name}: goes with --benchmark; leave it out")
        elif self.from_:
            raise LingweaveError("give --from with files or --benchmark with a name, not both")
        elif self.language is not None or self.metadata is not None:
            raise LingweaveError("--language and --metadata: go with --from; leave them out")
        IngestOptions(self.together)

    def check_given(self) -> None:
        """Refuses options that name no documents.

        Raises:
            LingweaveError: neither files nor a benchmark are given, or a file is not there.
        """
        if self.benchmark is None and not self.from_:
            raise LingweaveError("give --from with documents, or --benchmark with a name")
        for path in self.from_ or ():
            if not Path(path).exists():
                raise LingweaveError(f"--from {path}: no such file or folder")


@dataclass(frozen=True, kw_only=True)
class IndexCreateConfig(EncoderOptions, ChunkOptions, SourceOptions):
    """What to index, with which encoder, and where."""

    POSITIONAL: ClassVar[str] = "folder"

    folder: list[str] = field(default_factory=list)
    """The index's folder, which is made."""
    debias: Path | None = None
    """A languages.safetensors of `lingweave debias`, to correct vectors with."""
    store: str | None = None
    """milvus:http://HOST:PORT/COLLECTION for an index that outgrows a machine; by default it lies
    in the folder."""

    def __post_init__(self) -> None:
        EncoderOptions.__post_init__(self)
        ChunkOptions.__post_init__(self)
        SourceOptions.__post_init__(self)
        one_folder(self.folder)
        if self.benchmark is not None or self.from_:
            self.check_given()

    @property
    def encoder_options(self) -> EncoderOptions:
        """The encoder's options alone."""
        return _only(EncoderOptions, self)

    @property
    def chunks(self) -> ChunkOptions:
        """The options of passages alone."""
        return _only(ChunkOptions, self)


@dataclass(frozen=True, kw_only=True)
class IndexAddConfig(SourceOptions):
    """What to put into which index."""

    POSITIONAL: ClassVar[str] = "folder"

    folder: list[str] = field(default_factory=list)
    """The index's folder, or milvus:http://HOST:PORT/COLLECTION."""
    model: str | None = None
    """Where the index's model is now, if it has moved since the index was made."""
    endpoint: str | None = field(default=None, repr=False)
    """Where the index's endpoint is now, if it has moved, with its user and password."""
    device: str | None = None
    """Where a model encodes, such as cpu or cuda; by default an accelerator if there is one."""
    batch_size: int = 64
    """Texts a model encodes together."""
    cache: Path | None = None
    """Folder where vectors are kept, so that no text is encoded twice."""
    progress: bool = True
    """Whether to show progress."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_folder(self.folder)
        self.check_given()
        if self.batch_size < 1:
            raise LingweaveError(f"--batch_size {self.batch_size}: must be 1 or more")


@dataclass(frozen=True, kw_only=True)
class IndexDeleteConfig:
    """Which documents to take out of which index."""

    POSITIONAL: ClassVar[str] = "words"

    words: list[str] = field(default_factory=list)
    """The index's folder, then ids of documents."""
    ids: Path | None = None
    """A file with ids of documents, one a line."""

    def __post_init__(self) -> None:
        if not self.words or (len(self.words) < 2 and self.ids is None):
            raise LingweaveError(
                "give the index's folder and ids of documents: lingweave index delete FOLDER ID"
                " ..., or a file with --ids"
            )
        if self.ids is not None and not self.ids.is_file():
            raise LingweaveError(f"--ids {self.ids}: no such file")


@dataclass(frozen=True, kw_only=True)
class IndexStatsConfig:
    """Which index to look at."""

    POSITIONAL: ClassVar[str] = "folder"

    folder: list[str] = field(default_factory=list)
    """The index's folder, or milvus:http://HOST:PORT/COLLECTION."""
    json: bool = False
    """Whether to print plain JSON."""
    check: bool = False
    """Whether to read all files and compare their checksums."""

    def __post_init__(self) -> None:
        one_folder(self.folder)


def one_folder(given: list[str]) -> str:
    """The one folder that a command needs.

    Raises:
        LingweaveError: there is none, or several.
    """
    if len(given) != 1:
        raise LingweaveError(
            "give the index's folder, before the options"
            + (f" (given: {', '.join(given)})" if given else "")
        )
    return given[0]


def _only(kind: type[T], options: T) -> T:
    """The options of one of the dataclasses that are joined here."""
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: getattr(options, name) for name in names})
