"""Documents cut into passages: sentences until a passage is full, the last ones said again."""

from dataclasses import dataclass

from lingweave import languages
from lingweave.building.sentences import split
from lingweave.errors import LingweaveError

_DENSE = frozenset({"Hans", "Hant", "Hani", "Jpan", "Kore"})
_DENSER = 2.5
"""Letters that say as much as one character where a character is a syllable or a word."""


@dataclass(frozen=True)
class ChunkOptions:
    """How long passages are."""

    chunk: int = 1000
    """Characters of a passage at most (of Chinese, Japanese and Korean 2 for 5); longer documents
    become several, cut between sentences; 0 cuts nothing."""
    overlap: int = 1
    """Sentences that a passage begins with again, from the end of the one before it."""

    def __post_init__(self) -> None:
        if self.chunk < 0:
            raise LingweaveError(f"--chunk {self.chunk}: must be 0 or more")
        if self.overlap < 0:
            raise LingweaveError(f"--overlap {self.overlap}: must be 0 or more")


def chunks(text: str, language: str, options: ChunkOptions) -> list[str]:
    """The passages of a text: all of it in pieces that end where sentences do.

    A text that fits into one passage is left as it is but for the white space around it. What is
    said again never fills more than half a passage.

    Args:
        text: of a document, not empty.
        language: its canonical code.
        options: how long they are.
    """
    text = text.strip()
    limit = _limit(language, options.chunk)
    if not options.chunk or len(text) <= limit:
        return [text]
    spans = _spans(text, language, limit)
    pieces: list[str] = []
    first = 0
    while first < len(spans):
        last = first
        while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= limit:
            last += 1
        pieces.append(text[spans[first][0] : spans[last][1]])
        if last + 1 == len(spans):
            break
        back = last + 1
        while back > first + 1 and last + 1 - back < options.overlap:
            # The next sentence must still fit, or the same passage would come again.
            if spans[last + 1][1] - spans[back - 1][0] > limit or (
                spans[last][1] - spans[back - 1][0] > limit // 2
            ):
                break
            back -= 1
        first = back
    return pieces


def _limit(language: str, characters: int) -> int:
    if language != languages.UNKNOWN and languages.script(language) in _DENSE:
        return max(1, int(characters / _DENSER))
    return characters


def _spans(text: str, language: str, limit: int) -> list[tuple[int, int]]:
    """Sentences with what stands between them (marks, numbers), so that nothing is lost; none is
    longer than the limit."""
    spans: list[tuple[int, int]] = []
    at = 0
    for start, end in split(text, language, limit).spans:
        before = _bare(text, at, start, limit)
        if before and end - before[-1][0] <= limit:  # Marks stand with their sentence.
            start = before.pop()[0]
        spans += [*before, (start, end)]
        at = end
    behind = _bare(text, at, len(text), limit)
    if behind and spans and behind[0][1] - spans[-1][0] <= limit:
        spans[-1] = (spans[-1][0], behind.pop(0)[1])
    return spans + behind


def _bare(text: str, start: int, end: int, limit: int) -> list[tuple[int, int]]:
    """What stands between two places, without white space around it, cut anywhere."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    cut = [(at, min(at + limit, end)) for at in range(start, end, limit)]
    return [(a, b) for a, b in cut if text[a:b].strip()]
