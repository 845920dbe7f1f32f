"""API keys: who may ask. They are compared in a time that says nothing about them."""

import hashlib
import hmac
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lingweave.errors import LingweaveError

KEYS_VARIABLE = "LINGWEAVE_KEYS"
"""The environment variable with keys."""
_SHORTEST = 16
"""Characters of a key."""


class Key(NamedTuple):
    """A key, of which only the digest is kept."""

    name: str
    """What logs call its holder."""
    digest: bytes
    """SHA-256 of the key."""


class Keys:
    """The keys of a server; none at all means that everyone may ask.

    Args:
        keys: All of them.
    """

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._keys = tuple(keys)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def holder(self, authorization: str | None) -> str | None:
        """The name of the key in an ``Authorization: Bearer`` header; None: it is none of ours.

        All keys are looked at, whichever fits, so that the time taken does not depend on it.
        """
        scheme, _, given = (authorization or "").partition(" ")
        digest = _digest(given.strip())
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key.name
        return found if scheme.lower() == "bearer" else None


def read_keys(file: Path | None) -> Keys:
    """The keys of a file, one a line, and of the environment variable ``LINGWEAVE_KEYS``, separated
    by commas; each KEY or NAME:KEY. Empty lines and lines that begin with # are passed over.

    Raises:
        LingweaveError: the file cannot be read; a key is too short, there twice, or not ASCII.
    """
    given: list[tuple[str, str]] = []
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise LingweaveError(f"--keys_file {file}: cannot be read ({reason})") from error
        given += [
            (f"{file}:{number}", line.strip())
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.lstrip().startswith("#")
        ]
        if not given:
            raise LingweaveError(f"--keys_file {file}: holds no key; write one a line")
    words = os.environ.get(KEYS_VARIABLE, "").split(",")
    given += [(f"${KEYS_VARIABLE}", word.strip()) for word in words if word.strip()]
    keys: list[Key] = []
    for place, text in given:
        name, colon, secret = text.partition(":")
        name, secret = (name.strip(), secret.strip()) if colon else (f"key {len(keys) + 1}", text)
        # Values are not shown: these are secrets.
        if len(secret) < _SHORTEST or not (secret.isascii() and secret.isprintable()):
            raise LingweaveError(
                f"{place}: a key has at least {_SHORTEST} characters, all ASCII; make one with"
                " `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
            )
        if any(key.digest == _digest(secret) or key.name == name for key in keys):
            raise LingweaveError(f"{place}: this key, or another of its name, is there already")
        keys.append(Key(name, _digest(secret)))
    return Keys(keys)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
