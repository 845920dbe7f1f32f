"""The paper's figures beside ours."""

import math
from collections.abc import Callable, Sequence

from lingweave.significance import Interval
from lingweave.studies.contents import Part, PublishedRow, Reproduced
from lingweave.studies.study import Published
from lingweave.studies.words import base

CLOSE = 0.01
"""How far a fraction may lie from the paper's and still be the same."""
CLOSE_DISTANCE = 0.05
"""The same for rank distances, as a share of the paper's."""


def published_rows(
    published: Sequence[Published], parts: Sequence[Part], arm_name: Callable[[dict[str, str]], str]
) -> tuple[PublishedRow, ...]:
    """Each published figure with ours, in the study's order.

    Args:
        published: the paper's.
        parts: what was measured, with every figure that the paper gives.
        arm_name: what the arm of these choices is called in tables.
    """
    by_name = {part.name: part for part in parts}
    rows = []
    for one in published:
        name, part = arm_name(one.arm), by_name.get(one.benchmark)
        row = part.row(name) if part else None
        for figure, paper in one.figures.items():
            shown = row.figures.get(figure) if row else None
            ours = shown.interval if shown and math.isfinite(shown.interval.mean) else None
            rows.append(
                PublishedRow(name, one.benchmark, figure, paper, ours, _status(figure, paper, ours))
            )
    return tuple(rows)


def reproduced(figure: str, paper: float, ours: Interval) -> bool:
    """Whether our interval holds the paper's figure, or ours lies close to it."""
    close = CLOSE_DISTANCE * paper if base(figure) == "rank_distance" else CLOSE
    # A hair more than the margin: .758 − .748 is .010000000000000009.
    return ours.low <= paper <= ours.high or abs(ours.mean - paper) <= close * (1 + 1e-9)


def _status(figure: str, paper: float, ours: Interval | None) -> Reproduced:
    if ours is None:
        return "not measured"
    return "reproduced" if reproduced(figure, paper, ours) else "not reproduced"
