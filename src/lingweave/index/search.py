"""Searching an index: requests in, hits out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from lingweave.encoders.scores import Encoder, Similarity
from lingweave.errors import LingweaveError
from lingweave.index.dials import arranged, views_of, views_within
from lingweave.index.explain import explained
from lingweave.index.folding import folded, versions_of
from lingweave.index.lists import Ask, Listed, pool_lists
from lingweave.index.passages import Passage
from lingweave.index.queries import query_vectors
from lingweave.index.requests import Hit, Preferred, Request
from lingweave.index.rerank import Reranker, read_anew
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


class _Draft(NamedTuple):
    """The list that the hits of a request are taken from."""

    listed: list[Listed]
    """Best first."""
    whole: bool
    """Whether deeper lists would hold no more."""


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
        passages: dict[str, Passage] = {}
        read: dict[tuple[str, str], float] = {}
        kept: dict[int, list[Listed]] = {}
        left = list(range(len(requests)))
        while left:
            drafts = self._drafts([(requests[i], asks[i]) for i in left], passages, read)
            deeper = []
            for i, draft in zip(left, drafts, strict=True):
                kept[i] = _kept(requests[i], draft.listed, passages)
                # Folded versions leave room for more, if there is more.
                short = len(kept[i]) < requests[i].k and not draft.whole
                if short and asks[i].depth < DEEPEST:
                    deeper.append(i)
                    asks[i] = asks[i]._replace(depth=min(DEEPEST, 4 * asks[i].depth))
            left = deeper
        hits = [
            [Hit(passages[one.id], one.score, one.similarity) for one in kept[i]]
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

    def _drafts(
        self,
        asked: Sequence[tuple[Request, Ask]],
        passages: dict[str, Passage],
        read: dict[tuple[str, str], float],
    ) -> list[_Draft]:
        """The list of each request; passages and the re-ranker's scores are kept for the next."""
        views = views_of(self.store, [(ask, request.dial) for request, ask in asked])
        drafts = []
        for (request, ask), seen in zip(asked, views, strict=True):
            listed = arranged(request.dial, seen)
            whole = seen.exhausted(ask.depth)
            if request.rerank:
                whole, listed = whole and len(listed) <= ask.depth, listed[: ask.depth]
            drafts.append(_Draft(listed, whole))
        # What is folded or read anew is looked at as a whole, of other lists only the hits are.
        wanted = [
            one.id
            for (request, _), draft in zip(asked, drafts, strict=True)
            for one in draft.listed[: None if request.fold or request.rerank else request.k]
        ]
        new = [id for id in dict.fromkeys(wanted) if id not in passages]
        passages.update(self.store.passages(new) if new else {})
        again = [i for i, (request, _) in enumerate(asked) if request.rerank]
        if self.reranker is None or not again:
            return drafts
        # The dial says what is read, and then again how languages share what comes of it.
        there = [
            (asked[i][0].query, [one for one in drafts[i].listed if one.id in passages])
            for i in again
        ]
        for i, listed in zip(again, read_anew(self.reranker, there, passages, read), strict=True):
            dial = asked[i][0].dial
            languages = {one.id: passages[one.id].language for one in listed}
            within = views_within(listed, languages, dial)
            drafts[i] = drafts[i]._replace(listed=arranged(dial, within))
        return drafts

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


def _kept(
    request: Request, listed: Sequence[Listed], passages: Mapping[str, Passage]
) -> list[Listed]:
    """The list of the hits; passages that were deleted in the meantime are left out."""
    there = [one for one in listed if one.id in passages]
    return folded(there, passages, request.k) if request.fold else there[: request.k]
