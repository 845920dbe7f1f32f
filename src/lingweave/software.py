"""Which software made a figure, or the weights of a model."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

import lingweave

PACKAGES = (
    "numpy", "scipy", "scikit-learn", "torch", "transformers", "tokenizers",
    "sentence-transformers", "pyarrow",
)  # fmt: skip


def software() -> dict[str, Any]:
    """Versions of lingweave, Python and the packages that decide figures; the commit, or None."""
    return {
        "lingweave": lingweave.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the package's own checkout, with + where its files differ from it."""
    package = Path(__file__).resolve().parent
    if not (package.parents[1] / ".git").exists():
        return None
    try:
        head, changes = (
            subprocess.run(
                ["git", "-C", str(package), *words],
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            ).stdout.strip()
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--", str(package)))
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changes else "")
