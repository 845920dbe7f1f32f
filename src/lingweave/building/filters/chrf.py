"""chrF: how alike two texts are, by their character n-grams."""

from collections import Counter

ORDER = 6
BETA = 2.0


def chrf(text: str, reference: str) -> float:
    """chrF2 of a text, 0 to 1; blanks are left out.

    Source: Popović (2015), chrF: character n-gram F-score for automatic MT evaluation; n up to 6,
    β = 2, precision and recall averaged over the orders that both texts have, as sacrebleu does.
    """
    ours, theirs = "".join(text.split()), "".join(reference.split())
    precisions, recalls = [], []
    for n in range(1, ORDER + 1):
        left, right = _grams(ours, n), _grams(theirs, n)
        if left and right:
            both = sum((left & right).values())
            precisions.append(both / left.total())
            recalls.append(both / right.total())
    if not precisions or not any(precisions):
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _grams(text: str, n: int) -> Counter[str]:
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))
