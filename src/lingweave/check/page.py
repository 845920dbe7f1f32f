"""A check as one self-contained HTML page: no network, readable on a phone, light and dark."""

import json

from markupsafe import Markup

from lingweave import languages
from lingweave.check.checked import Checked
from lingweave.check.findings import cost_facts, findings
from lingweave.check.plots import coverage_heatmap, spread_plot
from lingweave.check.tables import (
    language_table,
    length_table,
    loss_table,
    origin_table,
    score_table,
    whole_table,
)
from lingweave.report.page import Drawing
from lingweave.report.rendering import rendered
from lingweave.table import SIDES


def page(found: Checked, name: str) -> str:
    """The page as HTML text.

    Args:
        found: what it shows.
        name: of the table.
    """
    table = found.table
    heatmap = coverage_heatmap(table.languages, found.coverage.pairs, len(table), "coverage-map")
    return rendered(
        "lingweave.check",
        "page.html.jinja",
        title=name,
        found=found,
        findings=findings(found),
        reference=languages.name(found.reference),
        language_table=language_table(found),
        coverage=Drawing(
            Markup(heatmap),
            "Share of the records that have a query in one language and a passage in the other, in"
            " per cent.",
        ),
        lengths=_lengths(found),
        length_table=length_table(found),
        loss_table=loss_table(found),
        whole_table=whole_table(found),
        origin_table=origin_table(found),
        scores=[
            (
                name,
                f"score-{place}",
                _score(found, name, f"score-{place}"),
                score_table(found, name),
            )
            for place, name in enumerate(found.scores)
        ],
        unseen=[
            [
                (key.replace("_", " "), _value(value))
                for key, value in entry.items()
                if key != "fingerprints"  # For machines; `fingerprint` is of all of them.
            ]
            for entry in table.unseen
        ],
        record=[(key.replace("_", " "), _value(one)) for key, one in (found.record or {}).items()],
        cost=cost_facts(found.cost) if found.cost else (),
    )


def _lengths(found: Checked) -> Drawing | None:
    spreads = {
        words: {x: one.characters for x, one in found.lengths[side].items() if one.characters}
        for side, words in zip(SIDES, ("queries", "passages"), strict=True)
    }
    svg = spread_plot(spreads, "characters", "lengths-drawing", logarithmic=True)
    words = "Characters of a text: the median, and a line over nine tenths of the texts."
    return Drawing(Markup(svg), words) if svg else None


def _score(found: Checked, name: str, id: str) -> Drawing | None:
    svg = spread_plot({name: found.scores[name]}, name, id, logarithmic=False)
    words = f"{name}: the median, and a line over nine tenths of the cells."
    return Drawing(Markup(svg), words) if svg else None


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
