"""Vectors at length 1, whatever their length was: numpy alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def as_float32(vectors: NDArray[np.floating]) -> Floats:
    """A copy in which equal vectors have equal bytes."""
    # Adding 0 turns -0.0 into 0.0.
    return np.ascontiguousarray(vectors, dtype=np.float32) + np.float32(0)


def normalised(vectors: NDArray[np.floating]) -> Floats:
    """(n, d) float32 at length 1 (L2), zeros left as they are."""
    unit = as_float32(vectors)
    # Dividing by the largest entry first keeps squares of large or tiny vectors within fp32.
    unit /= np.maximum(np.abs(unit).max(axis=1, keepdims=True, initial=0), 1e-30)
    norms = np.linalg.norm(unit, axis=1, keepdims=True)
    unit /= np.where(norms > 0, norms, 1)
    return unit
