"""Searching an index: requests in, hits out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from lingweave.encoders.scores import Encoder, Similarity
from lingweave.errors import LingweaveError
from lingweave.index.drafts import Drafts
from lingweave.index.explain import explained
from lingweave.index.folding import versions_of
from lingweave.index.lists import Ask, Listed, pool_lists
from lingweave.index.queries import query_vectors
from lingweave.index.requests import Hit, Preferred, Request
from lingweave.index.rerank import Reranker
from lingweave.index.store import Floats, VectorStore

DEEPEST = 16_384
"""How deep lists are read at most, and hits that can be asked for; Milvus gives no more."""


@dataclass(frozen=True)
class Depths:
    """How much is looked at for a list of hits."""

    fused: int = 100
    """Passages of each list that is fused with another."""
    reranked: int = 50
    """Best passages that a re-ranker reads."""

    def __post_init__(self) -> None:
        for name in ("fused", "reranked"):
            if getattr(self, name) < 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 1 or more")


class Searcher:
    """Answers requests from a store.

    It changes nothing of its own, so threads may share it if they may share the store and the
    encoder.

    Args:
        store: passages and vectors.
        encoder: what made the vectors, corrected by language where the index is.
        similarity: with cosine, queries are brought to length 1.
        reranker: orders the best hits anew where a request asks for it.
        depths: how much is looked at.
    """

    def __init__(
        self,
        store: VectorStore,
        encoder: Encoder,
        similarity: Similarity = "cosine",
        reranker: Reranker | None = None,
        depths: Depths | None = None,
    ) -> None:
        self.store = store
        self.encoder = encoder
        self.similarity: Similarity = similarity
        self.reranker = reranker
        self.depths = depths or Depths()

    def answers(self, requests: Sequence[Request]) -> list[list[Hit]]:
        """The hits of each request, best first; fewer than `k` only if fewer fit.

        Queries are encoded together, and what differs in its text alone is searched together.

        Raises:
            LingweaveError: a request asks for what cannot be had.
        """
        for one in requests:
            self._check(one)
        vectors = self._vectors(requests)
        asks = [
            Ask(one.query, vector, one.mode, one.where, self._depth(one))
            for one, vector in zip(requests, vectors, strict=True)
        ]
        drafts = Drafts(self.store, self.reranker)
        kept: dict[int, list[Listed]] = {}
        left = list(range(len(requests)))
        while left:
            some = [requests[i] for i in left]
            made = drafts.made([(requests[i], asks[i]) for i in left])
            kept.update(zip(left, drafts.kept(some, made), strict=True))
            # Folded versions leave room for more, if there is more.
            left = [
                i
                for i, draft in zip(left, made, strict=True)
                if len(kept[i]) < requests[i].k and not draft.whole and asks[i].depth < DEEPEST
            ]
            for i in left:
                asks[i] = asks[i]._replace(depth=min(DEEPEST, 4 * asks[i].depth))
        hits = [
            [Hit(drafts.passages[one.id], one.score, one.similarity) for one in kept[i]]
            for i in range(len(requests))
        ]
        return self._explained(requests, asks, self._with_versions(requests, hits))

    def _check(self, request: Request) -> None:
        if not request.query.strip():
            raise LingweaveError("the query is empty: give at least a word")
        try:
            request.query.encode()
        except UnicodeEncodeError:
            raise LingweaveError("the query is not valid Unicode: give it as UTF-8") from None
        if not 1 <= request.k <= DEEPEST:
            raise LingweaveError(f"k {request.k}: must be between 1 and {DEEPEST}")
        if request.rerank and self.reranker is None:
            raise LingweaveError("rerank: there is no re-ranker; give one with --reranker MODEL")
        if isinstance(request.dial, Preferred):
            weight = request.dial.weight
            if not (isfinite(weight) and weight >= 0):
                raise LingweaveError(f"weight {weight}: must be 0 or more")

    def _vectors(self, requests: Sequence[Request]) -> list[Floats | None]:
        """Vectors of the requests that are searched or explained with one."""
        asked = [i for i, one in enumerate(requests) if one.mode != "words" or one.explain]
        vectors: list[Floats | None] = [None] * len(requests)
        if asked:
            queries = [(requests[i].query, requests[i].language) for i in asked]
            found = query_vectors(self.encoder, self.similarity, queries, self.store.dimension)
            for i, vector in zip(asked, found, strict=True):
                vectors[i] = vector
        return vectors

    def _depth(self, request: Request) -> int:
        depth = request.k * (4 if request.fold else 1)
        if request.mode == "both" or isinstance(request.dial, Preferred):
            depth = max(depth, self.depths.fused)
        if request.rerank:
            depth = max(depth, self.depths.reranked)
        return min(depth, DEEPEST)

    def _with_versions(
        self, requests: Sequence[Request], hits: Sequence[list[Hit]]
    ) -> list[list[Hit]]:
        folding = [i for i, one in enumerate(requests) if one.fold]
        asked = [(hit.passage, requests[i].where) for i in folding for hit in hits[i]]
        versions = iter(versions_of(self.store, asked))
        return [
            [hit._replace(versions=next(versions)) for hit in some] if request.fold else some
            for request, some in zip(requests, hits, strict=True)
        ]

    def _explained(
        self, requests: Sequence[Request], asks: Sequence[Ask], hits: list[list[Hit]]
    ) -> list[list[Hit]]:
        chosen = [i for i, one in enumerate(requests) if one.explain]
        by_words = [i for i in chosen if requests[i].mode != "dense"]
        lists = pool_lists(self.store, [asks[i]._replace(mode="words") for i in by_words])
        spoken = dict(zip(by_words, lists, strict=True))
        for i in chosen:
            vector = asks[i].vector
            assert vector is not None
            ids = [one.id for one in spoken.get(i, ())]
            hits[i] = explained(self.store, hits[i], vector, requests[i].where, ids)
        return hits
