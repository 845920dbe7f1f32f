"""Writing a result so that a reader never sees half of it."""

import os
import tempfile
from pathlib import Path

from lingweave.errors import LingweaveError


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text under a temporary name and rename it; the path as given.

    Raises:
        LingweaveError: the folder cannot be made or the file cannot be written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder", str(path))
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())  # temporary files are private, results are not
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        if isinstance(error, FileExistsError | NotADirectoryError):
            reason = f"{error.filename} is not a folder; choose another place"
        raise LingweaveError(f"cannot write {path}: {reason}") from error
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
