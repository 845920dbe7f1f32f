"""What was found of a benchmark in a table, and what the table may be called afterwards."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lingweave.building.blocks import Verdicts
from lingweave.building.decontamination.evidence import Shared
from lingweave.building.decontamination.options import METHODS, Options
from lingweave.building.decontamination.texts import InBenchmark
from lingweave.sources.fingerprints import fingerprints
from lingweave.table import ParallelTable

SAMPLES = 5
"""Details that are kept of each method."""
_PLACE = re.compile(r"(?:query|passage|negative) in (\S+): ")


@dataclass(frozen=True)
class Remains:
    """Records that share articles with a benchmark."""

    evidence: str
    """What says so."""
    records: int
    """How many there are."""
    articles: int
    """Of how many articles, where these are known."""
    removed: bool
    """Whether they were taken out."""


@dataclass(frozen=True)
class Report:
    """What was found of one benchmark."""

    benchmark: str
    """Its name."""
    fingerprint: str
    """The hash of its texts."""
    fingerprints: dict[str, dict[str, str]]
    """Those of its queries and passages by language, for evaluations in some of them."""
    languages: tuple[str, ...]
    """Its languages, in which it was looked for."""
    table_languages: tuple[str, ...]
    """Those of the table, whose texts were looked at."""
    options: Options
    """What counted as found."""
    looked_at: int
    """Records of the table."""
    removed: int
    """Records that are to go."""
    found: dict[str, int]
    """Method -> records that it found; a record may be found by several."""
    by_language: dict[str, dict[str, int]]
    """Language of the table's cell -> method -> cells."""
    articles: tuple[Remains, ...]
    """Shared articles, one entry a piece of evidence."""
    samples: dict[str, tuple[str, ...]]
    """Method -> details of some verdicts."""

    def unseen(self) -> dict[str, Any]:
        """The entry for a table's ``unseen``: plain JSON."""
        methods = [x for x in METHODS if x != "articles"]
        return {
            "benchmark": self.benchmark,
            "fingerprint": self.fingerprint,
            "fingerprints": self.fingerprints,
            "languages": list(self.languages),
            "table_languages": list(self.table_languages),
            "methods": methods + ["articles"] * (self.options.articles == "remove"),
            "options": asdict(self.options),
            "looked_at": self.looked_at,
            "removed": self.removed,
            "found": dict(self.found),
            "articles": [asdict(one) for one in self.articles],
        }

    def lines(self) -> list[str]:
        """The report as Markdown."""
        lines = [
            f"**{self.benchmark}** ({len(self.languages)} languages): {self.removed:,} of"
            f" {self.looked_at:,} records removed.",
            "",
        ]
        methods = [x for x in METHODS if any(x in row for row in self.by_language.values())]
        if methods:
            lines += [
                f"| cells found in | {' | '.join(methods)} |",
                f"|---|{'---:|' * len(methods)}",
                *(
                    f"| {code} | {' | '.join(f'{row.get(x, 0):,}' for x in methods)} |"
                    for code, row in sorted(self.by_language.items())
                ),
                "",
            ]
        for one in self.articles:
            of = f" of {one.articles:,} articles" if one.articles else ""
            done = "removed" if one.removed else "kept: not unseen in the strict sense"
            lines.append(f"- shared articles, {one.records:,} records{of} ({one.evidence}): {done}")
        for method, details in self.samples.items():
            lines += [f"- {method}: {detail}" for detail in details]
        return lines


def reported(
    filter: InBenchmark,
    table: ParallelTable,
    verdicts: Sequence[Verdicts],
    shared: Sequence[Shared],
) -> Report:
    """The report of a filter's verdicts, evidence included.

    Args:
        filter: the filter.
        table: what was looked at.
        verdicts: all verdicts on this benchmark.
        shared: shared articles, removed or not.
    """
    records: dict[str, set[int]] = {}
    by_language: dict[str, dict[str, int]] = {}
    samples: dict[str, list[str]] = {}
    for some in verdicts:
        for row, reason, detail in zip(some.rows.tolist(), some.reasons, some.details, strict=True):
            method = reason.rpartition(":")[2]
            records.setdefault(method, set()).add(row)
            if place := _PLACE.match(detail):
                cells = by_language.setdefault(place[1], {})
                cells[method] = cells.get(method, 0) + 1
            kept = samples.setdefault(method, [])
            if len(kept) < SAMPLES:
                kept.append(detail)
    gone = [some.rows for some in verdicts]
    known = [method for method in METHODS if method in records]
    return Report(
        filter.benchmark.name,
        filter.fingerprint,
        fingerprints(filter.benchmark),
        filter.benchmark.languages,
        table.languages,
        filter.options,
        len(table),
        len(np.unique(np.concatenate(gone))) if gone else 0,
        {method: len(records[method]) for method in known},
        by_language,
        tuple(
            Remains(
                one.evidence,
                len(one.rows),
                len(one.articles),
                filter.options.articles == "remove",
            )
            for one in shared
        ),
        {method: tuple(samples[method]) for method in known},
    )
