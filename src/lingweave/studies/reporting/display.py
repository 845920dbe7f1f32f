"""A report's contents as tables of text: one source for Markdown, the page and the terminal."""

import math
from collections.abc import Sequence

from lingweave import languages
from lingweave.report.tables import Cell, Table, figure_cell, figure_text
from lingweave.significance import Interval
from lingweave.studies.judging.verdicts import Compared, Verdict
from lingweave.studies.reporting.contents import Contents, Part, PublishedRow, Row
from lingweave.studies.reporting.words import (
    asked_words,
    base,
    counted,
    figure_words,
    group_words,
    share_text,
)

KINDS = {"family": "language family", "script": "script", "resource": "resource level"}
"""Kinds of groups and what they are called."""
HOW = {"supported": "holds", "refuted": "goes the other way"} | {
    status: status for status in ("undecided", "not measured")
}
"""What tables say of a comparison: claims are supported or refuted, their parts hold or do not."""


def figures_table(contents: Contents, part: Part) -> Table:
    """One row an arm or floor: the study's figures with their 95% intervals."""
    return Table(
        f"Means over {counted(len(part.languages), 'language')} with 95% intervals.",
        ("arm", *map(figure_words, contents.figures)),
        tuple(
            (Cell(row.name), *(shown_cell(row, figure) for figure in contents.figures))
            for row in part.rows
        ),
    )


def spread_table(contents: Contents, part: Part) -> Table | None:
    """One row an arm: its lowest and highest seed; None where no arm has several."""
    rows = [row for row in part.rows if len(row.seeds) > 1]
    if not rows:
        return None
    return Table(
        "The lowest and the highest of an arm's training seeds.",
        ("arm", "seeds", *map(figure_words, contents.figures)),
        tuple(
            (
                Cell(row.name),
                Cell(str(len(row.seeds))),
                *(_spread_cell(row, figure) for figure in contents.figures),
            )
            for row in rows
        ),
    )


def group_table(part: Part, kind: str, figure: str) -> Table:
    """One row a family, script or resource level, one column an arm."""
    groups = part.groups[kind]
    rows = [row for row in part.rows if figure in row.groups]
    return Table(
        f"{figure_words(figure)} by {KINDS[kind]} of the query, with 95% intervals.",
        (KINDS[kind], "languages", *(row.name for row in rows)),
        tuple(
            (
                Cell(group_words(kind, group)),
                Cell(str(len(codes))),
                *(_group_cell(row, figure, kind, group) for row in rows),
            )
            for group, codes in groups.items()
        ),
    )


def language_table(part: Part, figure: str) -> Table | None:
    """One row a query language, one column an arm; None where the figure has none."""
    rows = [row for row in part.rows if figure in row.groups]
    if not rows:
        return None
    return Table(
        f"{figure_words(figure)} by language of the query, with 95% intervals."
        + (
            f" † {'; '.join(['no arm was trained in it', *seen_words(part)])}."
            if part.unseen
            else ""
        ),
        ("language", *(row.name for row in rows)),
        tuple(
            (
                Cell(f"{languages.name(code)} {code}{' †' if code in part.unseen else ''}"),
                *(_group_cell(row, figure, "language", code) for row in rows),
            )
            for code in part.languages
        ),
    )


def seen_words(part: Part) -> list[str]:
    """What of the unseen languages a start has seen: arms that go on from it have too."""
    return [
        f"unseen by the arms, but trained in by start {start}: {', '.join(codes)}"
        for start, codes in part.seen.items()
    ]


def comparisons_table(verdict: Verdict) -> Table | None:
    """One row a comparison: the difference with both its intervals, and what was asked of it.

    None where nothing was compared yet.
    """
    if not any(math.isfinite(one.difference.mean) for one in verdict.comparisons):
        return None
    shares = any(one.share is not None for one in verdict.comparisons)
    return Table(
        "Differences are left − right. A comparison holds where its corrected interval lies wholly"
        " on the side that is asked; only the claim as a whole is decided."
        + (" Where it is in percent, it is the difference as a share of right." if shares else ""),
        ("left − right", "on", "figure", "corrected interval", "95% interval", "asked", "status"),
        tuple(_comparison_row(one) for one in verdict.comparisons),
    )


