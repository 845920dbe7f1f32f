"""One self-contained HTML page: no network, readable on a phone, light and dark."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from lingweave import languages
from lingweave.benchmark import Benchmark
from lingweave.report.arms import training_record
from lingweave.report.comparison import ComparedArm, Comparison
from lingweave.report.examples import direction, examples
from lingweave.report.plots import (
    difference_heatmap,
    map_heatmap,
    own_name,
    rank_distance_plot,
)
from lingweave.report.reading import intervals_sentences, reading
from lingweave.report.rendering import rendered
from lingweave.report.tables import (
    Cell,
    Table,
    arm_label,
    difference_table,
    figure_text,
    seed_table,
    summary_table,
)

MANY_TIES = 0.01
"""Share of golds tied with another candidate from which the page warns."""


class Drawing(NamedTuple):
    """An inline SVG and what stands under it."""

    svg: Markup
    caption: str


class Fact(NamedTuple):
    """A line of the list of what was run."""

    name: str
    value: str


def page(comparison: Comparison, benchmark: Benchmark | None = None) -> str:
    """The page as HTML text.

    Args:
        comparison: What was compared.
        benchmark: Texts for the example queries; without it the page shows none.
    """
    return rendered(
        "lingweave.report",
        "page.html.jinja",
        comparison=comparison,
        reading=reading(comparison),
        intervals=intervals_sentences(comparison),
        summary=summary_table(comparison),
        differences=difference_table(comparison),
        seeds=seed_table(comparison),
        ties=tie_table(comparison),
        tied=tied_arms(comparison),
        maps=_maps(comparison),
        gaps=_gaps(comparison),
        distances=_distances(comparison),
        examples=examples(comparison, benchmark) if benchmark else (),
        runs=[(arm_label(arm), run_facts(arm)) for arm in comparison.arms],
        languages=[
            (code, own_name(code), languages.name(code), direction(code))
            for code in comparison.languages
        ],
    )


def _maps(comparison: Comparison) -> list[Drawing]:
    return [
        Drawing(Markup(map_heatmap(comparison, arm, f"map{place}")), arm_label(arm))
        for place, arm in enumerate(comparison.arms)
        if not _uniform(arm)
    ]


def _gaps(comparison: Comparison) -> list[Drawing]:
    return [
        Drawing(
            Markup(difference_heatmap(comparison, arm, f"gap{place}")),
            f"{arm.name} minus {comparison.baseline}",
        )
        for place, arm in enumerate(comparison.arms)
        if arm.name != comparison.baseline and not _uniform(arm)
    ]


def _uniform(arm: ComparedArm) -> bool:
    """Whether all cells of an arm's map are alike by its nature: it would show one colour."""
    encoder = (arm.summaries[0].get("provenance") or {}).get("encoder") or {}
    return encoder.get("encoder") in ("random", "oracle")


def _distances(comparison: Comparison) -> Drawing | None:
    svg = rank_distance_plot(comparison, "distance")
    percent = f"{comparison.resampling.confidence:.0%}"
    return Drawing(Markup(svg), f"Dots with {percent} intervals.") if svg else None


def tie_table(comparison: Comparison) -> Table | None:
    """Figures if every tie fell the best and the worst way; None where no evaluation says so."""
    rows = []
    for arm in comparison.arms:
        bounds = [s["tie_bounds"] for s in arm.summaries if s.get("tie_bounds")]
        if len(bounds) != len(arm.summaries):
            continue
        cells = [Cell(arm.name), Cell(f"{_mean(b.get('tied_golds') for b in bounds):.2%}")]
        for setting in ("mono", "cross", "multi"):
            low, high = (
                figure_text("mAP", _mean(b[rule][setting]["mAP"] for b in bounds))
                for rule in ("pessimistic", "optimistic")
            )
            cells.append(Cell(low if low == high else f"{low}–{high}"))
        low, high = (
            figure_text("rank_distance", _mean(b["rank_distance"][end] for b in bounds))
            for end in ("low", "high")
        )
        cells.append(Cell(low if low == high else f"{low}–{high}"))
        rows.append(tuple(cells))
    if not rows:
        return None
    return Table(
        f"What ties could change, mean over seeds. The figures above break ties by the rule"
        f" “{comparison.ties}”.",
        ("arm", "tied golds", "mono mAP", "cross mAP", "multi mAP", "rank distance"),
        tuple(rows),
    )


def tied_arms(comparison: Comparison) -> list[str]:
    """Arms where so many golds tie that the figures depend on the tie rule."""
    return [arm.name for arm in comparison.arms if _tied_share(arm) > MANY_TIES]


def _tied_share(arm: ComparedArm) -> float:
    bounds = [summary.get("tie_bounds") or {} for summary in arm.summaries]
    return max(one.get("tied_golds") or 0.0 for one in bounds)


def run_facts(arm: ComparedArm) -> list[Fact]:
    """Model, data, seeds, commit, versions, and whether the benchmark was seen in training."""
    provenance = [summary.get("provenance") or {} for summary in arm.summaries]
    first, training = provenance[0], training_record(arm.summaries[0])
    encoder = {k: v for k, v in (first.get("encoder") or {}).items() if k != "training"}
    software = dict(first.get("software") or {})
    commit = software.pop("commit", None)
    data = (first.get("benchmark") or {}).get("source") or {}
    seen = first.get("seen")
    facts = [
        Fact("encoder", _words(encoder)),
        Fact("trained on", _words(_trained_on(training)) if training else "no training known"),
        Fact("seeds", ", ".join("unknown" if s is None else str(s) for s in arm.seeds)),
        Fact("benchmark", _words(data)),
        Fact("benchmark in training", seen or "not recorded"),
        Fact("commit", str(commit or "not recorded")),
        Fact("trained with commit", str((training.get("software") or {}).get("commit") or "")),
        Fact("versions", _words(software)),
        Fact("evaluated", ", ".join(str(p["date"]) for p in provenance if p.get("date"))),
        Fact("folders", ", ".join(map(str, arm.folders))),
    ]
    return [fact for fact in facts if fact.value]


def _trained_on(training: Mapping[str, Any]) -> dict[str, Any]:
    kept = (
        "arm",
        "recipe",
        "step",
        "steps",
        "datasets",
        "records",
        "languages",
        "table_fingerprint",
    )
    return {key: training[key] for key in kept if training.get(key) is not None}


def _words(value: Any) -> str:
    """Plain values as text: ``key: value`` pairs, lists joined."""
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {_words(v)}" for k, v in value.items() if v is not None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_words(v) for v in value)
    return value if isinstance(value, str) else json.dumps(value)


def _mean(values: Any) -> float:
    known = [float("nan") if value is None else float(value) for value in values]
    return sum(known) / len(known)
