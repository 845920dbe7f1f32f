"""The application: routes over a service, behind a guard."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

import lingweave
from lingweave.serve.answers import ErrorAnswer
from lingweave.serve.backend import Backend
from lingweave.serve.bodies import Bodies, bodies_of
from lingweave.serve.guard import Guard
from lingweave.serve.keys import Keys
from lingweave.serve.limits import Limits
from lingweave.serve.metrics import Metrics
from lingweave.serve.page_files import page_files
from lingweave.serve.problems import ServeError, invalid
from lingweave.serve.routes_index import add_index_routes
from lingweave.serve.routes_page import add_page_routes
from lingweave.serve.routes_search import add_search_routes
from lingweave.serve.service import Service

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_WITHOUT_KEY = frozenset({"/healthz", "/readyz", "/openapi.json"})


@dataclass(frozen=True, kw_only=True)
class AppOptions:
    """How an application is set up."""

    limits: Limits = field(default_factory=Limits)
    """What requests may hold."""
    keys: Keys = field(default_factory=Keys)
    """Who may ask; none: everyone."""
    writable: bool = False
    """Whether documents may be added and deleted."""
    audit: bytes | None = None
    """The audit's page."""
    hosts: Collection[str] | None = None
    """Names by which the server may be addressed; None: any."""


def app_of(
    opening: Callable[[], Backend],
    options: AppOptions,
    metrics: Metrics | None = None,
    failed: Callable[[BaseException], None] = lambda error: None,
) -> Guard:
    """The ASGI application.

    Args:
        opening: Opens the index, once the application has begun.
        options: How it is set up.
        metrics: What is told of it.
        failed: Told why the index could not be opened.
    """
    metrics = metrics or Metrics()
    service = Service(opening, options.limits, metrics, failed)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(
        title="lingweave",
        summary="Search over every language.",
        version=lingweave.__version__,
        lifespan=lifespan,
        docs_url=None,  # These pages fetch scripts from elsewhere.
        redoc_url=None,
        redirect_slashes=False,
    )
    bodies = bodies_of(options.limits)
    pages = page_files()
    add_search_routes(app, service, bodies)
    add_index_routes(app, service, bodies, options.writable, options.audit is not None)
    add_page_routes(app, service, pages, options.audit, bool(options.keys))
    _tell_problems(app)
    app.openapi = _documented(app, bodies, bool(options.keys))  # type: ignore[method-assign]
    open_paths = {*pages, *_WITHOUT_KEY}
    if options.audit is not None:
        open_paths.add("/audit")  # It looks at its ticket itself.
    return Guard(app, options.keys, open_paths, options.limits, metrics, options.hosts)


def _tell_problems(app: FastAPI) -> None:
    """Every error in one shape, whoever raises it."""

    def told(request: Request, problem: ServeError) -> Response:
        request.scope["state"]["problem"] = problem.code
        return Response(
            problem.body(request.scope["state"]["request_id"]),
            problem.status,
            problem.headers,
            "application/json",
        )

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "malformed")
        message = {
            "not_found": "there is nothing here",
            "method_not_allowed": "this method does nothing here",
        }.get(code, "the request cannot be read")
        return told(request, ServeError(code, message, headers=error.headers))

    async def of_values(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return told(request, invalid([{**one, "loc": one["loc"][1:]} for one in error.errors()]))

    async def of_ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServeError)
        return told(request, error)

    async def of_anything(request: Request, error: Exception) -> Response:
        return told(request, ServeError("internal", "an error of the server; see its log"))

    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_values)
    app.add_exception_handler(ServeError, of_ours)
    app.add_exception_handler(Exception, of_anything)


def _documented(app: FastAPI, bodies: Bodies, keys: bool) -> Callable[[], dict[str, Any]]:
    """The OpenAPI document, with the bodies that the routes read themselves and the errors."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(
                get_openapi(
                    title=app.title, version=app.version, summary=app.summary, routes=app.routes
                )
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            _, defined = models_json_schema(
                [(kind, "validation") for kind in (*bodies, ErrorAnswer)],
                ref_template="#/components/schemas/{model}",
            )
            schemas.update(defined["$defs"])
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            if keys:
                bearer = {"type": "http", "scheme": "bearer"}
                made["components"]["securitySchemes"] = {"key": bearer}
                made["security"] = [{"key": []}]
        return made

    return openapi
