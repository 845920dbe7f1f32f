"""The bias figures that an audit reports."""

from lingweave.bias.figure import Figure
from lingweave.bias.head_figures import language_share, mrc_at, own_language_share
from lingweave.bias.rank_figures import (
    DIRECTION_ASYMMETRY,
    MAX_AT_R,
    RANK_DISTANCE,
    RANK_DISTANCE_RATIO,
    SAME_LANGUAGE_FIRST,
    recall_by_language,
    recall_gap,
)

FIGURES: tuple[Figure, ...] = (
    RANK_DISTANCE,
    RANK_DISTANCE_RATIO,
    MAX_AT_R,
    SAME_LANGUAGE_FIRST,
    recall_by_language(10),
    recall_by_language(100),
    recall_gap(10),
    recall_gap(100),
    DIRECTION_ASYMMETRY,
    mrc_at(10),
    own_language_share(10),
    language_share(10),
)
"""What an audit reports; `direction_to` is added where English (or another pivot) takes part."""
