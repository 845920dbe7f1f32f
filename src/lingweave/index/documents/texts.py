"""Text files -> documents, one a file."""

from collections.abc import Iterator
from pathlib import Path

from lingweave.errors import LingweaveError
from lingweave.index.documents.document import Document

ENDINGS = (".txt", ".md")
MOST = 64 << 20
"""Bytes of the largest text file: what is larger is hardly one document."""


def text_document(file: Path, id: str) -> Document:
    """A text file as a document.

    Args:
        file: in UTF-8.
        id: what to call it.

    Raises:
        LingweaveError: it is not UTF-8, cannot be read, or is far too large.
    """
    try:
        if file.stat().st_size > MOST:
            raise LingweaveError(
                f"{file}: {file.stat().st_size >> 20} MB are more than one document; give rows with"
                " ids as .jsonl"
            )
        content = file.read_bytes()
    except OSError as error:
        raise LingweaveError(f"{file}: cannot be read ({error.strerror})") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise LingweaveError(
            f"{file}: line {line}: not UTF-8 (byte {content[error.start]:#04x}): save the file as"
            " UTF-8"
        ) from None
    return Document(id, text, where=str(file))


def text_files(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """The files below a folder with these endings, in the order of their paths; hidden ones not."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if path.name.endswith(endings) and path.is_file() and not hidden:
            yield path
