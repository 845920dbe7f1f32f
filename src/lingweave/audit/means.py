"""What taking each language's mean vector away would change, as scores to evaluate."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lingweave.audit.config import MEANS_REMOVED_FILE, AuditConfig
from lingweave.benchmark import Benchmark
from lingweave.debias import Debias, mean_maps
from lingweave.debias.encoder import DebiasedEncoder
from lingweave.debias.vectors import VectorFile
from lingweave.encoders.scores import Encoder, Scores, encoder_scores
from lingweave.encoders.unit import normalised
from lingweave.encoders.vectors import vectors_scores

MEANS_REMOVED = "means removed"
"""What the corrected encoder is called beside the encoder as it is."""
LEARNED_FROM = 2_000
"""Documents of each language that its mean is taken of at most."""


def corrected_scores(
    config: AuditConfig, encoder: Encoder | None, samples: Mapping[str, NDArray[np.float32]]
) -> Callable[[Benchmark], Scores]:
    """Scores after the mean of each language's passages is taken from its passages and queries.

    Args:
        config: of the audit.
        encoder: what is audited; None for vectors in a file.
        samples: (texts, d) vectors of some passages of each language; at least of one.
    """
    unit_length = config.similarity == "cosine"
    scaled = {y: normalised(v) if unit_length else v for y, v in samples.items()}
    maps = mean_maps(scaled)
    counts = {y: len(v) for y, v in samples.items()}
    debias = Debias(maps, maps, unit_length, {"method": "mean", "texts": counts})
    if encoder is not None:
        corrected = DebiasedEncoder(encoder, debias)
        return lambda benchmark: encoder_scores(corrected, benchmark, config.similarity)
    assert config.vectors is not None
    path = config.out / MEANS_REMOVED_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    VectorFile(config.vectors, None).write(path, debias)
    return partial(vectors_scores, path, similarity=config.similarity)
