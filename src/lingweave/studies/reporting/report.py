"""What `lingweave study report` writes: the answer, tables, costs, limits and what made it."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lingweave.report.files import write_text
from lingweave.significance import Interval
from lingweave.studies.definition.study import Study
from lingweave.studies.judging.drawn import BenchmarkFigures, drawn_figures
from lingweave.studies.judging.measurements import Measurements
from lingweave.studies.judging.verdicts import Verdict
from lingweave.studies.reporting.contents import MEASURED, Contents, Cost, Part, SeenByStarts
from lingweave.studies.reporting.limits import limits_of
from lingweave.studies.reporting.madeof import made_of
from lingweave.studies.reporting.markdown import costs_markdown, markdown
from lingweave.studies.reporting.parts import parts_of
from lingweave.studies.reporting.published import published_rows

FORMAT_VERSION = 1
DIGITS = 6
"""Digits of a figure in JSON: sums may differ in their last bits from computer to computer."""


def write_report(
    study: Study,
    measurements: Measurements,
    verdicts: Sequence[Verdict],
    costs: Sequence[Cost],
    out: Path,
    *,
    scale: str | None = None,
    planned: Sequence[Mapping[str, Any]] = (),
    command: str | None = None,
    figures: Mapping[str, BenchmarkFigures] | None = None,
    seen: SeenByStarts | None = None,
) -> Contents:
    """Write report.md, report.json and report.html, and the seconds as costs.md and costs.json.

    The first two are the same however often the study was interrupted.

    Args:
        study: What was asked.
        measurements: What was measured.
        verdicts: What the resamples say of the claims, in the study's order.
        costs: What each training run took.
        out: The folder.
        scale: The study's scale; None is its full one.
        planned: For each arm that is only planned, column -> value of `study plan`.
        command: What makes the report, without places of this computer; absent: by the study's
            name and scale.
        figures: What `drawn_figures` gave for the same measurements; by default it is asked.
        seen: In which of the languages that benchmarks call unseen the arms' starts were trained.

    Returns:
        What the files hold; `print_report` shows it on the terminal.

    Raises:
        LingweaveError: evaluations cannot be read or compared, or a file not be written.
    """
    # Here, because matplotlib takes a second that a test of the tables need not wait for.
    from lingweave.studies.reporting.page import page

    contents = contents_of(
        study,
        measurements,
        verdicts,
        costs,
        scale=scale,
        planned=planned,
        command=command,
        figures=figures,
        seen=seen,
    )
    write_text(out / "report.md", markdown(contents))
    write_text(out / "report.json", _json_text(as_json(contents)))
    write_text(out / "report.html", page(contents))
    if contents.costs:
        write_text(out / "costs.md", costs_markdown(contents))
        write_text(out / "costs.json", _json_text([one._asdict() for one in contents.costs]))
    return contents


def contents_of(
    study: Study,
    measurements: Measurements,
    verdicts: Sequence[Verdict],
    costs: Sequence[Cost],
    *,
    scale: str | None = None,
    planned: Sequence[Mapping[str, Any]] = (),
    command: str | None = None,
    figures: Mapping[str, BenchmarkFigures] | None = None,
    seen: SeenByStarts | None = None,
) -> Contents:
    """What a report holds; the arguments are those of `write_report`.

    Raises:
        LingweaveError: evaluations cannot be read or compared.
    """
    if figures is None:
        figures = drawn_figures(study, measurements)
    parts = parts_of(study, measurements, figures, seen or {})
    by_scale = f" --scale {scale}" if scale else ""
    return Contents(
        name=study.name,
        title=study.title,
        question=study.question,
        scale=scale,
        resamples=study.resamples,
        seeds=tuple(study.seeds),
        figures=tuple(study.figures),
        claims=tuple(verdicts),
        comparisons=sum(len(verdict.comparisons) for verdict in verdicts),
        parts=parts,
        axes={axis: tuple(choices) for axis, choices in study.axes.items()},
        published=published_rows(study.published, parts, measurements.choices),
        planned=tuple(planned),
        costs=tuple(costs),
        limits=limits_of(study, parts),
        made_of=made_of(
            study, measurements, command or f"lingweave study run {study.name}{by_scale}"
        ),
    )


def as_json(contents: Contents) -> dict[str, Any]:
    """All of a report but the seconds; undefined figures are null."""
    told = {
        "format_version": FORMAT_VERSION,
        "study": contents.name,
        "title": contents.title,
        "question": contents.question,
        "scale": contents.scale,
        "claims": [verdict.as_json() for verdict in contents.claims],
        "comparisons": contents.comparisons,
        "benchmarks": {part.name: _part_json(part) for part in contents.parts},
        "published": [
            one._asdict() | {"ours": _interval(one.ours) if one.ours else None}
            for one in contents.published
        ],
        "planned": [dict(one) for one in contents.planned],
        "costs": [
            {k: v for k, v in one._asdict().items() if k not in MEASURED} for one in contents.costs
        ],
        "limits": list(contents.limits),
        "made_of": {fact.name: fact.value for fact in contents.made_of},
        "resamples": contents.resamples,
        "seeds": list(contents.seeds),
    }
    rounded: dict[str, Any] = _rounded(told)
    return rounded


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "described": part.described,
        "ties": part.ties,
        "languages": list(part.languages),
        "unseen": list(part.unseen),
        "trained_in_by_starts": {start: list(codes) for start, codes in part.seen.items()},
        "questions": part.queries,
        "clusters": part.clusters,
        "missing": list(part.missing),
        "groups": {kind: dict(groups) for kind, groups in part.groups.items()},
        "arms": {
            row.name: {
                "seeds": list(row.seeds),
                "choices": dict(row.choices),
                "figures": {
                    name: {**_interval(shown.interval), "by_seed": list(shown.by_seed)}
                    for name, shown in row.figures.items()
                },
                "by_group": {
                    figure: {
                        kind: {group: _interval(one) for group, one in groups.items()}
                        for kind, groups in kinds.items()
                    }
                    for figure, kinds in row.groups.items()
                },
            }
            for row in part.rows
        },
    }


def _interval(interval: Interval) -> dict[str, float]:
    return interval._asdict()


def _rounded(value: Any) -> Any:
    """Plain values, floats cut to what can be relied on, null where undefined."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def _json_text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
