"""Where things are that a study names: `data:PATH`, `package:NAME/PATH`, else a place as it is."""

import importlib.util
import os
from pathlib import Path

from lingweave.errors import LingweaveError

DATA = "LINGWEAVE_DATA"
"""The environment variable with the folder that `data:` stands for."""
DEFAULT = "../shared/data"
"""That folder where the variable is not set, from where the command is given."""


ATLAS = "atlas:"
"""What stands before a number of the atlas's languages."""


def place_of(named: str) -> str:
    """The folder, file or hub name that a study means.

    Raises:
        LingweaveError: it lies in a package that is not installed.
    """
    kind, colon, rest = named.partition(":")
    if colon and kind == "data":
        return str(Path(os.environ.get(DATA) or DEFAULT) / rest)
    if colon and kind == "package":
        return str(_in_package(named, *rest.partition("/")[::2]))
    return named


def path_of(named: str, what: str) -> Path:
    """The file or folder that a study means, which exists.

    Args:
        named: as the study names it.
        what: what is looked for, for the message.

    Raises:
        LingweaveError: it is not there.
    """
    path = Path(place_of(named))
    if not path.exists():
        where = f"; ${DATA} names the folder that data: stands for" if named != str(path) else ""
        raise LingweaveError(f"{what}: {path}: no such file or folder{where}")
    return path


def atlas_count(languages: str) -> int:
    """The N of `languages: atlas:N`, which asks for N languages of the atlas.

    Raises:
        LingweaveError: it is another word.
    """
    count = languages.removeprefix(ATLAS)
    if count == languages or not (count.isascii() and count.isdigit() and len(count) < 5):
        raise LingweaveError(
            f"{languages!r} is not possible; give a list of codes, or {ATLAS}N for N languages of"
            " the atlas"
        )
    return int(count)


def _in_package(named: str, package: str, inside: str) -> Path:
    found = importlib.util.find_spec(package) if package.isidentifier() else None
    if found is None or not found.submodule_search_locations:
        raise LingweaveError(
            f"{named}: no package {package} is installed: pip install {package.replace('_', '-')}"
        )
    return Path(next(iter(found.submodule_search_locations))) / inside
