"""JSON in and out, and how the OpenAPI document tells of both."""

import asyncio
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from lingweave.serve.answers import ErrorAnswer, encoded
from lingweave.serve.problems import ServeError, invalid

B = TypeVar("B", bound=BaseModel)

_SMALL = 1 << 13
"""Bytes of a body that is checked sooner than a thread for it would be there."""
_ALWAYS = (400, 401, 405, 408, 413, 421, 422, 429, 431, 500, 503)


async def read_body(request: Request, kind: type[B]) -> B:
    """The JSON body.

    It is parsed and checked in one pass, without Python's own parser: that would take NaN, halves
    of characters, and nesting as deep as Python's stack.

    Raises:
        ServeError: it is not JSON, or does not fit.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise ServeError("media_type", "send JSON, with Content-Type: application/json")
    body = await request.body()
    try:
        if len(body) <= _SMALL:
            return kind.model_validate_json(body)
        return await asyncio.to_thread(kind.model_validate_json, body)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from error


def json_answer(value: object) -> Response:
    """A success."""
    headers = {"cache-control": "no-store"}
    return Response(encoded(value), headers=headers, media_type="application/json")


def body_of(kind: type[BaseModel]) -> dict[str, Any]:
    """How the OpenAPI document tells of a body."""
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """How the OpenAPI document tells of the statuses of problems.

    Args:
        more: Statuses beside those that every route can have.
    """
    return {
        status: {"model": ErrorAnswer, "description": "An error"} for status in (*_ALWAYS, *more)
    }
