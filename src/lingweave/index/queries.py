"""Queries to vectors that a store can be asked with."""

from collections.abc import Sequence

import numpy as np

from lingweave.detection import detected
from lingweave.encoders.scores import Encoder, Similarity, by_language, prepared
from lingweave.errors import LingweaveError
from lingweave.index.store import Floats
from lingweave.languages import UNKNOWN


def query_vectors(
    encoder: Encoder,
    similarity: Similarity,
    queries: Sequence[tuple[str, str | None]],
    dimension: int,
) -> list[Floats]:
    """The vector (dimension,) of each query; equal ones are encoded once, and all together.

    Args:
        encoder: what made the passages' vectors.
        similarity: with cosine vectors are brought to length 1.
        queries: texts with their languages. A language that is not given is detected, if the
            encoder asks for it.
        dimension: of the passages' vectors.

    Raises:
        LingweaveError: the vectors are of another dimension, or not finite.
    """
    wanted = list(dict.fromkeys(queries))
    groups: dict[str, list[tuple[str, str | None]]] = {}
    for one, language in zip(wanted, _languages(encoder, wanted), strict=True):
        groups.setdefault(language, []).append(one)
    known: dict[tuple[str, str | None], Floats] = {}
    for language, members in groups.items():
        vectors = encoder.encode_queries([text for text, _ in members], language)
        if vectors.shape != (len(members), dimension):
            raise LingweaveError(
                f"the encoder's vectors have {vectors.shape[1]} numbers, the index's {dimension}:"
                " search with the model that the index was made with"
            )
        vectors = prepared(similarity)(vectors)
        for one, vector in zip(members, vectors, strict=True):
            if not np.isfinite(vector).all():
                raise LingweaveError(
                    f"the vector of the query {one[0][:60]!r} holds NaN or infinity; check the"
                    " model, or encode in fp32"
                )
            known[one] = vector
    return [known[one] for one in queries]


def _languages(encoder: Encoder, queries: Sequence[tuple[str, str | None]]) -> list[str]:
    if not by_language(encoder):
        # All alike to it: one batch.
        return [UNKNOWN] * len(queries)
    unknown = [text for text, language in queries if language is None]
    found = iter(detected(unknown) if unknown else ())
    return [language or next(found) for _, language in queries]
