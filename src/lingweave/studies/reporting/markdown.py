"""A study's report as Markdown: the answer first, then tables, costs, limits and what made it."""

import re
import textwrap
from collections.abc import Iterator

from lingweave.report.tables import Cell, Table
from lingweave.studies.judging.arm import MANY_LANGUAGES
from lingweave.studies.judging.verdicts import Verdict
from lingweave.studies.reporting.answer import Answer, answer_sentence, answers, by_status, rule
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
    seen_words,
    spread_table,
)
from lingweave.studies.reporting.words import counted, listed

WIDTH = 110


def markdown(contents: Contents) -> str:
    """The whole report; the same text however often the study was interrupted."""
    parts = [f"# {escaped(contents.title)}", paragraph(contents.question)]
    if contents.scale:
        parts.append(paragraph(f"Scale: {contents.scale} (see [limits](#limits))."))
    parts += _answer(contents)
    for part in contents.parts:
        parts += _part(contents, part)
    if contents.published:
        parts += ["## The paper's figures", *map(table_text, published_tables(contents))]
    if contents.planned:
        parts += ["## Planned arms", table_text(planned_table(contents))]
    if contents.claims:
        parts += ["## The comparisons behind the claims"]
        for answer, verdict in zip(answers(contents), contents.claims, strict=True):
            parts += _comparisons(answer, verdict)
    if contents.costs:
        parts += ["## Costs", table_text(cost_table(contents))]
        parts.append(
            paragraph("Seconds differ from run to run; `costs.md` beside the report has them.")
        )
    parts += ["## Limits", *map(paragraph, contents.limits)]
    parts += ["## What made it"]
    parts.append("\n".join(f"- {escaped(f.name)}: {escaped(f.value)}" for f in contents.made_of))
    return "\n\n".join(parts) + "\n"


def costs_markdown(contents: Contents) -> str:
    """The seconds of every training run: not the same from run to run."""
    known = [one.seconds for one in contents.costs if one.seconds is not None]
    whole = f"{sum(known):,.0f} seconds in {counted(len(known), 'run')}."
    parts = [f"# {escaped(contents.title)}: costs", whole, table_text(seconds_table(contents))]
    return "\n\n".join(parts) + "\n"


def table_text(table: Table) -> str:
    """A table of GitHub's Markdown, its caption above it."""
    header = [escaped(name) for name in table.header]
    first = table.rows[0] if table.rows else ()
    sides = ["---"] + ["---" if cell.words else "---:" for cell in first[1:]]
    lines = [_line(header), f"|{'|'.join(sides)}|"]
    lines += [_line([_cell(cell) for cell in row]) for row in table.rows]
    return f"{paragraph(escaped(table.caption))}\n\n" + "\n".join(lines)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    text = re.sub(r"([\\`*|]|(?<=\])\()", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", " ".join(text.split()))


def paragraph(text: str) -> str:
    """Running text in lines of a readable length."""
    return textwrap.fill(
        " ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False
    )


def _answer(contents: Contents) -> Iterator[str]:
    yield "## Answer"
    yield paragraph(answer_sentence(contents))
    for status, given in by_status(contents):
        yield f"### {status.capitalize()}"
        yield "\n".join(_item(answer) for answer in given)
    if contents.claims:
        yield paragraph(rule(contents))


def _item(answer: Answer) -> str:
    source = f" ({answer.source})" if answer.source else ""
    text = f"- **({answer.number}) {escaped(answer.text)}**{source} {escaped(answer.reason)}"
    return textwrap.fill(
        text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _part(contents: Contents, part: Part) -> Iterator[str]:
    yield f"## {escaped(part.name)}"
    yield paragraph(escaped(part_words(part)))
    if part.rows:
        yield table_text(figures_table(contents, part))
        spread = spread_table(contents, part)
        if spread is not None:
            yield table_text(spread)
        figure = headline(contents.figures)
        for kind in part.groups:
            yield f"### By {KINDS[kind]}"
            yield table_text(group_table(part, kind, figure))
        by_language = language_table(part, figure)
        if by_language is not None and 1 < len(part.languages) < MANY_LANGUAGES:
            yield "### By language"
            yield table_text(by_language)
    if part.missing:
        yield paragraph(escaped(f"Not measured: {', '.join(part.missing)}."))


def part_words(part: Part) -> str:
    """What a benchmark is and how much was asked."""
    if not part.rows:
        return f"{part.described}."
    clusters = f" in {counted(part.clusters, 'cluster')}" if part.clusters != part.queries else ""
    words = [
        part.described,
        counted(len(part.languages), "language"),
        counted(part.queries, "question") + clusters,
    ]
    seen = {code for codes in part.seen.values() for code in codes}
    if wholly := [code for code in part.unseen if code not in seen]:
        words.append(f"not trained in: {listed(wholly)}")
    words += seen_words(part)
    return f"{'; '.join(words)}. Ties: {part.ties}."


def _comparisons(answer: Answer, verdict: Verdict) -> Iterator[str]:
    yield f"### ({answer.number}) {escaped(answer.text)}"
    yield paragraph(escaped(verdict_words(answer, verdict)))
    table = comparisons_table(verdict)
    if table is not None:
        yield table_text(table)


def verdict_words(answer: Answer, verdict: Verdict) -> str:
    """The status with the levels that the intervals were taken at."""
    levels = sorted({round(one.confidence, 6) for one in verdict.comparisons if one.confidence > 0})
    if not levels:
        return f"{answer.status.capitalize()}. {answer.reason}"
    ends = [f"{100 * level:.4g}%" for level in (levels[0], levels[-1])]
    level = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return f"{answer.status.capitalize()}. Corrected intervals hold {level}."


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    return escaped(cell.text) + (f" [{cell.detail}]" if cell.detail else "")
