"""Passages and hits as plain JSON values: of the API and of `lingweave search --json`."""

from typing import Any, Literal

from lingweave.index.passages import Passage
from lingweave.index.requests import Hit
from lingweave.languages import UNKNOWN, right_to_left


def passage_json(passage: Passage) -> dict[str, Any]:
    """The JSON of a passage."""
    return {
        "id": passage.id,
        "document": passage.document,
        "text": passage.text,
        "language": passage.language,
        "direction": direction(passage.language),
        "parallel": passage.parallel,
        "metadata": dict(passage.metadata),
    }


def hit_json(hit: Hit, explain: bool) -> dict[str, Any]:
    """The JSON of a hit.

    Args:
        hit: the hit.
        explain: whether it was asked where it stands.
    """
    ranks = {"language": hit.language_rank, "pool": hit.pool_rank, "words": hit.words_rank}
    return {
        **passage_json(hit.passage),
        "score": float(hit.score),
        "similarity": None if hit.similarity is None else float(hit.similarity),
        "ranks": ranks if explain else None,
        "versions": [passage_json(one) for one in hit.versions],
    }


def direction(code: str) -> Literal["ltr", "rtl"]:
    """The direction in which a language is written."""
    return "rtl" if code != UNKNOWN and right_to_left(code) else "ltr"
