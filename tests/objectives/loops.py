"""The objectives as plain loops over lists, written from their formulas, one row at a time."""

import math
from typing import NamedTuple


class Batch(NamedTuple):
    """Vectors and ids of a batch as nested lists; the fields of ``Embedded``."""

    queries: list
    candidates: list
    positives: list
    ids: list  # records, groups, texts
    other_queries: list
    has_other_query: list
    other_passages: list
    has_other_passage: list
    teacher_queries: list
    teacher_candidates: list
    passage_in_language: list
    query_texts: list
    other_query_texts: list
    other_passage_texts: list

    def passage(self, row):
        return self.candidates[self.positives[row]]

    def same(self, row, candidate, what=(0, 1, 2)):
        """Whether a candidate shares one of the ids with a row's passage."""
        own = self.positives[row]
        return own == candidate or any(
            self.ids[k][own] == self.ids[k][candidate] != -1 for k in what
        )

    def negatives(self, row):
        return [j for j in range(len(self.candidates)) if not self.same(row, j)]

    def strangers(self, row):
        """Rows whose passage shares none of the ids with this row's."""
        return [
            i
            for i in range(len(self.queries))
            if i != row and not self.same(row, self.positives[i])
        ]

    def apart(self, row, own, views):
        """The strangers of a row with which it has none of its two texts in common."""
        texts = [{own[i], views[i]} - {-1} for i in range(len(self.queries))]
        return [i for i in self.strangers(row) if not texts[row] & texts[i]]

    def other_passages_of(self, row):
        """Rows whose two passages are none of the row's."""
        own = [self.ids[2][position] for position in self.positives]
        return self.apart(row, own, self.other_passage_texts)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def log_share(own, others):
    """log [e^own / (e^own + Σ e^others)]."""
    top = max([own, *others])
    return own - top - math.log(sum(math.exp(s - top) for s in [own, *others]))


def forward(b, i, tau, margin=0.0):
    own = (dot(b.queries[i], b.passage(i)) - margin) / tau
    return -log_share(own, [dot(b.queries[i], b.candidates[j]) / tau for j in b.negatives(i)])


def backward(b, i, tau, margin=0.0, passage=None):
    passage = passage or b.passage(i)
    own = (dot(passage, b.queries[i]) - margin) / tau
    return -log_share(own, [dot(passage, b.queries[j]) / tau for j in b.strangers(i)])


def two_sided(b, i, tau, margin=0.0):
    return (forward(b, i, tau, margin) + backward(b, i, tau, margin)) / 2


def multi_positive(b, i, tau):
    mine = [j for j in range(len(b.candidates)) if b.same(i, j, what=(0,))]
    against = [dot(b.queries[i], b.candidates[j]) / tau for j in b.negatives(i)]
    each = [-log_share(dot(b.queries[i], b.candidates[j]) / tau, against) for j in mine]
    return sum(each) / len(each)


def align_queries(b, i, tau):
    others = [j for j in b.apart(i, b.query_texts, b.other_query_texts) if b.has_other_query[j]]
    against = [dot(b.queries[i], b.other_queries[j]) / tau for j in others]
    return -log_share(dot(b.queries[i], b.other_queries[i]) / tau, against)


def align_passages(b, i, tau):
    others = [j for j in b.other_passages_of(i) if b.has_other_passage[j]]
    against = [dot(b.passage(i), b.other_passages[j]) / tau for j in others]
    return -log_share(dot(b.passage(i), b.other_passages[i]) / tau, against)


def semantic(b, i, tau):
    strangers = b.other_passages_of(i)
    pool = [b.passage(j) for j in strangers]
    pool += [b.other_passages[j] for j in strangers if b.has_other_passage[j]]
    u, v = b.passage(i), b.other_passages[i]
    own = dot(u, v) / tau
    return -sum(log_share(own, [dot(a, x) / tau for x in pool]) for a in (u, v)) / 2


def language(b, i, tau):
    total = 0.0
    for j in b.negatives(i):
        u = dot(b.passage(i), b.candidates[j]) / tau
        v = dot(b.other_passages[i], b.candidates[j]) / tau
        total -= (log_share(u, [v]) + log_share(v, [u])) / 2
    return total


def clear(b, i, tau, reverse=0.4, alike=0.2):
    bridge = b.other_passages[i] if b.has_other_passage[i] else b.passage(i)
    rows = [i, *b.strangers(i)]
    by_query = [dot(b.queries[i], b.passage(j)) / tau for j in rows]
    by_bridge = [dot(bridge, b.queries[j]) / tau for j in rows]
    return (
        (1 - reverse - alike) * forward(b, i, tau)
        + reverse * backward(b, i, tau, passage=bridge)
        + alike * divergence(by_bridge, by_query)
    )


def divergence(target, scores):
    total = 0.0
    for k in range(len(target)):
        p = log_share(target[k], target[:k] + target[k + 1 :])
        q = log_share(scores[k], scores[:k] + scores[k + 1 :])
        total += math.exp(p) * (p - q)
    return total


def variance(b, i, tau):
    squares = [dot(b.queries[i], b.candidates[j]) ** 2 for j in b.negatives(i)]
    return sum(squares) / len(squares) if squares else 0.0


def distill_mse(b, i, tau):
    own = b.positives[i]
    pairs = [*zip(b.queries[i], b.teacher_queries[i], strict=True)]
    pairs += zip(b.candidates[own], b.teacher_candidates[own], strict=True)
    return sum((x - y) ** 2 for x, y in pairs)


def distill_kl(b, i, tau):
    kept = [b.positives[i], *b.negatives(i)]
    teacher = [dot(b.teacher_queries[i], b.teacher_candidates[j]) / tau for j in kept]
    student = [dot(b.queries[i], b.candidates[j]) / tau for j in kept]
    return divergence(teacher, student)


LOOPS = {
    "infonce": forward,
    "symmetric": two_sided,
    "multi_positive": multi_positive,
    "margin(0.3)": lambda b, i, tau: two_sided(b, i, tau, 0.3),
    "align_queries": align_queries,
    "align_passages": align_passages,
    "semantic": semantic,
    "language": language,
    "clear(en,0.4,0.2)": clear,
    "clear(en,0,1)": lambda b, i, tau: clear(b, i, tau, 0.0, 1.0),
    "variance": variance,
    "distill_mse": distill_mse,
    "distill_kl": distill_kl,
    "distill_kl(0.5)": lambda b, i, tau: distill_kl(b, i, 0.5),
}
"""Every objective as it is written, with its loop: (batch, row, temperature) -> the row's loss."""


def counts(name, b, i):
    """Whether a row has what the objective needs."""
    if name == "align_queries":
        return b.has_other_query[i]
    if name.startswith("clear"):
        return b.has_other_passage[i] or b.passage_in_language[i]
    if name in ("align_passages", "semantic", "language"):
        return b.has_other_passage[i]
    return True