def published_tables(contents: Contents) -> tuple[Table, ...]:
    """One a benchmark, in the paper's form: a column a figure; of each arm the paper's,
    ours, and whether it was reproduced."""
    benchmarks = dict.fromkeys(one.benchmark for one in contents.published)
    return tuple(_published_table(contents, benchmark) for benchmark in benchmarks)


def _published_table(contents: Contents, benchmark: str) -> Table:
    rows = {(one.arm, one.figure): one for one in contents.published if one.benchmark == benchmark}
    figures = list(dict.fromkeys(figure for _, figure in rows))
    grid = []
    for arm in dict.fromkeys(arm for arm, _ in rows):
        given = [rows.get((arm, figure)) for figure in figures]
        grid += [
            (Cell(arm), _word("paper"), *(_paper_cell(one) for one in given)),
            (Cell(arm), _word("here"), *(_ours_cell(one) for one in given)),
            (Cell(arm), _word("verdict"), *(Cell(one.status if one else "") for one in given)),
        ]
    return Table(
        f"{benchmark}. Reproduced: our 95% interval lies wholly within .01 of the paper's figure"
        " (rank distances: within 5%); not reproduced: wholly outside; undecided: neither. These"
        " intervals take seeds to scatter normally, as those of claims do, and are not corrected"
        " for their number; one training seed decides nothing.",
        ("arm", "", *map(figure_words, figures)),
        tuple(grid),
    )


def _paper_cell(one: PublishedRow | None) -> Cell:
    return Cell(figure_text(base(one.figure), one.paper) if one else "")


def _ours_cell(one: PublishedRow | None) -> Cell:
    if one is None:
        return Cell("")
    return figure_cell(base(one.figure), one.ours) if one.ours else Cell("–")


def shown_cell(row: Row, figure: str) -> Cell:
    """A figure of an arm with its interval."""
    shown = row.figures.get(figure)
    return figure_cell(base(figure), shown.interval) if shown else Cell("–")


def headline(figures: Sequence[str]) -> str:
    """The one figure that tables by language show: quality in the pool, else the first."""
    plain = [figure for figure in figures if "|" not in figure]
    pool = [figure for figure in plain if figure.startswith("multi.")]
    return (pool or plain or list(figures))[0]


def difference_words(one: Compared) -> str:
    """``hybrid − x-y``, with the factor, the right side's own benchmark if it has one, and what is
    taken from it."""
    factor = f"{one.factor:g} × " if one.factor != 1 else ""
    elsewhere = f" ({one.right_benchmark})" if one.right_benchmark != one.benchmark else ""
    words = f"{one.left} − {factor}{one.right}{elsewhere}"
    if not one.minus:
        return words
    return f"({words}) − ({one.minus[0]} − {factor}{one.minus[1]})"


def decisive_cell(one: Compared) -> Cell:
    """What decides: the difference or, where that is asked, the share, at the corrected level."""
    if one.share is None:
        return _signed_cell(one.figure, one.difference)
    mean, low, high = (share_text(value) for value in one.share)
    return Cell(mean, f"{low} to {high}" if math.isfinite(one.share.low) else "")


def _comparison_row(one: Compared) -> tuple[Cell, ...]:
    return (
        Cell(difference_words(one)),
        _word(one.benchmark),
        _word(figure_words(one.figure)),
        decisive_cell(one),
        _signed_cell(one.figure, one.plain),
        _word(asked_words(one)),
        _word(HOW[one.status]),
    )


def _word(text: str) -> Cell:
    return Cell(text, words=True)


def _signed_cell(figure: str, interval: Interval) -> Cell:
    mean, low, high = (figure_text(base(figure), value, sign=True) for value in interval)
    return Cell(mean, f"{low} to {high}" if math.isfinite(interval.low) else "")


def _spread_cell(row: Row, figure: str) -> Cell:
    shown = row.figures.get(figure)
    known = [value for value in shown.by_seed if math.isfinite(value)] if shown else []
    if not known:
        return Cell("–")
    low, high = (figure_text(base(figure), end(known)) for end in (min, max))
    return Cell(low if low == high else f"{low}–{high}")


def _group_cell(row: Row, figure: str, kind: str, group: str) -> Cell:
    interval = row.groups[figure].get(kind, {}).get(group)
    return figure_cell(base(figure), interval) if interval else Cell("–")
