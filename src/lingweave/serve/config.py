"""Options of `lingweave serve`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from lingweave.errors import LingweaveError, refuse_unused
from lingweave.index.configs import one_folder
from lingweave.index.search import Depths
from lingweave.serve.limits import Limits


@dataclass(frozen=True, kw_only=True)
class ServeConfig(Limits, Depths):
    """Which index is served, where, and to whom."""

    POSITIONAL: ClassVar[str] = "folder"

    folder: list[str] = field(default_factory=list)
    """The index's folder, or milvus:http://HOST:PORT/COLLECTION."""
    host: str = "127.0.0.1"
    """Address to listen at; any but loopback needs keys."""
    port: int = 8000
    """Port to listen at; 0 takes a free one, which is printed."""
    keys_file: Path | None = None
    """File with API keys, one a line, each KEY or NAME:KEY; the variable LINGWEAVE_KEYS holds more,
    separated by commas."""
    writable: bool = False
    """Whether callers may add and delete documents."""
    audit: Path | None = None
    """The audit of the model in use: audit.html, or the folder that `lingweave audit` wrote."""
    model: str | None = None
    """Where the index's model is now, if it has moved since the index was made."""
    endpoint: str | None = field(default=None, repr=False)
    """Where the index's endpoint is now, if it has moved, with its user and password."""
    reranker: str | None = None
    """A cross-encoder that may order the best hits anew: a folder, or a name on the hub."""
    device: str | None = None
    """Where models work, such as cpu or cuda; by default an accelerator if there is one."""
    log: Literal["json", "text"] = "json"
    """How logs are written to stderr: an object a line, or for people."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged; requests are logged as info."""

    def __post_init__(self) -> None:
        Limits.__post_init__(self)
        Depths.__post_init__(self)
        one_folder(self.folder)
        if self.reranker is None:
            refuse_unused(self, ["reranked"], "only goes with --reranker; leave it out")
        if not 0 <= self.port < 1 << 16:
            raise LingweaveError(f"--port {self.port}: must be from 0 to 65535")
