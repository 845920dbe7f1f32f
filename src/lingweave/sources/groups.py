"""Which questions are resampled together."""

from collections.abc import Iterable, Sequence


def grouped(together: Iterable[Sequence[str]]) -> dict[str, str]:
    """Question id -> the smallest id that it stands together with, transitively.

    Paragraphs of one article need not align across languages (MLQA's do not), but the questions
    do: what shares a paragraph in any language must be resampled together.

    Args:
        together: ids that share something, such as the paragraph of one language.
    """
    parent: dict[str, str] = {}

    def root(id: str) -> str:
        while (above := parent.setdefault(id, id)) != id:
            parent[id] = parent[above]
            id = above
        return id

    for ids in together:
        for id in ids:
            low, high = sorted((root(ids[0]), root(id)))
            parent[high] = low
    return {id: root(id) for id in parent}
