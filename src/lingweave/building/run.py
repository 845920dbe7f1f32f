"""`lingweave build`: pairs in one language in, a parallel table that can be trusted out."""

import dataclasses
import datetime
import json
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.atomic import disk_errors_named, write_json
from lingweave.building.against import Against, verdicts_of
from lingweave.building.config import BuildConfig
from lingweave.building.decontamination import Report
from lingweave.building.duplicates import DuplicateOptions, find_duplicates
from lingweave.building.filters.standard import judge, standard
from lingweave.building.filters.summary import Summary, summary_of
from lingweave.building.parallel import Parallel, parallel
from lingweave.building.pruning import pruned
from lingweave.building.verdict_files import read_verdicts
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
    record: Path
    """The file that says how the table was made."""


def build(config: BuildConfig) -> Built:
    """Reads, translates, filters, deduplicates and decontaminates; what is done already stays.

    Raises:
        LingweaveError: anything the user can mend; what was done before is kept.
    """
    check_writable(config.out.parent)
    against = Against(config)
    with disk_errors_named(f"--work {config.folder}"):
        config.folder.mkdir(parents=True, exist_ok=True)
    made = parallel(config)
    before, source = made.table, made.source
    verdicts = config.folder / "verdicts"
    filters = standard(before, config, source)
    judged = judge(
        before, filters, verdicts, source, workers=config.workers, progress=config.progress
    ).folders
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
        removed=beside(config.out, ".removed.parquet"),
    )
    losses = summary_of(before, read_verdicts(judged), judged)
    record = beside(config.out, ".json")
    built = Built(table, made, losses, reports, record)
    write_json(record, recorded(config, built))
    return built


def beside(out: Path, ending: str) -> Path:
    """A file that belongs to a table: table.json of table.arrow."""
    return out.with_name(out.stem + ending)


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
        "losses": made.losses._replace(folders=())._asdict(),
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
