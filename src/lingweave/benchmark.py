"""A benchmark: queries, corpora and gold by language, with ids that align across languages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lingweave.errors import LingweaveError


class Texts(NamedTuple):
    """The queries or the corpus of one language, in file order."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]


class Gold(NamedTuple):
    """One relevant passage of a query; it holds for the query in every language that asks it."""

    query_id: str
    language: str
    """The language of the passage."""
    passage_id: str
    grade: int = 1


@dataclass(frozen=True)
class Benchmark:
    """Parallel queries and corpora with their relevance judgements.

    A query keeps its id in every language, and so does its gold: a query asked in Thai has the
    German gold passages that the same query id has in German. Corpora need not be parallel.
    Languages may have queries and no corpus, or a corpus and no queries.
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

    def __post_init__(self) -> None:
        for kind, sides in (("query", self.queries), ("passage", self.corpora)):
            for language, side in sides.items():
                if len(side.ids) != len(side.texts):
                    raise LingweaveError(
                        f"{self.name}: {len(side.ids)} {kind} ids but {len(side.texts)} texts"
                        f" in {language!r}"
                    )
                _refuse_repeats(side.ids, f"{self.name}: {kind} id in {language!r}")
        passages = {language: frozenset(side.ids) for language, side in self.corpora.items()}
        asked = frozenset(id for side in self.queries.values() for id in side.ids)
        for gold in self.gold:
            if gold.passage_id not in passages.get(gold.language, ()):
                raise LingweaveError(
                    f"{self.name}: the gold passage {gold.passage_id!r} of query"
                    f" {gold.query_id!r} is not in the {gold.language!r} corpus"
                )
            if gold.query_id not in asked:
                raise LingweaveError(
                    f"{self.name}: gold is given for the query {gold.query_id!r},"
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
        kept = tuple(languages)
        for language in kept:
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
        )


def _refuse_repeats(ids: tuple[str, ...], what: str) -> None:
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise LingweaveError(f"{what} {id!r} stands twice: ids must be unique")
        seen.add(id)
