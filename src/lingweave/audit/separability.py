"""Does a vector tell the language of its text? A linear probe, and a projection to look at.

Source: linear probes after Alain and Bengio (2016, arXiv 1610.01644); how much language is left in
multilingual vectors is asked in this way by Libovický et al. (2020, arXiv 2004.05160).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.encoders.unit import normalised
from lingweave.errors import LingweaveError

Floats = NDArray[np.float32]

FOLDS = 5
LEAST = 2 * FOLDS
"""Texts that a language must have to be probed."""
RESAMPLES = 1_000


class Separability(NamedTuple):
    """How well a linear classifier finds the language of unseen texts from their vectors."""

    accuracy: float
    """The mean over languages of the share of texts that are recognised."""
    low: float
    """Lower end of the 95% interval, from resampled texts."""
    high: float
    """Upper end."""
    chance: float
    """What guessing gives: 1 / languages."""
    by_language: dict[str, float]
    """The share of each language's texts that are recognised."""
    left_out: tuple[str, ...]
    """Languages with too few texts."""


def separability(vectors: Mapping[str, Floats], seed: int = 0) -> Separability:
    """The cross-validated accuracy of a ridge classifier on unit vectors.

    1 means that a hyperplane tells every language from the rest, so that a search can prefer one
    by its language alone; chance means that no direction of the space stands for a language.

    Args:
        vectors: (texts, d) by language; a few hundred texts of each are enough.
        seed: of the folds and of the resamples.

    Raises:
        LingweaveError: fewer than two languages have ``LEAST`` texts.
    """
    # Imported here: scikit-learn takes a second, and not every audit gets here.
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    probed = [x for x in sorted(vectors) if len(vectors[x]) >= LEAST]
    if len(probed) < 2:
        raise LingweaveError(
            f"separability: needs two languages with {LEAST} texts or more, and there"
            f" {'is' if len(probed) == 1 else 'are'} {len(probed)}"
        )
    rows = normalised(np.concatenate([vectors[x] for x in probed]))
    truth = np.repeat(np.arange(len(probed)), [len(vectors[x]) for x in probed])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    right = (
        cross_val_predict(
            RidgeClassifier(alpha=1e-2, class_weight="balanced"), rows, truth, cv=folds
        )
        == truth
    )
    shares = np.array([right[truth == i].mean() for i in range(len(probed))])
    drawn = np.random.default_rng(seed)
    counts = np.bincount(truth)
    # The number of hits among n texts drawn again is binomial: no text need be drawn.
    means = (drawn.binomial(counts, shares, (RESAMPLES, len(probed))) / counts).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Separability(
        accuracy=float(shares.mean()),
        low=float(low),
        high=float(high),
        chance=1 / len(probed),
        by_language=dict(zip(probed, shares.tolist(), strict=True)),
        left_out=tuple(x for x in sorted(vectors) if x not in probed),
    )


def projected(vectors: Mapping[str, Floats]) -> dict[str, NDArray[np.float64]]:
    """(texts, 2) by language: the two principal components of the unit vectors of all."""
    names = sorted(vectors)
    rows = normalised(np.concatenate([vectors[x] for x in names])).astype(np.float64)
    rows -= rows.mean(axis=0)
    _, _, axes = np.linalg.svd(rows, full_matrices=False)
    ends = np.cumsum([len(vectors[x]) for x in names])[:-1]
    return dict(zip(names, np.split(rows @ axes[:2].T, ends), strict=True))
