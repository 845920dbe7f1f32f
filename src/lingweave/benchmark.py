"""A benchmark: queries, corpora and gold by language, with ids that align across languages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError


class Texts(NamedTuple):
    """The queries or the corpus of one language, in file order.

    Either side may be a view on a file (`sources.columns.Column`): its rows become strings as
    they are asked for, so walk it once.
    """

    ids: Sequence[str]
    texts: Sequence[str]


class Gold(NamedTuple):
    """One relevant passage of a query; it holds for the query in every language that asks it."""

    query_id: str
    language: str
    """The language of the passage."""
    passage_id: str
    grade: int = 1


@runtime_checkable
class Searchable(Protocol):
    """Ids that are looked up without making all of them Python strings."""

    def places(self, wanted: Sequence[str]) -> NDArray[np.int64]:
        """Where each of these distinct ids stands, or -1."""
        ...

    def repeated(self) -> str | None:
        """An id that stands twice, if there is one."""
        ...


def places(ids: Sequence[str], wanted: Sequence[str]) -> NDArray[np.int64]:
    """(wanted,) where each of these distinct ids stands among `ids`, or -1."""
    if isinstance(ids, Searchable):
        return ids.places(wanted)
    place = {id: i for i, id in enumerate(ids)}
    return np.array([place.get(id, -1) for id in wanted], dtype=np.int64)


@dataclass(frozen=True)
class Benchmark:
    """Parallel queries and corpora with their relevance judgements.

    A query keeps its id in every language, and so does its gold: a query asked in Thai has the
    German gold passages that the same query id has in German. Corpora need not be parallel.
    Languages may have queries and no corpus, or a corpus and no queries. There may be no gold at
    all: then only measures without a label can be had.
    """

    name: str
    """What the evaluation is called in tables."""
    queries: Mapping[str, Texts]
    """Queries by language."""
    corpora: Mapping[str, Texts]
    """Passages by language."""
    gold: tuple[Gold, ...]
    """Every relevant passage of every query, in the order of the source."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Query id -> cluster for resampling (the paragraph in XQuAD-R); absent: the query itself."""
    source: Mapping[str, str] = field(default_factory=dict)
    """Where it came from: folder, checksums, licence, settings. Printed beside every figure."""
    answers: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Query id -> language -> its right answers as texts, where the source has them."""

    def __post_init__(self) -> None:
        for kind, sides in (("query", self.queries), ("passage", self.corpora)):
            for language, side in sides.items():
                if len(side.ids) != len(side.texts):
                    raise LingweaveError(
                        f"{self.name}: {len(side.ids)} {kind} ids but {len(side.texts)} texts"
                        f" in {language!r}"
                    )
                twice = repeated(side.ids)
                if twice is not None:
                    raise LingweaveError(
                        f"{self.name}: {kind} id in {language!r} {twice!r} stands twice:"
                        " ids must be unique"
                    )
        self._check_gold()

    def _check_gold(self) -> None:
        passages: dict[str, dict[str, str]] = {}
        for gold in self.gold:
            passages.setdefault(gold.language, {}).setdefault(gold.passage_id, gold.query_id)
        for language, golds in passages.items():
            ids = self.corpora[language].ids if language in self.corpora else ()
            absent = places(ids, tuple(golds)) < 0
            if absent.any():
                passage, query = list(golds.items())[int(absent.argmax())]
                raise LingweaveError(
                    f"{self.name}: the gold passage {passage!r} of query"
                    f" {query!r} is not in the {language!r} corpus"
                )
        unasked = {gold.query_id: None for gold in self.gold}
        for side in self.queries.values():
            for id in side.ids:
                unasked.pop(id, None)
        if unasked:
            raise LingweaveError(
                f"{self.name}: gold is given for the query {next(iter(unasked))!r},"
                " which no language asks"
            )

    @property
    def languages(self) -> tuple[str, ...]:
        """All languages, in the order of their codes: the order of the pool."""
        return tuple(sorted({*self.queries, *self.corpora}))

    def group(self, query_id: str) -> str:
        """The cluster a query is resampled with."""
        return self.groups.get(query_id, query_id)

    def select(self, languages: Iterable[str]) -> "Benchmark":
        """The same benchmark in fewer languages; its pool holds only their corpora.

        Raises:
            LingweaveError: a language is not in the benchmark.
        """
        kept = frozenset(languages)
        for language in sorted(kept):
            if language not in self.languages:
                raise LingweaveError(
                    f"{self.name} has no language {language!r}: choose from"
                    f" {', '.join(self.languages)}"
                )
        queries = {x: side for x, side in self.queries.items() if x in kept}
        asked = {id for side in queries.values() for id in side.ids}
        return Benchmark(
            name=self.name,
            queries=queries,
            corpora={y: side for y, side in self.corpora.items() if y in kept},
            gold=tuple(g for g in self.gold if g.language in kept and g.query_id in asked),
            groups=self.groups,
            source=self.source,
            answers=self.answers,
        )


def repeated(ids: Sequence[str]) -> str | None:
    """An id that stands twice, if there is one."""
    if isinstance(ids, Searchable):
        return ids.repeated()
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            return id
        seen.add(id)
    return None
