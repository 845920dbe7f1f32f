"""The paper's figures beside ours."""

import math
from collections.abc import Mapping, Sequence

from lingweave.significance import Interval
from lingweave.studies.definition.study import Published
from lingweave.studies.judging.figures import DISTANCES
from lingweave.studies.reporting.contents import Part, PublishedRow, Reproduced
from lingweave.studies.reporting.words import base

CLOSE = 0.01
"""How far a fraction may lie from the paper's and still be the same."""
CLOSE_DISTANCE = 0.05
"""The same for rank distances, as a share of the paper's."""


def published_rows(
    published: Sequence[Published], parts: Sequence[Part], arms: Mapping[str, Mapping[str, str]]
) -> tuple[PublishedRow, ...]:
    """Each published figure with ours, in the study's order.

    Args:
        published: the paper's.
        parts: what was measured, with every figure that the paper gives.
        arms: name of an arm -> its choices; a published arm that leaves axes out is each of
            those that fit it.
    """
    by_name = {part.name: part for part in parts}
    rows = []
    for one in published:
        part = by_name.get(one.benchmark)
        fitting = [name for name, choices in arms.items() if one.arm.items() <= choices.items()]
        for name in fitting or ["/".join(one.arm.values())]:
            row = part.row(name) if part else None
            for figure, paper in one.figures.items():
                shown = row.judging.get(figure) if row else None
                ours = shown if shown and math.isfinite(shown.mean) else None
                status = _status(figure, paper, ours)
                rows.append(PublishedRow(name, one.benchmark, figure, paper, ours, status))
    return tuple(rows)


def reproduced(figure: str, paper: float, ours: Interval) -> Reproduced:
    """Where our interval lies: wholly close to the paper's figure, wholly farther off, or neither.

    Without an interval nothing can be said.
    """
    # A hair more than the margin: .758 − .748 is .010000000000000009.
    close = CLOSE_DISTANCE * abs(paper) if base(figure) in DISTANCES else CLOSE
    close *= 1 + 1e-9
    if paper - close <= ours.low and ours.high <= paper + close:
        return "reproduced"
    if ours.high < paper - close or ours.low > paper + close:
        return "not reproduced"
    return "undecided"


def _status(figure: str, paper: float, ours: Interval | None) -> Reproduced:
    if ours is None:
        return "not measured"
    return reproduced(figure, paper, ours)
