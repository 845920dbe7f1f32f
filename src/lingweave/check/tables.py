"""The tables of a check: one source for the terminal and the page."""

import numpy as np

from lingweave import languages
from lingweave.check.checked import Checked
from lingweave.check.samples import origin_words
from lingweave.check.spread import Spread
from lingweave.check.texts import COUNTED
from lingweave.report.tables import Cell, Table
from lingweave.table import Side

NONE = Cell("–")


def language_table(found: Checked) -> Table:
    """One row a language: how many records have it, and what is odd about its texts."""
    coverage, records = found.coverage, max(1, len(found.table))
    own = np.diag(coverage.pairs)
    alone = {
        "queries alone": coverage.queries - own,
        "passages alone": coverage.passages - own,
    }
    alone = {name: counts for name, counts in alone.items() if counts.any()}
    rows = [
        (
            _language(code),
            Cell(languages.script(code)),
            Cell(f"{int(own[place]):,}"),
            Cell(f"{own[place] / records:.1%}"),
            *(_count(int(counts[place])) for counts in alone.values()),
            _repeated(found, "query", code),
            _repeated(found, "passage", code),
            _untranslated(found, code),
        )
        for place, code in enumerate(found.table.languages)
    ]
    repeated = [one for side in found.repeated.values() for one in side.values()]
    part = max((one.part for one in repeated), default=1)
    same = f"same as {found.reference}"
    return Table(
        "Pairs: records with a query and a passage. Copies: texts that an earlier record has too."
        f" {same.capitalize()}: passages that are the {found.reference} passage, letter by letter."
        + (f" Copies are looked for among one in {part} texts of the largest." if part > 1 else ""),
        ("language", "script", "pairs", "of records", *alone, "query copies", "passage copies",
         same),
        tuple(rows),
    )  # fmt: skip


def length_table(found: Checked) -> Table:
    """One row a language: characters, and tokens where they were counted."""
    sides: tuple[tuple[Side, str], ...] = (("query", "query"), ("passage", "passage"))
    counted = any(one.tokens for side in found.lengths.values() for one in side.values())
    header = ["language"]
    for _, name in sides:
        header += [f"{name}, characters", "longest"] + ([f"{name}, tokens"] if counted else [])
    header += ["unknown"] if counted else []
    rows = []
    for code in found.table.languages:
        row = [_language(code)]
        lost = 0.0
        for side, _ in sides:
            lengths = found.lengths[side][code]
            row += [_spread(lengths.characters), _most(lengths.characters)]
            row += [_spread(lengths.tokens)] if counted else []
            lost = max(lost, lengths.lost)
        row += [Cell(f"{lost:.1%}")] if counted else []
        rows.append(tuple(row))
    caption = "Median, and under it the range of nine tenths of the texts."
    if counted:
        caption += (
            f" Tokens of up to {COUNTED:,} texts of a language and side, without prompts; unknown:"
            " the larger share of characters that the tokenizer does not know."
        )
    return Table(caption, tuple(header), tuple(rows))


def loss_table(found: Checked) -> Table | None:
    """One row a language: what is left, what went, and by which reason; None: not known."""
    if found.losses is None:
        return None
    totals = {reason: sum(cells.values()) for reason, cells in found.losses.cells.items()}
    reasons = sorted(totals, key=lambda reason: (-totals[reason], reason))
    rows = []
    for place, code in enumerate(found.table.languages):
        left = int(found.coverage.pairs[place, place])
        lost = found.losses.lost.get(code, 0)
        row = [_language(code), Cell(f"{left:,}"), Cell(f"{lost:,}")]
        row.append(Cell(f"{lost / (left + lost):.1%}") if left + lost else NONE)
        row += [_count(found.losses.cells[reason].get(code, 0)) for reason in reasons]
        rows.append(tuple(row))
    return Table(
        "Cells that were removed, by language and reason. A cell with several reasons counts for"
        " each of them, and once as lost; cells of records that went as a whole are not counted.",
        ("language", "left", "lost", "of all", *(reason.replace("_", " ") for reason in reasons)),
        tuple(rows),
    )


def whole_table(found: Checked) -> Table | None:
    """One row a reason for which whole records went."""
    if found.losses is None or not found.losses.records:
        return None
    records = sorted(found.losses.records.items(), key=lambda one: (-one[1], one[0]))
    return Table(
        "Records that were removed in all languages, by reason.",
        ("reason", "records"),
        tuple((Cell(reason.replace("_", " ")), Cell(f"{count:,}")) for reason, count in records),
    )


def origin_table(found: Checked) -> Table:
    """One row an origin: cells and languages."""
    rows = []
    for place, cells in sorted(found.origins.items(), key=lambda one: -sum(one[1].values())):
        words = "not known" if place is None else origin_words(found.table.origins[place])
        codes = sorted(cells, key=lambda code: (-cells[code], code))
        named = ", ".join(f"{code} {cells[code]:,}" for code in codes[:12])
        more = f" and {len(codes) - 12} more" if len(codes) > 12 else ""
        rows.append((Cell(words), Cell(f"{sum(cells.values()):,}"), Cell(named + more, wide=True)))
    return Table(
        "Where the cells are from, and in which languages.",
        ("origin", "cells", "by language"),
        tuple(rows),
    )


def score_table(found: Checked, name: str) -> Table:
    """One row a language that has the score."""
    rows = [
        (_language(code), Cell(f"{spread.known:,}"), _decimals(spread), Cell(f"{spread.most:.3f}"))
        for code, spread in found.scores[name].items()
    ]
    return Table(
        f"Score {name}: median, and under it the range of nine tenths of the cells.",
        ("language", "cells", name, "highest"),
        tuple(rows),
    )


def _language(code: str) -> Cell:
    return Cell(f"{languages.name(code)} ({code})")


def _count(number: int) -> Cell:
    return Cell(f"{number:,}") if number else NONE


def _repeated(found: Checked, side: Side, code: str) -> Cell:
    one = found.repeated[side][code]
    return Cell(f"{one.copies / one.looked_at:.1%}") if one.looked_at else NONE


def _untranslated(found: Checked, code: str) -> Cell:
    there = int(found.coverage.passages[found.table.languages.index(code)])
    if code == found.reference or not there:
        return NONE
    return Cell(f"{found.untranslated[code]['passage'] / there:.1%}")


def _spread(spread: Spread | None) -> Cell:
    if spread is None:
        return NONE
    return Cell(f"{spread.middle:,.0f}", f"{spread.low:,.0f}–{spread.high:,.0f}")


def _decimals(spread: Spread) -> Cell:
    return Cell(f"{spread.middle:.3f}", f"{spread.low:.3f}–{spread.high:.3f}")


def _most(spread: Spread | None) -> Cell:
    return NONE if spread is None else Cell(f"{spread.most:,.0f}")
