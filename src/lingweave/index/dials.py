"""How languages share the list of hits: each dial makes one list of the lists it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lingweave.index.fusion import K, fused
from lingweave.index.lists import Ask, Listed, language_lists, pool_lists
from lingweave.index.passages import Filter
from lingweave.index.requests import Balanced, Dial, Preferred
from lingweave.index.store import VectorStore


@dataclass(frozen=True)
class Views:
    """Ranked lists of one query; those that its dial does not need are empty."""

    pool: Sequence[Listed] = ()
    """All languages."""
    languages: Mapping[str, Sequence[Listed]] = field(default_factory=dict)
    """Each language."""
    preferred: Sequence[Listed] = ()
    """The preferred languages, in one list."""

    def exhausted(self, depth: int) -> bool:
        """Whether lists of this depth hold everything that fits."""
        lists = (self.pool, self.preferred, *self.languages.values())
        return all(len(one) < depth for one in lists)


def views_of(store: VectorStore, asked: Sequence[tuple[Ask, Dial]]) -> list[Views]:
    """The lists that each query's dial needs, asked of the store together."""
    balanced = [i for i, (_, dial) in enumerate(asked) if isinstance(dial, Balanced)]
    others = [i for i, (_, dial) in enumerate(asked) if not isinstance(dial, Balanced)]
    narrow = {
        i: among
        for i, (ask, dial) in enumerate(asked)
        if isinstance(dial, Preferred)
        and dial.weight > 0
        and (among := _narrowed(ask.where, dial.languages)) is not None
    }
    pools = pool_lists(
        store,
        [asked[i][0] for i in others]
        + [asked[i][0]._replace(where=among) for i, among in narrow.items()],
    )
    pool = dict(zip(others, pools[: len(others)], strict=True))
    preferred = dict(zip(narrow, pools[len(others) :], strict=True))
    languages = dict(
        zip(balanced, language_lists(store, [asked[i][0] for i in balanced]), strict=True)
    )
    return [
        Views(pool.get(i, ()), languages.get(i, {}), preferred.get(i, ()))
        for i in range(len(asked))
    ]


def views_within(listed: Sequence[Listed], language_of: Mapping[str, str], dial: Dial) -> Views:
    """The lists that the dial needs, of what stands in one list."""
    if isinstance(dial, Balanced):
        languages: dict[str, list[Listed]] = {}
        for one in listed:
            languages.setdefault(language_of[one.id], []).append(one)
        return Views(languages=languages)
    if isinstance(dial, Preferred) and dial.weight > 0:
        chosen = [one for one in listed if language_of[one.id] in dial.languages]
        return Views(listed, preferred=chosen)
    return Views(listed)


def arranged(dial: Dial, views: Views) -> list[Listed]:
    """The list of hits under a dial.

    As scored: the pool's list as it is. Balanced: turns; the first of each language in the order
    of their scores, then the second of each, and so on, which is the fusion of the languages' lists
    by reciprocal rank. Preferred: the pool's list and that of the preferred languages, fused by
    reciprocal rank, where the latter counts `weight` times; scores of different models need no
    common scale so.
    """
    if isinstance(dial, Balanced):
        return _in_turns(views.languages)
    if not isinstance(dial, Preferred) or not views.preferred:
        return list(views.pool)
    known = {one.id: one for one in (*views.pool, *views.preferred)}
    lists = [[one.id for one in views.pool], [one.id for one in views.preferred]]
    return [known[id]._replace(score=score) for id, score in fused(lists, (1.0, dial.weight))]


def _in_turns(languages: Mapping[str, Sequence[Listed]]) -> list[Listed]:
    turns = [
        (turn, -one.score, one.id, one)
        for ranked in languages.values()
        for turn, one in enumerate(ranked, 1)
    ]
    turns.sort(key=lambda one: one[:3])
    return [one._replace(score=1 / (K + turn)) for turn, _, _, one in turns]


def _narrowed(where: Filter, languages: Sequence[str]) -> Filter | None:
    """The filter within these languages; None: nothing is left."""
    left = tuple(
        x for x in dict.fromkeys(languages) if where.languages is None or x in where.languages
    )
    return replace(where, languages=left) if left else None
