"""The languages that runs are trained in, and those called unseen that starts have seen."""

from functools import cache

import langcodes

from lingweave.studies.definition.arms import arms_on, train_fields
from lingweave.studies.definition.study import Study
from lingweave.studies.running.runs import Runs, starts_of
from lingweave.training.config import TrainConfig


def trained_in(config: TrainConfig) -> frozenset[tuple[str, str]]:
    """What a run has texts in, as `written` has it.

    Raises:
        LingweaveError: its tables cannot be read.
    """
    from lingweave.table import SIDES
    from lingweave.training.tables import training_table

    table = training_table(config)
    there = {
        code
        for side in SIDES
        for code, cells in zip(table.languages, table.present(side).T, strict=True)
        if cells.any()
    }
    return frozenset(map(written, there))


def written(code: str) -> tuple[str, str]:
    """A language and its script: `swh-Latn` is `sw`, and `zh-TW` is not `zh`."""
    found = langcodes.get(langcodes.standardize_tag(code, macro=True)).maximize()
    return found.language or code, found.script or ""


def seen_by_starts(study: Study, runs: Runs) -> dict[str, dict[str, tuple[str, ...]]]:
    """Benchmark -> start that arms go on from -> languages called unseen that it was trained in.

    Raises:
        LingweaveError: a start's tables cannot be read.
    """

    @cache
    def of_start(name: str) -> frozenset[tuple[str, str]]:
        config = runs.starts[name].config
        return frozenset() if config is None else trained_in(config)

    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, spec in study.benchmarks.items():
        starts = dict.fromkeys(
            start
            for arm in (arms_on(study, name) if spec.unseen else ())
            for start in starts_of(study, train_fields(study, arm))
        )
        for start in starts:
            codes = tuple(code for code in spec.unseen if written(code) in of_start(start))
            if codes:
                found.setdefault(name, {})[start] = codes
    return found
