"""Where a collection is: ``milvus:http://HOST:PORT/COLLECTION``."""

import os
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from lingweave.errors import LingweaveError

SCHEME = "milvus:"
"""What addresses begin with."""
TOKEN = "MILVUS_TOKEN"
"""The environment variable with the key, or ``user:password``: an address holds no secrets."""
FORM = "milvus:http://HOST:PORT/COLLECTION, or milvus:https://HOST:PORT/DATABASE/COLLECTION"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


class MilvusAddress(NamedTuple):
    """A collection of a Milvus server."""

    server: str
    """``http://host:port``, or https."""
    database: str
    """The database; empty: the server's default one."""
    collection: str
    """The collection's name."""

    def __str__(self) -> str:
        return SCHEME + "/".join(part for part in self if part)


def milvus_address(text: str) -> MilvusAddress:
    """The address that the text gives.

    Raises:
        LingweaveError: it gives none, or holds a password.
    """
    try:
        parts = urlsplit(text.removeprefix(SCHEME))
        port = parts.port
    except ValueError as error:
        raise LingweaveError(f"--store: {error}; give {FORM}") from None
    if parts.username is not None or parts.password is not None:
        raise LingweaveError(
            f"--store: the address holds a user or a password; set {TOKEN} to user:password or a"
            f" key, and give {FORM}"
        )
    names = [name for name in parts.path.split("/") if name]
    if not (
        text.startswith(SCHEME)
        and parts.scheme in ("http", "https")
        and parts.hostname
        and len(names) in (1, 2)
        and not parts.query
        and not parts.fragment
    ):
        raise LingweaveError(f"--store {text}: give {FORM}")
    for name in names:
        if not _NAME.fullmatch(name):
            raise LingweaveError(
                f"--store {text}: {name!r} is no name for Milvus; use ASCII letters, digits and _,"
                " with no digit first"
            )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    server = f"{parts.scheme}://{host}:{port or 19530}"
    return MilvusAddress(server, names[0] if len(names) == 2 else "", names[-1])


def token() -> str:
    """What opens the server; empty: nothing is needed."""
    return os.environ.get(TOKEN, "")
