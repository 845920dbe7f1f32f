"""The page of a check as a reader meets it: hostile texts, many languages."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from check.checked import CODES, ROWS

from lingweave.check.checked import checked
from lingweave.check.config import CheckConfig
from lingweave.check.page import page
from lingweave.check.plots import coverage_heatmap, share_text
from lingweave.languages import name
from lingweave.table import ParallelTable


class Reader(HTMLParser):
    """The tags that are open, and what was met."""

    VOID = ("meta", "br", "path", "use", "rect", "image")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.directions: Counter[tuple[str, str]] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("script", "b", "i", "u", "em", "iframe", "link")
        for key, value in given.items():
            assert not key.startswith("on")
            assert key not in ("src",) or (value or "").startswith("data:")
            assert key != "href" or (value or "").startswith(("#", "data:"))
        self.ids.update(filter(None, [given.get("id")]))
        self.directions[(given.get("lang") or "", given.get("dir") or "")] += 1
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.usefixtures("no_cost")
def test_hostile_texts_stay_texts(folder: Path) -> None:
    """Ids, texts, answers, names of data sets, scores, reasons, translators and benchmarks."""
    path = folder / "table.arrow"
    found = checked(ParallelTable.open(path), CheckConfig([str(path)], samples=ROWS))
    text = page(found, "<title>&")
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert max(reader.ids.values()) == 1
    assert reader.directions[("ar", "rtl")] > 10
    assert reader.directions[("en", "ltr")] > 10
    assert "http" not in re.sub(r"&#?\w+;", "", text).replace("http-equiv", "")
    for shown in ("&lt;script&gt;alert", "xquad-r&lt;b&gt;", "&lt;em&gt;copied", "&lt;u&gt;engine"):
        assert shown in text
    assert all(name(code) in text for code in CODES)
    assert "How it was built" in text
    assert "&lt;i&gt;squad" in text


def test_sixty_languages_are_drawn() -> None:
    codes = [f"{a}{b}" for a in "abcdef" for b in "abcdefghij"]
    pairs = np.full((60, 60), 5)
    pairs[3, 4] = 9
    svg = coverage_heatmap(codes, pairs, 10, "map")
    assert svg.count("<text") >= 120
    assert "most 9 for" in svg
    assert coverage_heatmap(["de"], np.array([[3]]), 8, "one").count(">38<") == 1


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0"), (0.001, "<1"), (0.01, "1"), (0.5, "50"), (0.985, "98"), (0.999, ">99"), (1, "100")],
)
def test_nothing_and_everything_are_exact(share: float, text: str) -> None:
    assert share_text(share) == text
