"""What the server answers: the JSON of passages, hits and figures."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import langcodes
from pydantic import BaseModel, Field

from lingweave.index.plain import direction, hit_json
from lingweave.index.requests import Hit
from lingweave.languages import UNKNOWN, name

Direction = Literal["ltr", "rtl"]


class PassageAnswer(BaseModel):
    """A passage."""

    id: str
    document: str
    text: str
    language: str = Field(description="BCP 47; und: unknown.")
    direction: Direction
    parallel: str | None
    metadata: dict[str, str | int | float | bool]


class Ranks(BaseModel):
    """Where a passage stands, from 1."""

    language: int | None = Field(description="Among the passages of its language, by vectors.")
    pool: int | None = Field(description="Among all passages, by vectors.")
    words: int | None = Field(description="By BM25.")


class HitAnswer(PassageAnswer):
    """A passage that was found."""

    score: float
    similarity: float | None
    ranks: Ranks | None = Field(description="With explain.")
    versions: list[PassageAnswer] = Field(description="With fold: in other languages.")


class HitsAnswer(BaseModel):
    """The hits of a search, best first."""

    hits: list[HitAnswer]


class SearchAnswer(HitsAnswer):
    """The hits of one search."""

    milliseconds: float


class SearchesAnswer(BaseModel):
    """The hits of each search, in the order of the request."""

    results: list[HitsAnswer]
    milliseconds: float


class LanguageAnswer(BaseModel):
    """A language of the index."""

    code: str
    name: str
    own_name: str
    direction: Direction
    passages: int


class StatsAnswer(BaseModel):
    """What the index holds and what the server does."""

    passages: int
    documents: int | None
    languages: list[LanguageAnswer]
    dimension: int
    similarity: str
    model: str
    modes: list[str]
    rerank: bool
    writable: bool
    audit: bool
    version: str
    limits: dict[str, int]


class AddedAnswer(BaseModel):
    """What was added."""

    documents: int
    passages: int


class DeletedAnswer(BaseModel):
    """How many of the documents were there."""

    deleted: int


class StatusAnswer(BaseModel):
    """How the server is."""

    status: str


class TicketAnswer(BaseModel):
    """Where the audit's page is."""

    url: str


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str
    message: str
    field: str | None
    request: str


class ErrorAnswer(BaseModel):
    """Every answer that is not a success."""

    error: ErrorDetail


def hits_json(hits: Sequence[Hit], explain: bool) -> dict[str, Any]:
    """The JSON of a search's hits."""
    return {"hits": [hit_json(one, explain) for one in hits]}


def languages_json(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The JSON of an index's languages, most passages first."""
    return [
        {
            "code": code,
            "name": "Unknown" if code == UNKNOWN else name(code),
            "own_name": "" if code == UNKNOWN else _own_name(code),
            "direction": direction(code),
            "passages": count,
        }
        for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count
    ]


def encoded(value: Any) -> bytes:
    """JSON in UTF-8. What no text can be written as, a lone half of a character, becomes �."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


@lru_cache(maxsize=4096)
def _own_name(code: str) -> str:
    """What a language calls itself; where that is not known its English name."""
    return langcodes.get(code).autonym()
