"""Searching."""

import time
from collections.abc import Iterable

from fastapi import FastAPI, Request, Response

from lingweave.serve.answers import SearchAnswer, SearchesAnswer, hits_json
from lingweave.serve.bodies import Bodies, SearchBody
from lingweave.serve.json_http import body_of, json_answer, problems, read_body
from lingweave.serve.problems import ServeError
from lingweave.serve.service import Service


def add_search_routes(app: FastAPI, service: Service, bodies: Bodies) -> None:
    """Adds the routes that search."""

    @app.post(
        "/v1/search",
        response_model=SearchAnswer,
        responses=problems(415, 504),
        openapi_extra=body_of(bodies.search),
    )
    async def search(request: Request) -> Response:
        """The hits of one search."""
        since = time.perf_counter()
        body = await read_body(request, bodies.search)
        _check([body], service)
        [hits] = await service.search([body.request()], request.state.caller)
        return json_answer({**hits_json(hits, body.explain), "milliseconds": _since(since)})

    @app.post(
        "/v1/searches",
        response_model=SearchesAnswer,
        responses=problems(415, 504),
        openapi_extra=body_of(bodies.searches),
    )
    async def searches(request: Request) -> Response:
        """The hits of several searches."""
        since = time.perf_counter()
        body = await read_body(request, bodies.searches)
        _check(body.searches, service, "searches.{}.")
        found = await service.search([one.request() for one in body.searches], request.state.caller)
        results = [
            hits_json(hits, one.explain) for hits, one in zip(found, body.searches, strict=True)
        ]
        return json_answer({"results": results, "milliseconds": _since(since)})


def _check(asked: Iterable[SearchBody], service: Service, place: str = "") -> None:
    """Refuses what this index cannot do.

    Raises:
        ServeError: naming the field.
    """
    facts = service.facts
    for number, one in enumerate(asked):
        at = place.format(number)
        if one.mode not in facts.modes:
            modes = ", ".join(facts.modes)
            raise ServeError("invalid", f"this index has {modes} only", f"{at}mode")
        if one.rerank and not facts.rerank:
            raise ServeError("invalid", "there is no re-ranker", f"{at}rerank")


def _since(moment: float) -> float:
    return round(1000 * (time.perf_counter() - moment), 3)
