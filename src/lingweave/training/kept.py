"""Trained tokenizers kept in the token store: later runs on the same texts train none.

They are sealed files as token ids are; see `lingweave.training.tokens.store`.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pyarrow as pa
from tokenizers import Tokenizer

from lingweave.sealed import read_sealed, write_sealed
from lingweave.training.tokenizer import trained_tokenizer

FORMAT_VERSION = 1
_KIND = b"lingweave tokenizer"


def kept_tokenizer(
    texts: Callable[[], Iterable[str]], vocabulary: int, folder: Path | None
) -> Tokenizer:
    """The tokenizer that `trained_tokenizer` makes, from the store if it was made before.

    Args:
        texts: gives every text once, each time it is called.
        vocabulary: entries at most.
        folder: the token store; None: nothing is kept.
    """
    if folder is None:
        return trained_tokenizer(texts, vocabulary)
    path = folder / f"{_name(texts(), vocabulary)}.tokenizer"
    kept = read_sealed(path, _KIND, _record(path))
    if kept is not None:
        return Tokenizer.from_str(kept.column("tokenizer")[0].as_py())
    tokenizer = trained_tokenizer(texts, vocabulary)
    batch = pa.record_batch([pa.array([tokenizer.to_str()])], names=["tokenizer"])
    with suppress(OSError):  # A store that is complete may be one that nobody writes to.
        folder.mkdir(parents=True, exist_ok=True)
        write_sealed(path, batch, _KIND, _record(path))
    return tokenizer


def _name(texts: Iterable[str], vocabulary: int) -> str:
    """A hash of all that decides what is trained: the code, its library, the size and the texts."""
    code = resources.files("lingweave.training").joinpath("tokenizer.py").read_bytes()
    digest = hashlib.sha256(code)
    digest.update(f"{metadata.version('tokenizers')} {vocabulary}".encode())
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return f"tokenizer-{digest.hexdigest()[:32]}"


def _record(path: Path) -> dict[str, Any]:
    return {"format_version": FORMAT_VERSION, "name": path.stem}
