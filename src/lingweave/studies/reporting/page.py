"""A study's report as one self-contained HTML page: no network, readable on a phone."""

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from lingweave.report.page import Drawing
from lingweave.report.rendering import rendered
from lingweave.report.tables import Table
from lingweave.studies.reporting.answer import answer_sentence, answers, by_status, rule
from lingweave.studies.reporting.claimplot import claim_plot
from lingweave.studies.reporting.contents import Contents, Part
from lingweave.studies.reporting.costtables import cost_table, planned_table, seconds_table
from lingweave.studies.reporting.display import (
    KINDS,
    comparisons_table,
    figures_table,
    group_table,
    headline,
    language_table,
    published_tables,
    spread_table,
)
from lingweave.studies.reporting.markdown import part_words, verdict_words
from lingweave.studies.reporting.plots import (
    bias_plot,
    cost_plot,
    cost_words,
    costs_of,
    curve_plot,
    numeric_axes,
)
from lingweave.studies.reporting.words import figure_words


class Titled(NamedTuple):
    """A table under a heading of its own."""

    title: str
    table: Table


class Section(NamedTuple):
    """What the page shows of one benchmark."""

    name: str
    words: str
    figures: Table | None
    spread: Table | None
    drawings: tuple[Drawing, ...]
    groups: tuple[Titled, ...]
    """By family, script and resource level, of the headline figure."""
    more: tuple[Titled, ...]
    """The same of the other figures."""
    by_language: tuple[Titled, ...]
    missing: tuple[str, ...]


class Judged(NamedTuple):
    """A claim with its comparisons."""

    title: str
    words: str
    table: Table | None
    drawing: Drawing | None


def page(contents: Contents) -> str:
    """The page as HTML text."""
    return rendered(
        "lingweave.studies.reporting",
        "page.html.jinja",
        contents=contents,
        sentence=answer_sentence(contents),
        by_status=by_status(contents),
        rule=rule(contents) if contents.claims else "",
        sections=[_section(contents, part, f"b{i}") for i, part in enumerate(contents.parts)],
        published=published_tables(contents),
        planned=planned_table(contents) if contents.planned else None,
        judged=list(_judged(contents)),
        costs=cost_table(contents) if contents.costs else None,
        seconds=seconds_table(contents) if contents.costs else None,
    )


def _section(contents: Contents, part: Part, name: str) -> Section:
    figure = headline(contents.figures)
    others = [f for f in contents.figures if "|" not in f and f != figure]
    shown = [f for f in (figure, *others) if any(f in row.groups for row in part.rows)]
    groups = [
        [Titled(f"By {KINDS[kind]}", group_table(part, kind, f)) for kind in part.groups]
        for f in shown
    ]
    return Section(
        part.name,
        part_words(part),
        figures_table(contents, part) if part.rows else None,
        spread_table(contents, part),
        tuple(_drawings(contents, part, figure, name)),
        tuple(groups[0]) if groups else (),
        tuple(
            Titled(f"{figure_words(f)} {one.title.lower()}", one.table)
            for f, those in zip(shown[1:], groups[1:], strict=True)
            for one in those
        ),
        tuple(
            Titled(f"{figure_words(f)} by language", table)
            for f in shown
            if (table := language_table(part, f)) is not None and len(part.languages) > 1
        ),
        part.missing,
    )


def _drawings(contents: Contents, part: Part, quality: str, name: str) -> Iterator[Drawing]:
    bias = bias_plot(contents, part, quality, f"{name}-bias")
    if bias is not None:
        yield Drawing(Markup(bias), "Quality against language bias: up and to the left is better.")
    for place, numbers in enumerate(numeric_axes(contents)):
        curve = curve_plot(contents, part, numbers, f"{name}-curve{place}")
        if curve is not None:
            yield Drawing(Markup(curve), f"Figures over {numbers.label}, with 95% intervals.")
    for unit, costs in costs_of(contents).items():
        cost = cost_plot(contents, part, quality, costs, unit, f"{name}-{unit}")
        if cost is not None:
            yield Drawing(Markup(cost), f"Quality against {cost_words(unit)}.")


def _judged(contents: Contents) -> Iterator[Judged]:
    for answer, verdict in zip(answers(contents), contents.claims, strict=True):
        drawing = claim_plot(verdict, f"claim{answer.number}")
        yield Judged(
            f"({answer.number}) {answer.text}",
            verdict_words(answer, verdict),
            comparisons_table(verdict),
            Drawing(
                Markup(drawing),
                "Differences with their corrected intervals (thin) and 95% intervals (thick); the"
                " claimed side is shaded.",
            )
            if drawing
            else None,
        )
