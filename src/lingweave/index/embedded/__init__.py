"""The embedded store: a folder on this machine, with no server."""

from lingweave.index.embedded.settings import Settings
from lingweave.index.embedded.store import EmbeddedStore

__all__ = ["EmbeddedStore", "Settings"]
