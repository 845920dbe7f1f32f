"""How many edits lie between two sequences, or between one and the nearest part of the other."""

from collections.abc import Hashable, Sequence


def edits(pattern: Sequence[Hashable], text: Sequence[Hashable], part: bool = False) -> int:
    """The Levenshtein distance of two sequences (insertions, deletions, replacements).

    The rows of the table are bits of whole numbers: the time is that of ``text`` as long as
    ``pattern`` has no more than some hundred elements.

    Args:
        pattern: what is looked for.
        text: what is looked at.
        part: the distance to the nearest contiguous part of ``text`` (Sellers 1980), not to all
            of it.

    Source: Myers (1999), A fast bit-vector algorithm for approximate string matching based on
    dynamic programming; the whole distance as Hyyrö (2003) has it.
    """
    length = len(pattern)
    if not length:
        return 0 if part else len(text)
    where: dict[Hashable, int] = {}
    for place, element in enumerate(pattern):
        where[element] = where.get(element, 0) | 1 << place
    everything, top = (1 << length) - 1, 1 << length - 1
    plus, minus, distance = everything, 0, length
    best = distance
    for element in text:
        equal = where.get(element, 0)
        across = (((equal & plus) + plus) ^ plus) | equal | minus
        down = minus | ~(across | plus) & everything
        up = plus & across
        distance += bool(down & top) - bool(up & top)
        # Row 0 counts the elements of the text before, unless they may be passed over.
        down = (down << 1 | (not part)) & everything
        up = up << 1 & everything
        plus = up | ~((equal | minus) | down) & everything
        minus = down & (equal | minus)
        best = min(best, distance)
    return best if part else distance
