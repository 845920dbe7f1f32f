"""Hits on the terminal."""

import unicodedata
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from lingweave.index.passages import Passage
from lingweave.index.requests import Hit

SHOWN = 400
"""Characters of a passage that are shown."""


def print_hits(hits: Sequence[Hit], explain: bool, console: Console) -> None:
    """Prints hits, best first: a line about each, and its text below.

    Args:
        hits: of one search.
        explain: whether they know where they stand.
        console: where to.
    """
    if not hits:
        console.print("nothing was found: no passage fits")
    for number, hit in enumerate(hits, 1):
        line = Text(f"{number:>3}  ")
        line.append(f"{hit.score:.4f}", style="bold")
        line.append(f"  {hit.passage.language}", style="cyan")
        line.append(f"  {printable(hit.passage.id)}")
        if explain:
            line.append(f"  {standing(hit)}", style="magenta")
        if hit.versions:
            line.append(f"  also in {_languages(hit.versions)}", style="dim")
        console.print(line, soft_wrap=True)
        console.print(Text(f"     {shortened(hit.passage.text)}"), soft_wrap=True)


def standing(hit: Hit) -> str:
    """Where a hit stands by vectors and by words, such as ``th 1, pool 34, words 2``."""
    places = [(hit.passage.language, hit.language_rank), ("pool", hit.pool_rank)]
    told = [f"{where} {'deep down' if rank is None else rank}" for where, rank in places]
    if hit.words_rank is not None:
        told.append(f"words {hit.words_rank}")
    return ", ".join(told)


def shortened(text: str) -> str:
    """The beginning of a text, on one line."""
    words = " ".join(printable(text).split())
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"


def printable(text: str) -> str:
    """The text without what would steer a terminal: control characters, and marks that turn the
    direction of what follows."""
    return "".join(" " if _steers(letter) else letter for letter in text)


def _steers(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs") or letter in _TURNING


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _languages(versions: Sequence[Passage]) -> str:
    return ", ".join(dict.fromkeys(one.language for one in versions))
