"""Parallel versions of one passage as one hit."""

from collections.abc import Mapping, Sequence

from lingweave.index.conditions import fits
from lingweave.index.lists import Listed
from lingweave.index.passages import Filter, Passage
from lingweave.index.store import VectorStore


def folded(listed: Sequence[Listed], passages: Mapping[str, Passage], k: int) -> list[Listed]:
    """The first k of the list, of versions of one passage only the best."""
    seen: set[str] = set()
    kept: list[Listed] = []
    for one in listed:
        if len(kept) == k:
            break
        key = passages[one.id].parallel
        if key is None or key not in seen:
            kept.append(one)
        if key is not None:
            seen.add(key)
    return kept


def versions_of(
    store: VectorStore, asked: Sequence[tuple[Passage, Filter]]
) -> list[tuple[Passage, ...]]:
    """The versions of each passage that its filter lets through, in the order of languages.

    Documents are versions of each other: other passages of the same document are none of it.

    Args:
        store: where they are.
        asked: passages that were found, each with the filter it was found under.
    """
    keys = list(dict.fromkeys(one.parallel for one, _ in asked if one.parallel is not None))
    if not keys:
        return [() for _ in asked]
    ids = store.versions(keys)
    known = store.passages(list(dict.fromkeys(id for some in ids.values() for id in some)))
    answers = []
    for passage, where in asked:
        parallel = () if passage.parallel is None else ids.get(passage.parallel, ())
        others = (known[id] for id in parallel if id in known)
        fitting = [x for x in others if x.document != passage.document and fits(x, where)]
        answers.append(tuple(sorted(fitting, key=lambda one: (one.language, one.id))))
    return answers
