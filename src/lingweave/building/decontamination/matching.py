"""Texts that are in a benchmark: as they are, in normal form, with changes, or inside others."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lingweave.building.decontamination.distance import edits
from lingweave.building.decontamination.items import Items, distinct_pairs
from lingweave.building.decontamination.normal import Letters, letters_of
from lingweave.building.decontamination.options import Options
from lingweave.building.decontamination.shingles import shingles_of
from lingweave.building.decontamination.tokens import words

MOVED = 0.3
"""Share of words that may differ more than letters do: dictionaries cut the words beside a change
in Chinese or Thai elsewhere."""


class Match(NamedTuple):
    """A text that stands in a benchmark."""

    text: int
    """Its place among the texts that were looked at."""
    item: int
    """The place of the benchmark's text in `Items`."""
    method: str
    """One of `METHODS`."""
    value: float
    """Share of words or letters that are the same; 1 where all are."""


class _Pair(NamedTuple):
    text: int
    item: int
    shared: float
    """Share of the shorter one's runs of letters that stand in the other."""


def matches(texts: Sequence[str], language: str, items: Items, options: Options) -> list[Match]:
    """For each text at most one match, the plainest that there is.

    Runs of letters propose pairs: an exact count of the distinct runs that a text shares with each
    benchmark text, no sampling. Words or letters decide: the share that is left after the fewest
    insertions, deletions and replacements that turn one into the other, or into a part of it.

    Args:
        texts: some of one language.
        language: its code.
        items: of the benchmark, in all its languages.
        options: what counts as found.
    """
    letters = letters_of(texts)
    forms = letters.strings()
    found: dict[int, Match] = {}
    for place, (text, form) in enumerate(zip(texts, forms, strict=True)):
        if (item := items.exact.get(text)) is not None:
            found[place] = Match(place, item, "exact", 1.0)
        elif (item := items.normal.get(form)) is not None:
            found[place] = Match(place, item, "normalised", 1.0)
    own: dict[int, list[str]] = {}
    for pair in _pairs(letters, items, options.shared):
        if pair.text in found:
            continue
        if pair.text not in own:
            own[pair.text] = words(texts[pair.text], language)
        verdict = _judged(own[pair.text], items.words(pair.item), options)
        if verdict is None:
            continue
        found[pair.text] = Match(pair.text, pair.item, *verdict)
    return [found[place] for place in sorted(found)]


def _pairs(letters: Letters, items: Items, shared: float) -> Iterator[_Pair]:
    """Pairs with enough runs of letters in common, the likeliest of each text first."""
    runs = shingles_of(letters)
    lengths = np.bincount(runs.texts, minlength=len(letters.starts) - 1)
    numbers = items.vocabulary.places(runs.hashes)
    known = numbers >= 0
    shape = (len(lengths), len(items.vocabulary))
    common = (distinct_pairs(runs.texts[known], numbers[known], shape) @ items.runs).tocoo()
    least = np.minimum(lengths[common.row], items.counts[common.col])
    share = common.data / np.maximum(least, 1)
    enough = np.flatnonzero(share >= shared)
    for at in enough[np.lexsort((-share[enough], common.row[enough]))]:
        yield _Pair(int(common.row[at]), int(common.col[at]), float(share[at]))


def _judged(text: Sequence[str], item: Sequence[str], options: Options) -> tuple[str, float] | None:
    """How a text of words matches one of a benchmark, and the share that is the same."""
    inner, outer = sorted((text, item), key=len)
    # No alignment keeps more words than both have; letters tell more than words only where a
    # change has moved the words' boundaries.
    common = (Counter(inner) & Counter(outer)).total()
    for part in (False, True):
        if len(item) < options.shortest or (part and len(inner) < options.shortest):
            continue
        length = len(inner) if part else len(outer)
        if common < (options.same - MOVED) * length:
            continue
        value = 1 - edits(inner, outer, part) / length
        if options.same - MOVED <= value < options.same:
            letters, others = "".join(inner), "".join(outer)
            length = len(letters) if part else max(len(letters), len(others))
            value = 1 - edits(letters, others, part) / length
        if value >= options.same:
            return ("contained" if part else "near"), value
    return None
