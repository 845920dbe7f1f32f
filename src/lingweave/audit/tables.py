"""The tables of an audit: one source for the terminal and the page."""

import math

import numpy as np

from lingweave import languages
from lingweave.audit.audit import Audit
from lingweave.audit.measured import AS_IS, Measured
from lingweave.evaluate.bias import BiasResult
from lingweave.report.tables import Cell, Table, figure_text
from lingweave.significance import Interval

FIRST_PLACES = "of the first places of the queries, without judgements"
"""What the figures are of that need no judgements."""
FAIR = {
    "lower": "lower",
    "higher": "higher",
    "chance": "near chance",
    "zero": "near 0",
}


def bias_table(results: tuple[BiasResult, ...], where: str) -> Table:
    """One row a bias figure: value and interval, chance, the fair direction, meaning and source."""
    return Table(
        f"Bias {where}, with 95% intervals from resampled queries. “Chance” is what a ranking"
        " without any regard to language would give.",
        ("figure", "value", "chance", "fairer", "what it is", "source"),
        tuple(
            (
                Cell(one.figure.name.replace("_", " ")),
                _interval(one.figure.unit, one.value),
                Cell(value_text(one.figure.unit, one.chance)),
                Cell(FAIR[one.figure.better]),
                Cell(one.figure.meaning, wide=True),
                Cell(one.figure.source, wide=True),
            )
            for one in results
        ),
    )


def language_table(audit: Audit) -> Table:
    """One row a language: documents, places, how visible its documents are, how it is served."""
    held = {y: len(side.ids) for y, side in audit.benchmark.corpora.items()}
    total = max(1, sum(held.values()))
    asked = {x: len(side.ids) for x, side in audit.benchmark.queries.items()}
    shares = named(audit.figures, "language_share_at_10")
    recall = named(audit.figures, "recall_at_10_by_passage_language")
    main = audit.main
    header = ["language", "documents", "of all", "queries"]
    header += ["of the first 10"] if shares else []
    header += ["R@10 of its answers"] if recall else []
    header += ["mono mAP", "multi mAP", "rank distance"] if main else []
    header += ["told by probe"] if audit.separability else []
    tokens = named(audit.tokens, "tokens_per_character")
    header += ["tokens a character"] if tokens else []
    rows = []
    for code in sorted({*held, *asked, *(main.evaluation.languages if main else ())}):
        row = [
            Cell(f"{languages.name(code)} ({code})"),
            Cell(f"{held.get(code, 0):,}"),
            Cell(f"{held.get(code, 0) / total:.1%}"),
            Cell(f"{asked.get(code, 0):,}"),
        ]
        row += [_by_language(shares, code)] if shares else []
        row += [_by_language(recall, code)] if recall else []
        row += _served(main, code) if main else []
        if audit.separability:
            share = audit.separability.by_language.get(code)
            row.append(Cell("–" if share is None else f"{share:.0%}"))
        row += [_by_language(tokens, code)] if tokens else []
        rows.append(tuple(row))
    where = f"Figures are of {main.benchmark.name}" if main else "Figures are of the queries"
    if main and audit.heads:
        where += ", shares of the first 10 of the queries"
    return Table(
        f"{where}. “R@10 of its answers”: how many of the answers in this language are among the"
        " first ten of the pool, over queries in all languages. “Told by probe”: the share of its"
        " documents whose language a linear classifier finds from the vector.",
        tuple(header),
        tuple(rows),
    )


def named(results: tuple[BiasResult, ...], name: str) -> BiasResult | None:
    """The result of a figure, if it was measured and is defined."""
    for one in results:
        if one.figure.name == name and math.isfinite(one.value.mean):
            return one
    return None


def value_text(unit: str, value: float) -> str:
    """A bias figure as people read it."""
    if not math.isfinite(value):
        return "–"
    if unit == "ranks":
        return figure_text("rank_distance", value)
    if unit == "ratio":
        return figure_text("rank_distance_ratio", value)
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:+.2f}" if unit == "correlation" else figure_text("difference", value, sign=True)


def _interval(unit: str, value: Interval) -> Cell:
    if not math.isfinite(value.low):
        return Cell(value_text(unit, value.mean))
    low, high = (value_text(unit, end) for end in (value.low, value.high))
    return Cell(value_text(unit, value.mean), f"{low} to {high}")


def _by_language(result: BiasResult, code: str) -> Cell:
    one = result.by_language.get(code)
    return Cell("–") if one is None else _interval(result.figure.unit, one)


def _served(main: Measured, code: str) -> list[Cell]:
    if code not in main.comparison.languages:
        return [Cell("–")] * 3
    figures = main.comparison.arm(AS_IS).by_language[code]
    cells = []
    for key in ("mono.mAP", "multi.mAP", "rank_distance"):
        value = figures[key]
        text = figure_text(key, value.mean)
        known = math.isfinite(value.low) and np.isfinite(value.mean)
        ends = f"{figure_text(key, value.low)}–{figure_text(key, value.high)}" if known else ""
        cells.append(Cell(text, ends))
    return cells
