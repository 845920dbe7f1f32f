"""What a search is asked and what it answers."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from lingweave.index.passages import EVERYTHING, Filter, Passage


@dataclass(frozen=True)
class AsScored:
    """The best of all languages in the order of their scores: what a plain index gives."""


@dataclass(frozen=True)
class Balanced:
    """The best of each language in turns, so that no language crowds the others out."""


@dataclass(frozen=True)
class Preferred:
    """Given languages first, as far as the weight goes."""

    languages: tuple[str, ...]
    """Canonical codes."""
    weight: float = 1.0
    """How much they are preferred: 0 not at all."""


Dial = AsScored | Balanced | Preferred
"""How languages share the list of hits."""


@dataclass(frozen=True)
class Request:
    """One search."""

    query: str
    """What is searched for."""
    k: int = 10
    """Hits wanted."""
    language: str | None = None
    """The query's language; by default detected, and needed only by encoders that ask for it."""
    where: Filter = EVERYTHING
    """Which passages may be found."""
    dial: Dial = AsScored()
    """How languages share the list."""
    mode: Literal["dense", "words", "both"] = "dense"
    """By vectors, by words (BM25), or both fused by reciprocal rank."""
    rerank: bool = False
    """Whether the index's re-ranker orders the best hits anew."""
    fold: bool = False
    """Whether parallel versions of one passage become one hit."""
    explain: bool = False
    """Whether each hit says where it stands in its language and in the pool."""


class Hit(NamedTuple):
    """A passage that was found, or with `fold` the best of its versions."""

    passage: Passage
    score: float
    """What the list is ordered by; its meaning depends on the mode and the dial."""
    similarity: float | None = None
    """Inner product with the query's vector; None where only words found it."""
    language_rank: int | None = None
    """With `explain`: place among the passages of its language by vectors, from 1."""
    pool_rank: int | None = None
    """With `explain`: place among all passages by vectors, from 1."""
    words_rank: int | None = None
    """With `explain` and words: place in the list of BM25, from 1."""
    versions: tuple[Passage, ...] = ()
    """With `fold`: the other versions, of any language that the filter lets through."""
