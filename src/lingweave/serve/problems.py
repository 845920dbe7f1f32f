"""What can go wrong with a request, and the one shape in which callers are told."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

STATUS: Mapping[str, int] = {
    "malformed": 400,
    "unauthorized": 401,
    "read_only": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "slow_client": 408,
    "refused": 409,
    "too_large": 413,
    "media_type": 415,
    "host": 421,
    "invalid": 422,
    "too_many": 429,
    "head_too_large": 431,
    "internal": 500,
    "busy": 503,
    "starting": 503,
    "stopping": 503,
    "unavailable": 503,
    "timeout": 504,
}
"""The status that goes with each code."""

_LONGEST = 300
"""Characters of a message or a place: a caller's own words are cut off there."""


class ServeError(Exception):
    """A request that is refused or failed; the caller is told the code and one line.

    Args:
        code: A key of ``STATUS``.
        message: One line that says what to do; it never repeats a value of the caller's.
        field: Where in the request it is.
        retry: Seconds after which it may be tried again.
        headers: More headers for the answer.
    """

    def __init__(
        self,
        code: str,
        message: str,
        field: str | None = None,
        *,
        retry: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.headers = dict(headers or {})
        if retry is not None:
            self.headers["retry-after"] = str(retry)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code]

    def body(self, request: str) -> bytes:
        """The answer's JSON.

        Args:
            request: Id of the request.
        """
        error = {
            "code": self.code,
            "message": _line(str(self)),
            "field": None if self.field is None else _line(self.field),
            "request": request,
        }
        return json.dumps({"error": error}, ensure_ascii=False).encode("utf-8", "replace")


def invalid(errors: Sequence[Mapping[str, Any]]) -> ServeError:
    """The problem of a body or a parameter that does not fit, from pydantic's list of errors.

    The first one is told. Messages of the library say what is wanted; a value is never repeated.
    """
    first = errors[0]
    if first["type"] == "json_invalid":
        return ServeError("malformed", "the body is not JSON in UTF-8")
    place, value = _place(first["loc"])
    if value:  # The library tells of each kind that a value could have been.
        return ServeError(
            "invalid",
            "a text without control characters, a number, true or false is wanted, of bounded size",
            place,
        )
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return ServeError("invalid", f"{first['msg']}{more}", place or None)


def _place(parts: Sequence[int | str]) -> tuple[str, bool]:
    """Where an error is, without the names that the library gives to alternatives; whether it is in
    a value that may be of several kinds."""
    kept = [part for before, part in zip(("", *parts), parts, strict=False) if before != "dial"]
    for at, part in enumerate(kept):
        if part == "metadata" and len(kept) > at + 2:
            return ".".join(map(str, kept[: at + 2])), True
        if part == "value" and len(kept) > at + 1:
            return ".".join(map(str, kept[: at + 1])), True
    return ".".join(map(str, kept)), False


def _line(text: str) -> str:
    """One line of bounded length that UTF-8 can hold."""
    words = " ".join(text.split())
    cut = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    return cut.encode("utf-8", "replace").decode("utf-8")
