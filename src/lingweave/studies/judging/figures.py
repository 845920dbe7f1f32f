"""Names of figures in studies: a measure, and after `|` the languages that it is over.

A measure is one of `significance.FIGURES` (`mono.mAP`, `multi.nDCG@10`, `rank_distance`, ...) or,
where a benchmark's answers are read, one of `ANSWERS`. It is a mean over query languages: over all
of them, or what a selector says:

    |unseen            the languages that no arm was trained in
    |language=el       one language
    |family=Bantu      a family (`lingweave.studies.judging.groups`)
    |script=Arab       a script (ISO 15924)
    |resource=low      a resource level: high, medium or low
    |worst_decile      the worst tenth of the languages, at least one, chosen anew in every resample
    |gap_to=en         that language's figure minus the mean of the others

The last two, and `as_good`, need a better and a worse: `same_language_first`, which is fairest near
chance, has neither.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language
from lingweave.significance import FIGURES, Resampled, macro
from lingweave.studies.judging import groups

Floats = NDArray[np.float64]
Group = Callable[[str], str]

ANSWERS = ("sentence_match@1", "sentence_match@10", "sentence_MRR@10", "exact_match", "f1",
           "gold_exact_match", "gold_f1")  # fmt: skip
"""Figures of answers. sentence_match@K: the first K of the pool contain the answer;
sentence_MRR@K: 1 / place of the first that does; exact_match, f1: what a reader takes from the
pool's first; gold_...: from the right passage. Other K than 1 and 10 as `read: {depth: K}`."""
_ANSWERS = re.compile(r"sentence_match@[1-9]\d*|sentence_MRR@[1-9]\d*|(gold_)?(exact_match|f1)")
DISTANCES = ("rank_distance", "rank_distance_ratio")
"""Measures whose margins are shares; the only ones of which less is better."""
NEAR_CHANCE = "same_language_first"
"""The measure that is fairest near chance, so that neither more nor less of it is better."""
GROUPS: dict[str, Group] = {
    "family": groups.family,
    "script": groups.script,
    "resource": groups.resource,
}
"""Kind of groups of languages -> the group of a language."""
KINDS = tuple(GROUPS)
"""Kinds of groups of languages."""


class Drawn(NamedTuple):
    """A figure of one arm: a number as observed, in each resample, and for each seed."""

    observed: float
    """On all queries; of the mean over seeds."""
    draws: Floats
    """(resamples,)"""
    by_seed: tuple[float, ...]
    """On all queries, in the order of the arm's seeds."""


@dataclass(frozen=True)
class Figure:
    """A number that is made of an arm's figures by language."""

    name: str
    """As studies write it."""
    measure: str
    """What is measured: the name before `|`."""
    selector: str = ""
    """Over which languages: the word after `|`, without its value."""
    value: str = ""
    """What stands after `=`."""

    @property
    def of_answers(self) -> bool:
        """Whether it needs the readings of an evaluation."""
        return self.measure not in FIGURES

    @property
    def lower_is_better(self) -> bool:
        """Whether less is better. A gap is better small: of quality it is what others lack, of rank
        distances, where others have more, it is below zero."""
        return (self.measure in DISTANCES) != (self.selector == "gap_to")

    @property
    def is_distance(self) -> bool:
        """Whether margins of it are shares: a mean of rank distances."""
        return self.measure in DISTANCES and self.selector != "gap_to"

    def languages(self, among: Sequence[str], unseen: Sequence[str] = ()) -> tuple[str, ...]:
        """The query languages it is over; of `worst_decile` and `gap_to` all of them.

        Raises:
            LingweaveError: there are none.
        """
        if self.selector == "unseen":
            wanted = {canonical(code) for code in unseen}
            chosen = [code for code in among if code in wanted]
        elif self.selector in ("language", "gap_to"):
            chosen = [code for code in among if code == canonical(self.value)]
        elif self.selector in GROUPS:
            of = GROUPS[self.selector]
            chosen = [code for code in among if of(code) == self.value]
        else:
            chosen = list(among)
        if not chosen:
            hint = "; say which are `unseen` of the benchmark" if self.selector == "unseen" else ""
            raise LingweaveError(
                f"figure {self.name}: is over none of the languages ({', '.join(among)}){hint}"
            )
        return tuple(among) if self.selector == "gap_to" else tuple(chosen)

    def of(self, resampled: Resampled, unseen: Sequence[str] = ()) -> Drawn:
        """The figure of an arm.

        Raises:
            LingweaveError: it was not measured, or is over none of the languages.
        """
        if self.measure not in resampled.figures:
            raise LingweaveError(
                f"figure {self.name}: not measured; there are {', '.join(resampled.figures)}"
            )
        column = resampled.figures.index(self.measure)
        chosen = self.languages(resampled.languages, unseen)
        places = [resampled.languages.index(code) for code in chosen]

        def value(figures: Floats) -> Floats:
            return self._value(figures[..., places, column], chosen)

        by_seed = tuple(map(float, value(resampled.by_seed)))
        return Drawn(float(value(resampled.observed)), value(resampled.draws), by_seed)

    def _value(self, values: Floats, languages: Sequence[str]) -> Floats:
        """(...,) from (..., languages)."""
        if self.selector == "worst_decile":
            return worst_tenth(values, self.lower_is_better)
        if self.selector == "gap_to":
            at = languages.index(canonical(self.value))
            others = np.delete(values, at, axis=-1)
            return np.asarray(values[..., at] - macro(others[..., None])[..., 0])
        return macro(values[..., None])[..., 0]


def figure(name: str) -> Figure:
    """The figure of that name.

    Raises:
        LingweaveError: there is none.
    """
    measure, bar, rest = name.partition("|")
    if measure not in FIGURES and not _ANSWERS.fullmatch(measure):
        raise LingweaveError(
            f"figure {name!r}: no measure is called {measure!r}; choose from"
            f" {', '.join((*FIGURES, *ANSWERS))}"
        )
    if not bar:
        return Figure(name, measure)
    selector, equals, value = rest.partition("=")
    if measure == NEAR_CHANCE and selector in ("worst_decile", "gap_to"):
        raise LingweaveError(
            f"figure {name!r}: {measure} is fairest near chance, so no language's is the worst, and"
            " no gap good or bad; give other languages, such as |language=CODE"
        )
    if selector in ("unseen", "worst_decile") and not equals:
        return Figure(name, measure, selector)
    if selector in ("language", "gap_to") and value:
        if not is_language(value):
            raise LingweaveError(f"figure {name!r}: {value!r} is no language code")
        return Figure(name, measure, selector, value)
    if selector in GROUPS and value:
        known = groups.names(selector)
        if value not in known:
            raise LingweaveError(
                f"figure {name!r}: no {selector} is called {value!r}; choose from"
                f" {', '.join(known)}"
            )
        return Figure(name, measure, selector, value)
    raise LingweaveError(
        f"figure {name!r}: after | stands unseen, language=CODE, family=NAME, script=CODE,"
        " resource=LEVEL, worst_decile or gap_to=CODE"
    )


def worst_tenth(values: Floats, lower_is_better: bool) -> Floats:
    """(...,) the mean of the worst tenth, at least one, of the last axis; NaN are left out."""
    ordered = np.sort(-values if lower_is_better else values, axis=-1)  # NaN come last
    known = np.isfinite(ordered).sum(axis=-1)
    count = np.maximum(known // 10, 1)
    counted = np.arange(values.shape[-1]) < count[..., None]
    mean = np.where(counted, ordered, 0).sum(axis=-1) / count
    return np.asarray(np.where(known > 0, -mean if lower_is_better else mean, np.nan))
