"""What a check found, in sentences: the first thing on the terminal and on the page."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lingweave import languages
from lingweave.check.checked import Checked
from lingweave.table import SIDES

if TYPE_CHECKING:
    from lingweave.check.cost import Cost
    from lingweave.training.footprint.footprint import Footprint

RARE = 0.5
"""Below this share of the records a language is named as rare."""
COPIED = 0.02
"""From this share of a language's texts on, copies and untranslated texts are named."""


def findings(found: Checked) -> tuple[str, ...]:
    """Sentences, the most important ones first."""
    return (*_cells(found), *_texts(found), *_lost(found), *_unseen(found))


def _cells(found: Checked) -> Iterator[str]:
    table, coverage = found.table, found.coverage
    own = np.diag(coverage.pairs)
    cells = len(table) * len(table.languages)
    yield (
        f"{len(table):,} records in {len(table.languages)} languages: {int(own.sum()):,} of"
        f" {cells:,} cells have a query with a passage"
        f" ({own.sum() / max(1, cells):.1%})."
    )
    several = int((coverage.languages_of >= 2).sum())
    every = int((coverage.languages_of == len(table.languages)).sum())
    if len(table.languages) > 1:
        yield (
            f"{several:,} records ({several / max(1, len(table)):.1%}) are there in two languages"
            f" or more, {every:,} in all of them."
        )
    rare = [x for x, count in zip(table.languages, own, strict=True) if count < RARE * len(table)]
    if rare:
        shown = ", ".join(
            f"{languages.name(x)} ({int(own[table.languages.index(x)]):,})"
            for x in sorted(rare, key=lambda x: int(own[table.languages.index(x)]))[:6]
        )
        more = f" and {len(rare) - 6} more" if len(rare) > 6 else ""
        yield f"In fewer than half of the records: {shown}{more}."


def _texts(found: Checked) -> Iterator[str]:
    for side, words in zip(SIDES, ("queries", "passages"), strict=True):
        shares = {
            code: one.copies / one.looked_at
            for code, one in found.repeated[side].items()
            if one.looked_at
        }
        worst = max(shares, key=lambda code: shares[code], default=None)
        if worst is not None and shares[worst] >= COPIED:
            yield (
                f"Copies of earlier {words}: {shares[worst]:.1%} in {languages.name(worst)}, the"
                " most of all; equal texts never stand in one batch."
            )
    there = dict(zip(found.table.languages, found.coverage.passages.tolist(), strict=True))
    same = {x: sides["passage"] / max(1, there[x]) for x, sides in found.untranslated.items()}
    named = [x for x in sorted(same, key=lambda x: -same[x]) if same[x] >= COPIED]
    if named:
        shown = ", ".join(f"{languages.name(x)} {same[x]:.1%}" for x in named[:6])
        yield f"Passages that are the {languages.name(found.reference)} ones: {shown}."


def _lost(found: Checked) -> Iterator[str]:
    if found.losses is None:
        return
    totals = {reason: sum(cells.values()) for reason, cells in found.losses.cells.items()}
    often = sorted(totals, key=lambda reason: -totals[reason])[:3]
    shown = ", ".join(f"{reason.replace('_', ' ')} {totals[reason]:,}" for reason in often)
    lost, whole = sum(found.losses.lost.values()), sum(found.losses.records.values())
    yield (
        f"Removed while it was built: {lost:,} cells"
        + (f" ({shown})" if shown else "")
        + f" and {whole:,} whole records."
    )


def _unseen(found: Checked) -> Iterator[str]:
    clear: list[str] = []
    shared: list[str] = []
    for entry in found.table.unseen:
        left = any(not one.get("removed") for one in entry.get("articles", ()))
        (shared if left else clear).append(str(entry.get("benchmark", "a benchmark")))
    if clear:
        yield f"Cleared of the items of {', '.join(clear)}: evaluations may call these unseen."
    if shared:
        yield (
            f"Cleared of the items of {', '.join(shared)}, but not of other texts of the same"
            " articles: evaluations say `seen (articles)`."
        )
    for entry in found.table.unseen:
        looked_at = entry.get("table_languages", found.table.languages)
        if since := [x for x in found.table.languages if x not in looked_at]:
            yield (
                f"Made after the table was cleared of the items of {entry.get('benchmark')}, and"
                f" not looked at: {_some(since)}."
            )
    if not found.table.unseen:
        yield (
            "The table does not say that it was cleared of any benchmark: evaluations cannot call"
            " any of them unseen."
        )


def _some(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - 6} more" if len(codes) > 6 else ""
    return ", ".join(map(languages.name, codes[:6])) + more


def cost_facts(cost: "Cost") -> tuple[tuple[str, str], ...]:
    """Names and values of what training takes."""
    plan = cost.plan
    texts = 2 * cost.batch_size
    tokens = plan.texts.tokens
    facts = [
        ("a batch", f"{cost.batch_size:,} records, {texts:,} texts, {_short(tokens)} tokens"),
        ("padding", f"{plan.texts.padded / tokens - 1:.0%} more tokens than the texts have"),
        (
            "an epoch",
            f"{cost.batches:,} batches, {2 * cost.records:,} texts, {_short(tokens * cost.batches)}"
            " tokens: each record once, in languages that are drawn",
        ),
        ("every cell once", f"{cost.all_batches:,} batches, {2 * cost.cells:,} texts"),
        ("memory", f"{_memory(plan)} on {plan.device.name} ({plan.device.memory / 1e9:.0f} GB)"),
    ]
    seconds = plan.seconds
    if seconds is not None:
        every = seconds / cost.batches * cost.all_batches
        facts.append(
            ("time", f"{duration(seconds)} an epoch, {duration(every)} for every cell once")
        )
    return tuple(facts)


def _memory(plan: "Footprint") -> str:
    return f"{plan.memory.peak / 1e9:.1f} GB at the peak, {'fits' if plan.fits else 'does not fit'}"


def _short(value: float) -> str:
    for size, unit in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """In the largest unit of which there are two."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
