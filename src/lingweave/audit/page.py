"""An audit as one self-contained HTML page: no network, readable on a phone, light and dark."""

import numpy as np
from markupsafe import Markup

from lingweave import languages
from lingweave.audit.audit import Audit
from lingweave.audit.findings import findings
from lingweave.audit.measured import AS_IS, Measured
from lingweave.audit.plots import distance_plot, projection_plot, share_plot
from lingweave.audit.tables import FIRST_PLACES, bias_table, language_table, named
from lingweave.bias import expected_rank_distance
from lingweave.report.examples import direction, examples
from lingweave.report.page import Drawing, run_facts
from lingweave.report.plots import map_heatmap, own_name, rank_distance_plot
from lingweave.report.reading import intervals_sentences
from lingweave.report.rendering import rendered
from lingweave.report.tables import difference_table, summary_table

EXAMPLES, DEPTH = 4, 8
"""Example queries, and places of their lists."""


def page(audit: Audit) -> str:
    """The page as HTML text."""
    main = audit.main
    return rendered(
        "lingweave.audit",
        "page.html.jinja",
        audit=audit,
        model=_model(audit),
        documents=sum(len(side.ids) for side in audit.benchmark.corpora.values()),
        queries=sum(len(side.ids) for side in audit.benchmark.queries.values()),
        findings=findings(audit),
        intervals=intervals_sentences(main.comparison) if main else (),
        languages_table=language_table(audit),
        parts=[_part(*one) for one in _measured(audit)],
        heads=bias_table(audit.heads, FIRST_PLACES) if audit.heads else None,
        tokens=bias_table(audit.tokens, "of the tokenizer") if audit.tokens else None,
        shares=_shares(audit),
        projection=Drawing(
            Markup(projection_plot(audit.points, "projection")),
            "Documents on the two principal components of their vectors. Colours that lie apart are"
            " languages that similarity can tell apart.",
        )
        if audit.points
        else None,
        examples=examples(main.comparison, main.benchmark, EXAMPLES, DEPTH) if main else (),
        facts=run_facts(main.comparison.arm(AS_IS)) if main else (),
        languages=[
            (code, own_name(code), languages.name(code), direction(code))
            for code in audit.benchmark.languages
        ],
    )


def _measured(audit: Audit) -> list[tuple[str, str, Measured]]:
    found = [("judged", "On the relevance judgements", audit.judged)]
    found.append(("probes", "On parallel statements among the documents", audit.probed))
    return [(name, title, one) for name, title, one in found if one is not None]


def _part(name: str, title: str, one: Measured) -> dict[str, object]:
    """What the page shows of one evaluation."""
    comparison = one.comparison
    distances = rank_distance_plot(comparison, f"{name}-by-language")
    return {
        "name": name,
        "title": title,
        "summary": summary_table(comparison),
        "differences": difference_table(comparison),
        "bias": bias_table(one.bias, f"on {one.benchmark.name}"),
        "map": Drawing(
            Markup(map_heatmap(comparison, comparison.arm(AS_IS), f"{name}-map")),
            "mAP by language of the query (rows) and of the passage (columns).",
        ),
        "spread": _spread(one, f"{name}-spread"),
        "distances": Drawing(Markup(distances), "Rank distance by language of the query.")
        if distances
        else None,
        "many": len(comparison.languages),
    }


def _spread(one: Measured, name: str) -> Drawing | None:
    pools = one.evaluation.per_query()[1]
    golds = [np.bincount(part.query) for part in one.evaluation.parts() if len(part)]
    counts = np.concatenate([*golds, np.zeros(0, np.int64)])
    several = counts[counts > 1]
    if not len(several):
        return None
    size = sum(one.evaluation.provenance["benchmark"]["candidates"].values())
    # Queries may have different numbers of golds, and so each its own best and its own chance.
    random = float(expected_rank_distance(several, size).mean())
    svg = distance_plot(pools.rank_distance, int(several.min()) - 1, random, name)
    return Drawing(Markup(svg), "How rank distances are spread over queries.") if svg else None


def _shares(audit: Audit) -> Drawing | None:
    result = named(audit.figures, "language_share_at_10")
    if result is None:
        return None
    codes = [code for code in result.languages if code in result.by_language]
    found = np.array([result.by_language[code].mean for code in codes])
    held = np.array([result.chance_by_language[code] for code in codes])
    return Drawing(
        Markup(share_plot(codes, found, held, 10, "shares")),
        "Dots: share of the first ten places, over queries in all languages. Bars: share of the"
        " documents.",
    )


def _model(audit: Audit) -> str:
    for name in ("model", "encoder", "path"):
        if audit.encoder.get(name):
            return str(audit.encoder[name])
    return "an encoder"
