"""The one exception that is shown to a user as a single line, without a traceback."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any


class LingweaveError(Exception):
    """A mistake in what the user gave, or something that is missing.

    The message is one line: it names the file, line, field or option, and says what to do.
    The command line prints it and exits with status 2.
    """


class UnavailableError(LingweaveError):
    """A service elsewhere that does not answer, or is overloaded; later it may."""


class NotFetchedError(LingweaveError):
    """A model's files that the hub does not give: offline, no such name, or no access."""


def refuse_unused(options: Any, names: Iterable[str], why: str) -> None:
    """Refuses options that are given and would do nothing.

    Args:
        options: a dataclass; given is what differs from the default of its field.
        names: fields that have no effect here.
        why: what is wrong with giving them. Values are not shown: one may be a key in the wrong
            place.

    Raises:
        LingweaveError: naming the option.
    """
    known = {one.name: one for one in fields(options)}
    for name in names:
        one = known[name]
        make = one.default_factory
        if getattr(options, name) != (one.default if make is MISSING else make()):
            raise LingweaveError(f"--{name}: {why}")
