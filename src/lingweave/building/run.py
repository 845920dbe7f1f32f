"""`lingweave build`: pairs in one language in, a parallel table that can be trusted out."""

import dataclasses
import datetime
import json
from itertools import chain
from typing import Any, NamedTuple

from lingweave.atomic import write_json
from lingweave.building.against import Against, verdicts_of
from lingweave.building.alone import alone_in
from lingweave.building.config import BuildConfig
from lingweave.building.decontamination import Report
from lingweave.building.duplicates import DuplicateOptions, find_duplicates
from lingweave.building.filters.estimation import Estimation
from lingweave.building.filters.options import FilterOptions
from lingweave.building.filters.standard import judge, standard
from lingweave.building.filters.summary import Summary, summary_of
from lingweave.building.parallel import Parallel, check_enough, parallel
from lingweave.building.pruning import pruned
from lingweave.building.removed import removed_beside
from lingweave.building.verdict_files import read_verdicts
from lingweave.encoders.choice import identity_of
from lingweave.evaluate.storage import check_writable
from lingweave.software import software
from lingweave.table import ParallelTable

FORMAT_VERSION = 1


class Built(NamedTuple):
    """What `lingweave build` made."""

    table: ParallelTable
    """The table, memory-mapped."""
    before: Parallel
    """The same before anything was taken out."""
    losses: Summary
    """What the filters and the search for duplicates took."""
    reports: tuple[Report, ...]
    """What was found of each benchmark."""


def build(config: BuildConfig) -> Built:
    """Reads, translates, filters, deduplicates and decontaminates; what is done already stays.

    Raises:
        LingweaveError: anything the user can mend; what was done before is kept.
    """
    check_writable(config.out.parent)
    with alone_in(config.folder, config.out, config.record, removed_beside(config.out)):
        return _build(config)


def _build(config: BuildConfig) -> Built:
    _check_judges(config)
    against = Against(config)
    made = parallel(config)
    before, source = made.table, made.source
    check_enough(config, len(before.languages))
    verdicts = config.folder / "verdicts"
    filters = standard(before, _filters(config), source)
    judged = judge(
        before, filters, verdicts, source, workers=config.workers, progress=config.progress
    )
    if config.duplicates != "none":
        options = DuplicateOptions(part=config.duplicates, near=config.near)
        repeated = find_duplicates(before, options, verdicts, source, progress=config.progress)
        judged = (*judged, repeated)
    found = against.found(before, verdicts, config.workers, config.progress)
    reports = tuple(one.report for one in found)
    table = pruned(
        before,
        chain(read_verdicts(judged), verdicts_of(found)),
        config.out,
        [one.unseen() for one in reports],
        config.least_languages,
    )
    losses = summary_of(before, read_verdicts(judged))
    built = Built(table, made, losses, reports)
    write_json(config.record, recorded(config, built))
    return built


def _check_judges(config: BuildConfig) -> None:
    """Finds out before long work whether what judges cells is there.

    Raises:
        LingweaveError: a package, a model or a table is not.
    """
    if config.estimation is not None:
        Estimation(config.estimation, config.estimation_least).check()
    if config.back is not None:
        ParallelTable.open(config.back)
    if config.encoder is not None:
        identity_of(config.encoder)


def _filters(config: BuildConfig) -> FilterOptions:
    """The options of the filters. An encoder that is there for mining judges only if asked to."""
    given = {one.name: getattr(config, one.name) for one in dataclasses.fields(FilterOptions)}
    rules = ("similarity", "similarity_quantile", "similarity_chance")
    if config.mine and all(given[name] is None for name in rules):
        given["encoder"] = None
    return FilterOptions(**given)


def recorded(config: BuildConfig, made: Built) -> dict[str, Any]:
    """How a table was made, as plain JSON."""
    return {
        "format_version": FORMAT_VERSION,
        "table": made.table.fingerprint,
        "records": len(made.table),
        "languages": list(made.table.languages),
        "source": made.before.source,
        "read_as": made.before.format,
        "left_out": made.before.left_out,
        "options": _options(config),
        "translation": made.before.translation and made.before.translation._asdict(),
        "join": made.before.join and made.before.join._asdict(),
        "losses": made.losses._asdict(),
        "benchmarks": [one.unseen() for one in made.reports],
        "software": software(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _options(config: BuildConfig) -> dict[str, Any]:
    """The options that were given, without what may be secret."""
    fields = dataclasses.fields(config)
    kept = {one.name: getattr(config, one.name) for one in fields if one.repr}
    plain = {
        name: repr(value) if dataclasses.is_dataclass(value) else value
        for name, value in kept.items()
        if value is not None
    }
    return dict(json.loads(json.dumps(plain, default=str)))
