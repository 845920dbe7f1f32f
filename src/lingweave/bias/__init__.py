"""Language bias: does the language of a query or passage decide what is found?

Figures are values (`FIGURES`): each has a meaning, a source, a fair direction, and functions from
gold ranks or from the heads of the pool lists to one value a query and cell, so that means,
intervals and comparisons work on all of them alike. None says anything about quality: a constant
encoder has the least rank distance there is. Read them beside mAP.
"""

from lingweave.bias.distance import (
    DistanceBounds,
    expected_last_rank,
    expected_rank_distance,
    last_rank,
    pool_lists,
    rank_distance,
    rank_distance_bounds,
    tied_share,
)
from lingweave.bias.figure import (
    Cells,
    Figure,
    HeadFigure,
    RankFigure,
    Reduction,
    Shape,
    Told,
    Value,
)
from lingweave.bias.figures import FIGURES
from lingweave.bias.first import first_by_chance, same_language_first
from lingweave.bias.head_figures import language_share, mrc_at, own_language_share
from lingweave.bias.heads import (
    Heads,
    corpus_shares,
    language_shares,
    nothing_in_common,
    rank_correlations,
)
from lingweave.bias.rank_figures import (
    DIRECTION_ASYMMETRY,
    MAX_AT_R,
    RANK_DISTANCE,
    RANK_DISTANCE_RATIO,
    SAME_LANGUAGE_FIRST,
    direction_to,
    recall_by_language,
    recall_gap,
)
from lingweave.bias.seen import Seen

__all__ = [
    "DIRECTION_ASYMMETRY",
    "FIGURES",
    "MAX_AT_R",
    "RANK_DISTANCE",
    "RANK_DISTANCE_RATIO",
    "SAME_LANGUAGE_FIRST",
    "Cells",
    "DistanceBounds",
    "Figure",
    "HeadFigure",
    "Heads",
    "RankFigure",
    "Reduction",
    "Seen",
    "Shape",
    "Told",
    "Value",
    "corpus_shares",
    "direction_to",
    "expected_last_rank",
    "expected_rank_distance",
    "first_by_chance",
    "language_share",
    "language_shares",
    "last_rank",
    "mrc_at",
    "nothing_in_common",
    "own_language_share",
    "pool_lists",
    "rank_correlations",
    "rank_distance",
    "rank_distance_bounds",
    "recall_by_language",
    "recall_gap",
    "same_language_first",
    "tied_share",
]
