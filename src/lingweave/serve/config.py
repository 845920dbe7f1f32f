"""Options of `lingweave serve`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from lingweave.errors import LingweaveError
from lingweave.serve.limits import Limits


@dataclass(frozen=True, kw_only=True)
class ServeConfig(Limits):
    """Which index is served, where, and to whom."""

    POSITIONAL: ClassVar[str] = "index"

    index: list[str] = field(default_factory=list)
    """The index's folder."""
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
    """The encoder's model, where it has moved since the index was made."""
    reranker: str | None = None
    """A cross-encoder that may order the best hits anew: a folder, or a name on the hub."""
    device: str | None = None
    """Where models work, such as cpu or cuda; by default an accelerator if there is one."""
    threads: int | None = None
    """Threads of the model's arithmetic; by default one for each core."""
    log: Literal["json", "text"] = "json"
    """How logs are written to stderr: an object a line, or for people."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged; requests are logged as info."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.index) != 1:
            raise LingweaveError("give the folder of one index: lingweave serve FOLDER")
        if not 0 <= self.port < 1 << 16:
            raise LingweaveError(f"--port {self.port}: must be from 0 to 65535")
        if self.threads is not None and self.threads < 1:
            raise LingweaveError(f"--threads {self.threads}: must be 1 or more")

    @property
    def folder(self) -> str:
        """The index's folder."""
        return self.index[0]
