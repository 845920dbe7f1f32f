"""What an audit says in words: nothing that was not measured."""

import math
from typing import NamedTuple

from lingweave import languages
from lingweave.audit.audit import Audit
from lingweave.audit.measured import AS_IS, Measured
from lingweave.audit.tables import named
from lingweave.evaluate.bias import BiasResult
from lingweave.report.tables import clear, figure_text

FAVOURED = (
    "recall_at_10_gap",
    "language_share_at_10",
    "own_language_share_at_10",
    "same_language_first",
)
DIRECTIONS = ("direction_asymmetry", "mrc_at_10")
COST = ("rank_distance", "max_at_r")
CHANGES = (
    ("mono.mAP", "mono mAP", False),
    ("cross.mAP", "cross mAP", False),
    ("multi.mAP", "mAP in the pool", False),
    ("rank_distance", "rank distance", True),
)
"""Figures, their names, and whether less of them is better."""


class Finding(NamedTuple):
    """A question of an audit, and its answer."""

    question: str
    """What is asked."""
    answers: tuple[str, ...]
    """Sentences."""


def findings(audit: Audit) -> tuple[Finding, ...]:
    """Who is favoured, which directions fail, what it costs, whether vectors tell languages."""
    pivots = tuple(
        one.figure.name for one in audit.figures if one.figure.name.startswith("direction_to_")
    )
    parts = [
        ("Who is favoured?", _said(audit, FAVOURED)),
        ("Which directions fail?", _said(audit, pivots + DIRECTIONS)),
        ("What does it cost?", (*_quality(audit.main), *_said(audit, COST))),
        ("Where does it come from?", (*_separated(audit), *_tokens(audit))),
        ("What would change it?", _changes(audit.main)),
    ]
    return tuple(Finding(question, answers) for question, answers in parts if answers)


def _said(audit: Audit, names: tuple[str, ...]) -> tuple[str, ...]:
    results = [named(audit.figures, name) for name in names]
    return tuple(_with_names(one) for one in results if one is not None and one.users)


def _with_names(result: BiasResult) -> str:
    """What a figure means for users, with languages by their names."""
    told, value = result.told, result.value
    by_name = {languages.name(code): value for code, value in told.by_language.items()}
    noise = ""
    if value.low <= told.chance <= value.high:
        noise = " (Its interval holds what chance would give: this may be noise.)"
    return result.figure.users(told._replace(by_language=by_name)) + noise


def _changes(main: Measured | None) -> tuple[str, ...]:
    """What another arm changes: only differences whose intervals exclude zero are said."""
    if main is None or len(main.comparison.arms) < 2:
        return ()
    texts = []
    for arm in main.comparison.arms:
        if arm.name == AS_IS:
            continue
        parts = []
        for key, name, lower in CHANGES:
            interval = arm.difference[key]
            if math.isfinite(interval.low) and clear(key, interval):
                better = (interval.mean < 0) == lower
                ends = (figure_text(key, x, sign=True) for x in interval)
                mean, low, high = ends
                parts.append(f"{name} {'better' if better else 'worse'} ({mean}, {low} to {high})")
        if parts:
            texts.append(f"With {arm.name}, nothing trained: {'; '.join(parts)}.")
        else:
            texts.append(
                f"With {arm.name}, no figure changes by more than its interval allows for."
            )
    texts.append(
        "`lingweave debias` writes that correction; training on hybrid batches (`lingweave train"
        " --recipe hybrid`) is what changes the space itself."
    )
    return tuple(texts)


def _quality(main: Measured | None) -> tuple[str, ...]:
    if main is None:
        return ()
    macro = main.comparison.arm(AS_IS).macro
    mono, multi = macro["mono.mAP"], macro["multi.mAP"]
    if not (math.isfinite(mono.mean) and math.isfinite(multi.mean)):
        return ()
    return (
        f"In the corpus of its own language a query reaches mAP"
        f" {figure_text('mono.mAP', mono.mean)}; in the pool of all languages, where its answers"
        f" in every language count, {figure_text('multi.mAP', multi.mean)}.",
    )


def _tokens(audit: Audit) -> tuple[str, ...]:
    """What the tokenizer does; nothing of unknown tokens where there are none."""
    return tuple(
        _with_names(one)
        for one in audit.tokens
        if one.users and not (one.figure.name == "unknown_characters" and not one.value.mean)
    )


def _separated(audit: Audit) -> tuple[str, ...]:
    found = audit.separability
    if found is None:
        return ()
    ends = f"{found.low:.1%} to {found.high:.1%}"
    if found.low <= found.chance:
        return (
            f"Vectors do not tell languages apart: a linear classifier finds the language of"
            f" {found.accuracy:.1%} of unseen documents ({ends}), and guessing {found.chance:.1%}.",
        )
    return (
        f"A linear classifier finds the language of {found.accuracy:.1%} of unseen documents from"
        f" their vectors ({ends}; guessing finds {found.chance:.1%}): languages lie apart in the"
        " space, and similarity can depend on them.",
    )
