"""What the index holds: figures, passages, and changes to it."""

from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response

import lingweave
from lingweave.index.documents import Document
from lingweave.index.plain import passage_json
from lingweave.serve.answers import (
    AddedAnswer,
    DeletedAnswer,
    PassageAnswer,
    StatsAnswer,
    languages_json,
)
from lingweave.serve.bodies import Bodies, DocumentBody
from lingweave.serve.json_http import body_of, json_answer, problems, read_body
from lingweave.serve.limits import MAX_VALUE, PLAIN
from lingweave.serve.problems import ServeError
from lingweave.serve.service import Service


def add_index_routes(
    app: FastAPI, service: Service, bodies: Bodies, writable: bool, audit: bool
) -> None:
    """Adds the routes over what the index holds."""
    given = service.limits
    limits = {
        "k": given.max_k,
        "query_characters": given.max_query,
        "searches": given.max_searches,
        "documents": given.max_documents,
        "body_bytes": given.max_body,
        "languages": given.max_languages,
        "conditions": given.max_conditions,
        "values": given.max_values,
    }

    @app.get("/v1/stats", response_model=StatsAnswer, responses=problems(504))
    async def stats() -> Response:
        """What the index holds and what the server does."""
        facts = service.facts
        found = await service.stats()
        return json_answer(
            {
                "passages": sum(found.counts.values()),
                "documents": found.documents,
                "languages": languages_json(found.counts),
                **facts._asdict(),
                "modes": list(facts.modes),
                "writable": writable,
                "audit": audit,
                "version": lingweave.__version__,
                "limits": limits,
            }
        )

    @app.get("/v1/passages/{id:path}", response_model=PassageAnswer, responses=problems(404, 504))
    async def passage(id: Annotated[str, Path(max_length=MAX_VALUE, pattern=PLAIN)]) -> Response:
        """A passage by its id."""
        found = await service.passage(id)
        if found is None:
            raise ServeError("not_found", "there is no passage of this id", "id")
        return json_answer(passage_json(found))

    @app.post(
        "/v1/documents",
        response_model=AddedAnswer,
        responses=problems(403, 409, 415, 504),
        openapi_extra=body_of(bodies.documents),
    )
    async def add(request: Request) -> Response:
        """Adds documents, or replaces those of the same ids; once answered they are kept."""
        _writable()
        body = await read_body(request, bodies.documents)
        ids = [one.id for one in body.documents]
        for number, id in enumerate(ids):
            if id in ids[:number]:
                raise ServeError("invalid", "this id is given twice", f"documents.{number}.id")
        passages = await service.add([_document(one) for one in body.documents])
        return json_answer({"documents": len(ids), "passages": passages})

    @app.delete("/v1/documents", response_model=DeletedAnswer, responses=problems(403, 409, 504))
    async def delete(
        id: Annotated[
            list[Annotated[str, Query(min_length=1, max_length=MAX_VALUE, pattern=PLAIN)]],
            Query(min_length=1, max_length=service.limits.max_documents),
        ],
    ) -> Response:
        """Deletes documents; those that are not there are passed over."""
        _writable()
        return json_answer({"deleted": await service.remove(list(dict.fromkeys(id)))})

    def _writable() -> None:
        if not writable:
            raise ServeError("read_only", "documents are changed with `lingweave serve --writable`")


def _document(body: DocumentBody) -> Document:
    return Document(
        body.id, body.text, body.title, body.language, body.parallel, dict(body.metadata)
    )
