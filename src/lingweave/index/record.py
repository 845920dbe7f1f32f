"""What an index was made with, as ``index.json`` keeps it: enough to open it again, no secrets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.index.chunks import ChunkOptions

FORMAT_VERSION = 1
_OF_A_RUN = ("progress", "vectors", "shards", "ray", "cache", "device")
"""Options that say nothing about the index."""


@dataclass(frozen=True)
class IndexRecord:
    """What an index was made with."""

    dimension: int
    """Numbers of each vector."""
    encoder: Mapping[str, Any]
    """The encoder's options, but for defaults and for what belongs to a run."""
    identity: Mapping[str, Any]
    """What decides its vectors: see `encoders.identity_of`."""
    chunks: ChunkOptions = field(default_factory=ChunkOptions)
    """How documents are cut."""
    debias: str | None = None
    """Checksum of the module beside it that corrects vectors; None: they are as encoded."""
    store: str | None = None
    """Address of the store; None: in the folder itself."""

    @property
    def similarity(self) -> Literal["cosine", "dot"]:
        """cosine: vectors are kept at length one."""
        return "dot" if self.identity.get("similarity") == "dot" else "cosine"

    @property
    def model(self) -> str:
        """The encoder in a few words."""
        for name in ("model", "endpoint", "encoder"):
            if self.encoder.get(name):
                return str(self.encoder[name])
        return "unknown"

    def options(self, **changed: Any) -> EncoderOptions:
        """The encoder's options.

        Args:
            changed: what is otherwise now; None changes nothing.
        """
        given = {name: value for name, value in changed.items() if value is not None}
        return EncoderOptions(**{**self.encoder, **given})

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"format_version": FORMAT_VERSION, **asdict(self)}

    @staticmethod
    def from_json(kept: Any, where: str) -> "IndexRecord":
        """What `to_json` gave.

        Raises:
            LingweaveError: it is something else, or of a newer format.
        """
        if not isinstance(kept, dict) or "format_version" not in kept:
            raise LingweaveError(f"{where}: not what lingweave keeps of an index")
        if kept["format_version"] != FORMAT_VERSION:
            raise LingweaveError(
                f"{where}: format version {kept['format_version']}, this lingweave reads"
                f" {FORMAT_VERSION}; create the index again"
            )
        known = {one.name for one in fields(IndexRecord)}
        try:
            values = {name: value for name, value in kept.items() if name in known}
            values["chunks"] = ChunkOptions(**values["chunks"])
            record = IndexRecord(**values)
            record.options()
        except (TypeError, KeyError, LingweaveError) as error:
            raise LingweaveError(f"{where}: not readable ({error}); restore it") from None
        return record


def encoder_record(options: EncoderOptions) -> dict[str, Any]:
    """The options of an encoder that are kept: of the current folder and of secrets independent."""
    default = {one.name: one.default for one in fields(EncoderOptions)}
    kept = {
        name: getattr(options, name)
        for name in default
        if name not in _OF_A_RUN and getattr(options, name) != default[name]
    }
    if options.endpoint is not None:
        from lingweave.encoders.address import address_of

        address, _ = address_of(options.endpoint)
        version = f"?api-version={address.version}" if address.version else ""
        kept["endpoint"] = address.url + version
    elif options.model is not None and Path(options.model).is_dir():
        kept["model"] = str(Path(options.model).resolve())
    return kept
