"""Whether a model was trained on a benchmark's texts, by what its training record tells."""

from collections.abc import Mapping, Sequence
from typing import Any

from lingweave.benchmark import Benchmark
from lingweave.sources.catalogue import CATALOGUE
from lingweave.sources.fingerprints import is_cleared

ARTICLES = "seen (articles)"
"""Said of benchmarks whose articles, if not whose items, were trained on."""


def seen_in(training: Mapping[str, Any] | None, benchmark: Benchmark) -> str | None:
    """``seen`` with what was seen of a benchmark, ``unseen``, or None where nothing is recorded.

    A run's own declaration decides (``seen: [xquad-r (articles)]``). Where it says nothing of the
    benchmark, the entry that decontamination left in the training table does (`cleared`), if it is
    of the same texts: another file of that name, or another split, was not looked for. Else the
    names of the training data sets are held against those that share its texts
    (`Named.overlaps`): ``seen (nq)``. A backbone's pretraining is not looked at.

    Args:
        training: the content of a model's ``lingweave.json``: ``seen``, ``unseen``,
            ``languages`` and ``datasets``.
        benchmark: one of the catalogue, or any other, for which no data sets are known.
    """
    if training is None:
        return None
    declared = training.get("seen")
    for one in declared or ():
        name, _, how = str(one).partition(" ")
        if name == benchmark.name:
            return f"seen {how}".strip()
    entry = CATALOGUE.get(benchmark.name)
    # The last one, should there be several, is of the table that was trained on.
    for one in reversed(training.get("unseen") or ()):
        if is_cleared(one, benchmark):
            return cleared(training, one)
        # Another copy of a known benchmark has the same articles.
        if entry and one["benchmark"] == entry.name and _shares_articles(one):
            return ARTICLES
    datasets = [str(one) for one in training.get("datasets") or ()]
    shared = [] if entry is None else shared_names(datasets, entry.overlaps)
    if shared:
        return f"seen ({', '.join(shared)})"
    return None if declared is None and (entry is None or not datasets) else "unseen"


def cleared(training: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """What one entry of a table's ``unseen`` says of its benchmark.

    ``unseen (decontaminated: exact, ...)``, ``unseen (decontaminated in 1 of 9 languages: exact,
    ...)`` where the others were translated after that, or ``seen (articles)`` where records of the
    benchmark's articles were left in.
    """
    if _shares_articles(entry):
        return ARTICLES
    return f"unseen (decontaminated{_languages(training, entry)}: {', '.join(entry['methods'])})"


def _shares_articles(entry: Mapping[str, Any]) -> bool:
    return any(not one["removed"] for one in entry["articles"])


def _languages(training: Mapping[str, Any], cleared: Mapping[str, Any]) -> str:
    """In which of its languages a table was looked at, where these are not all."""
    trained, looked_at = training.get("languages") or (), cleared.get("table_languages")
    if looked_at is None or set(trained) <= set(looked_at):
        return ""
    return f" in {len(set(trained) & set(looked_at))} of {len(trained)} languages"


def shared_names(datasets: Sequence[str], overlaps: Sequence[str]) -> list[str]:
    """The data sets that are among those of a list, however they are spelt."""
    known = {_plain(one) for one in overlaps}
    return [one for one in datasets if _plain(one) in known]


def _plain(name: str) -> str:
    """Names without case and signs: ``Mr.TyDi`` is ``mr-tydi``."""
    return "".join(letter for letter in name.lower() if letter.isalnum())
