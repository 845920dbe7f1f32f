"""Which software made a figure."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

import lingweave

PACKAGES = (
    "numpy", "scipy", "scikit-learn", "torch", "transformers", "sentence-transformers", "pyarrow"
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
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
