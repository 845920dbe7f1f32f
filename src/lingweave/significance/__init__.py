"""How sure a figure is: a paired cluster bootstrap over queries, languages and training seeds.

Questions about one paragraph are not independent, and neither are the translations of one
question. So the unit that is drawn again is the *cluster*: the benchmark's group (the paragraph in
XQuAD-R), or the question where there is none, in all languages at once. Every arm is computed with
the same drawn clusters, so what they have in common cancels in their difference.

The figures keep the nesting of an evaluation: query -> mean over the queries of a language pair
-> cross of x = mean over y != x -> macro = mean over languages. In a resample, the mean of a pair
is the ratio of two weighted sums; with ``W[b, c]``, how often resample ``b`` drew cluster ``c``,
all numerators are ``W @ sums`` and all denominators ``W @ counts``, one matrix product each.

Where an arm was trained several times, its figure is the mean over its seeds, and every resample
also draws the seeds again: the same draw for all arms with the same seeds, else independent ones.

Source: Field and Welsh (2007), Bootstrapping clustered data, JRSS B 69 (cluster bootstrap);
Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentile interval).
"""

from lingweave.significance.bootstrap import (
    Interval,
    JointResampling,
    Resampled,
    Resampling,
    cluster_weights,
    intervals,
    language_intervals,
    macro,
    macro_by_seed,
    macro_intervals,
    resampled_arms,
    seed_shares,
)
from lingweave.significance.samples import (
    BIAS,
    FIGURES,
    METRICS,
    SETTINGS,
    Arm,
    Design,
    Head,
    PairTable,
    PoolTable,
    Sample,
    StreamedSample,
    ValueSample,
    check_comparable,
    cluster_count,
    cluster_numbers,
)

__all__ = [
    "BIAS",
    "FIGURES",
    "METRICS",
    "SETTINGS",
    "Arm",
    "Design",
    "Head",
    "Interval",
    "JointResampling",
    "PairTable",
    "PoolTable",
    "Resampled",
    "Resampling",
    "Sample",
    "StreamedSample",
    "ValueSample",
    "check_comparable",
    "cluster_count",
    "cluster_numbers",
    "cluster_weights",
    "intervals",
    "language_intervals",
    "macro",
    "macro_by_seed",
    "macro_intervals",
    "resampled_arms",
    "seed_shares",
]
