"""From requests to the list that the hits of each are taken from."""

from collections.abc import Sequence
from typing import NamedTuple

from lingweave.index.dials import arranged, views_of, views_within
from lingweave.index.folding import folded
from lingweave.index.lists import Ask, Listed
from lingweave.index.passages import Passage
from lingweave.index.requests import Request
from lingweave.index.rerank import Reranker, read_anew
from lingweave.index.store import VectorStore


class Draft(NamedTuple):
    """The list that the hits of a request are taken from."""

    listed: list[Listed]
    """Best first."""
    whole: bool
    """Whether deeper lists would hold no more."""


class Drafts:
    """Makes lists, and remembers passages and the re-ranker's scores for deeper ones.

    Args:
        store: what is searched.
        reranker: None: no request asks for one.
    """

    def __init__(self, store: VectorStore, reranker: Reranker | None) -> None:
        self._store, self._reranker = store, reranker
        self._read: dict[tuple[str, str], float] = {}
        self.passages: dict[str, Passage] = {}
        """Those that were looked at, by id."""

    def made(self, asked: Sequence[tuple[Request, Ask]]) -> list[Draft]:
        """The list of each request."""
        views = views_of(self._store, [(ask, request.dial) for request, ask in asked])
        drafts = [
            Draft(arranged(request.dial, seen), seen.exhausted(ask.depth))
            for (request, ask), seen in zip(asked, views, strict=True)
        ]
        again = [i for i, (request, _) in enumerate(asked) if request.rerank]
        if self._reranker is None or not again:
            return drafts
        # The dial says what is read, and then again how languages share what comes of it.
        for i in again:
            depth, (listed, whole) = asked[i][1].depth, drafts[i]
            drafts[i] = Draft(listed[:depth], whole and len(listed) <= depth)
        self._fetch([one.id for i in again for one in drafts[i].listed])
        there = [(asked[i][0].query, self._there(drafts[i].listed)) for i in again]
        anew = read_anew(self._reranker, there, self.passages, self._read)
        for i, listed in zip(again, anew, strict=True):
            dial = asked[i][0].dial
            languages = {one.id: self.passages[one.id].language for one in listed}
            within = views_within(listed, languages, dial)
            drafts[i] = drafts[i]._replace(listed=arranged(dial, within))
        return drafts

    def kept(self, requests: Sequence[Request], drafts: Sequence[Draft]) -> list[list[Listed]]:
        """Of each list the hits; passages that were deleted in the meantime are left out."""
        kept: list[list[Listed]] = [[] for _ in requests]
        # Folding looks at more than the hits; of long lists, no more than it needs.
        looked = [one.k * (4 if one.fold else 1) for one in requests]
        left = list(range(len(requests)))
        while left:
            heads = {i: drafts[i].listed[: looked[i]] for i in left}
            self._fetch([one.id for head in heads.values() for one in head])
            for i, head in heads.items():
                there, k = self._there(head), requests[i].k
                kept[i] = folded(there, self.passages, k) if requests[i].fold else there[:k]
                looked[i] *= 4
            left = [
                i
                for i, head in heads.items()
                if len(kept[i]) < requests[i].k and len(head) < len(drafts[i].listed)
            ]
        return kept

    def _fetch(self, ids: Sequence[str]) -> None:
        new = [id for id in dict.fromkeys(ids) if id not in self.passages]
        if new:
            self.passages.update(self._store.passages(new))

    def _there(self, listed: Sequence[Listed]) -> list[Listed]:
        return [one for one in listed if one.id in self.passages]
