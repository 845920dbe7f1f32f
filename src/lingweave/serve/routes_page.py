"""The page, the audit's page, and what operators ask: health, readiness, figures."""

from collections.abc import Mapping

from fastapi import FastAPI, Response

from lingweave.serve.answers import StatusAnswer, TicketAnswer
from lingweave.serve.json_http import json_answer, problems
from lingweave.serve.page_files import AUDIT_RULES, PAGE_RULES, Tickets
from lingweave.serve.problems import ServeError
from lingweave.serve.service import Service


def add_page_routes(
    app: FastAPI,
    service: Service,
    pages: Mapping[str, tuple[bytes, str]],
    audit: bytes | None,
    keys: bool,
) -> None:
    """Adds the routes that are no part of the index."""
    tickets = Tickets()

    @app.get("/healthz", response_model=StatusAnswer, responses=problems())
    async def health() -> Response:
        """Whether the process answers at all."""
        return json_answer({"status": "ok"})

    @app.get("/readyz", response_model=StatusAnswer, responses=problems())
    async def readiness() -> Response:
        """Whether searches are answered."""
        service.check_ready()
        return json_answer({"status": "ready"})

    @app.get("/metrics", response_class=Response, include_in_schema=False)
    async def metrics() -> Response:
        text, kind = service.metrics.text()
        return Response(text, headers={"content-type": kind})

    @app.post("/v1/audit-ticket", response_model=TicketAnswer, responses=problems(404))
    async def ticket() -> Response:
        """Where a browser may open the audit's page, within a minute and once."""
        if audit is None:
            raise ServeError("not_found", "give the audit's page with `lingweave serve --audit`")
        return json_answer({"url": f"/audit?ticket={tickets.issue()}" if keys else "/audit"})

    @app.get("/audit", response_class=Response, include_in_schema=False)
    async def audit_page(ticket: str = "") -> Response:
        if audit is None:
            raise ServeError("not_found", "give the audit's page with `lingweave serve --audit`")
        if keys and not tickets.take(ticket):
            raise ServeError("unauthorized", "this address was for once; open the audit anew")
        return _file(audit, "text/html; charset=utf-8", AUDIT_RULES)

    for path, (content, kind) in pages.items():
        app.add_api_route(
            path,
            _answering(content, kind),
            methods=["GET"],
            response_class=Response,
            include_in_schema=False,
        )


def _answering(content: bytes, kind: str):  # type: ignore[no-untyped-def]
    async def answer() -> Response:
        return _file(content, kind, PAGE_RULES)

    return answer


def _file(content: bytes, kind: str, rules: str) -> Response:
    headers = {
        "content-type": kind,
        "content-security-policy": rules,
        "cache-control": "no-cache",
        "cross-origin-opener-policy": "same-origin",
    }
    return Response(content, headers=headers)
