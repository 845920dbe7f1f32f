"""What a search found, in a few figures."""

from pathlib import Path
from typing import Any

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.mining.search import Found


def summary_of(found: Found) -> dict[str, Any]:
    """The figures, over the records that were looked at.

    Raises:
        LingweaveError: no record has any negative.
    """
    looked_at = ~np.isnan(found.positive)
    there = found.negatives[looked_at] >= 0
    sizes = there.sum(1)
    if not sizes.any():
        raise LingweaveError(
            "no hard negatives: every record is left out as likely answer, near in the table, or"
            " passed over; raise --share, lower --margin or --skip_top, or take another encoder"
        )
    near = found.near.sum()
    return {
        "records": int(looked_at.sum()),
        "negatives_median": float(np.median(sizes)),
        "negatives_min": int(sizes.min()),
        "records_without": int((sizes == 0).sum()),
        "filtered": float(found.filtered.sum() / near),
        "nearer_than_positive": float(found.nearer.sum() / near),
        "positive_score": float(found.positive[looked_at].mean()),
        "mean_gap": float(found.gaps[looked_at][there].mean()),
    }


def print_mined(made: dict[str, Any], out: Path) -> None:
    """Prints the figures, and how to train with the file."""
    summary, table = made["summary"], made["table"]
    print(
        f"{summary['records']:,} of {table['records']:,} records in {len(table['languages'])}"
        f" languages: {summary['negatives_median']:g} hard negatives each in the median,"
        f" {summary['negatives_min']} at least, none for {summary['records_without']:,}"
    )
    print(
        f"of the nearest records {_percent(summary['nearer_than_positive'])} score above the"
        f" positive, {_percent(summary['filtered'])} were left out as likely answers"
    )
    print(
        f"mean score: positive {summary['positive_score']:.4f}, negatives kept"
        f" {summary['positive_score'] + summary['mean_gap']:.4f} ({summary['mean_gap']:+.4f})"
    )
    files = " ".join(table["files"])
    print(f"{out}; to train with it: lingweave train --table {files} --mined {out} --negatives 4")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
