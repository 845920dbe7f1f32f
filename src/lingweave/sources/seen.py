"""Whether a model was trained on a benchmark's texts, by what its training record tells."""

from collections.abc import Mapping, Sequence
from typing import Any

from lingweave.sources.catalogue import CATALOGUE


def seen_in(training: Mapping[str, Any] | None, benchmark: str) -> str | None:
    """``seen`` with what was seen of a benchmark, ``unseen``, or None where nothing is recorded.

    A run's own declaration decides (``seen: [xquad-r (articles)]``). Where it says nothing of the
    benchmark, the entry that decontamination left in the training table does: ``unseen
    (decontaminated: exact, ...)``, ``unseen (decontaminated in 1 of 9 languages: exact, ...)``
    where the others were translated after that, or ``seen (articles)`` where records of the
    benchmark's articles were left in. Else the names of the training data sets are held against
    those that share its texts (`Named.overlaps`): ``seen (nq)``. A backbone's pretraining
    is not looked at.

    Args:
        training: the content of a model's ``lingweave.json``: ``seen``, ``unseen``,
            ``languages`` and ``datasets``.
        benchmark: a name of the catalogue, or of any other benchmark, for which only the
            declaration counts.
    """
    if training is None:
        return None
    declared = training.get("seen")
    for one in declared or ():
        name, _, how = str(one).partition(" ")
        if name == benchmark:
            return f"seen {how}".strip()
    # The last one, should there be several, is of the table that was trained on.
    for cleared in reversed(training.get("unseen") or ()):
        if cleared["benchmark"] == benchmark:
            if any(not one["removed"] for one in cleared["articles"]):
                return "seen (articles)"
            methods = ", ".join(cleared["methods"])
            return f"unseen (decontaminated{_languages(training, cleared)}: {methods})"
    entry = CATALOGUE.get(benchmark)
    datasets = [str(one) for one in training.get("datasets") or ()]
    shared = [] if entry is None else shared_names(datasets, entry.overlaps)
    if shared:
        return f"seen ({', '.join(shared)})"
    return None if declared is None and (entry is None or not datasets) else "unseen"


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
