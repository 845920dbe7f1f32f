"""The names that a study gives: they make folders and arms."""

import re

from lingweave.errors import LingweaveError
from lingweave.studies.definition.study import Study

_NAME = re.compile(r"[\w.+@-]+")


def check_names(study: Study) -> None:
    """Refuses a name that could lead out of a folder, or make two arms of one.

    Raises:
        LingweaveError: the first of them, with its field.
    """
    for where, names in (
        ("name", [study.name]),
        ("axes", [*study.axes, *(choice for axis in study.axes.values() for choice in axis)]),
        ("benchmarks", list(study.benchmarks)),
        ("floors", list(study.floors)),
    ):
        for name in names:
            if not _NAME.fullmatch(name) or not name.strip("."):
                raise LingweaveError(
                    f"{where}: the name {name!r} is not possible; give letters, digits and . + - _"
                )
