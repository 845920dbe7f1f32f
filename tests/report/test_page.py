"""The page: self-contained, legible in light and dark, text of every script intact."""

import re
from html.parser import HTMLParser

import pytest

from lingweave.errors import LingweaveError
from lingweave.report import compared
from lingweave.report.config import ReportConfig
from lingweave.report.page import page
from lingweave.report.run import report
from lingweave.significance import Resampling

FEW = Resampling(resamples=50)
VOID = {"meta", "link", "br", "img", "hr", "input", "path", "use", "image"}


class Parsed(HTMLParser):
    """Elements with their attributes, the text of each ``<text>``, and whether tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.svg_text: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "text":
            self.svg_text.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "text" in self.open:
            self.svg_text[-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def html(runs, benchmark) -> str:
    return page(compared(runs, resampling=FEW), benchmark)


def test_nothing_points_to_the_network(html):
    parsed = Parsed(html)
    assert html.startswith("<!DOCTYPE html>")
    for tag, attributes in parsed.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed"}
        for name in ("src", "href", "xlink:href", "srcset", "data", "action", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/png;base64,"))
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)
    assert "http:" not in html
    assert "https:" not in html


def test_ids_are_unique_and_every_reference_has_its_target(html):
    parsed = Parsed(html)
    ids = [a["id"] for _, a in parsed.elements if "id" in a]
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r'(?:href="#|url\(#)([^")]+)', html))
    for _, attributes in parsed.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            wanted |= set((attributes.get(name) or "").split())
    assert wanted <= set(ids)


def test_reads_on_a_phone_in_light_and_dark(html):
    parsed = Parsed(html)
    metas = {a.get("name"): a.get("content") for a in parsed.all("meta")}
    assert "width=device-width" in metas["viewport"]
    assert metas["color-scheme"] == "light dark"
    assert "@media (prefers-color-scheme: dark)" in html
    assert "overflow-x: auto" in html
    assert html.count("<table") == html.count('<div class="scroll" role="region"') - html.count(
        "<svg"
    )


def test_drawings_take_the_colour_and_font_of_the_page_and_say_what_they_are(html):
    svgs = re.findall(r"<svg.*?</svg>", html, flags=re.S)
    assert len(svgs) == 3 + 2 + 1  # a map an arm, a difference an arm but one, rank distance
    for svg in svgs:
        assert 'role="img"' in svg
        assert re.search(r"<title id=[^>]*>[^<]{10,}</title>", svg)
        assert re.search(r"<desc id=[^>]*>[^<]{30,}</desc>", svg)
        assert "currentColor" in svg
        assert "#010203" not in svg
        assert "DejaVu" not in svg
        assert not re.search(r"fill: (#ffffff|white)[^>]*>\s*</path>", svg[:2000])


def test_svg_text_keeps_every_script(html):
    texts = Parsed(html).svg_text
    for word in ("العربية", "हिन्दी", "ไทย", "中文"):
        assert any(word in text for text in texts), word


def test_texts_of_the_examples_have_language_and_direction_and_are_escaped(html):
    parsed = Parsed(html)
    quotes = parsed.all("blockquote")
    assert [(a["lang"], a["dir"]) for a in quotes] == [
        ("ar", "rtl"),
        ("hi", "ltr"),
        ("th", "ltr"),
        ("zh", "ltr"),
    ]
    assert "ما هي عملة اليابان؟ 0" in html
    assert "日本的货币是什么？ 0" in html
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in html
    assert "<b>&amp;" not in html
    assert "relevant" in html


def test_says_what_was_run_and_how_sure_it_is(html):
    for words in (
        "What the figures say",
        "95% of 50 resamples",
        "0.52 and 6.3 times",
        "x-x-mono, seed 2",
        "abc123",
        "licence: CC0",
        "What ties could change",
        "benchmark in training",
        "rank distance",
        "÷ random",
    ):
        assert words in html, words


def test_one_arm_without_texts_makes_a_page_too(save, toy):
    html = page(compared([save("alone")], resampling=FEW))
    Parsed(html)
    assert "Differences to" not in html
    assert "Example queries" not in html
    html = page(compared([save("english", of=toy(codes=("en",)))], resampling=FEW))
    Parsed(html)
    assert "Rank distance by language" not in html


def test_names_with_markup_are_shown_as_they_are(save):
    html = page(compared([f"<i>a$b$</i> & [bold]={save('odd')}"], resampling=FEW))
    parsed = Parsed(html)
    assert "<i>a$" not in html
    assert any("<i>a$b$</i> & [bold]" in text for text in parsed.svg_text)


def test_more_than_twenty_languages_have_no_cell_numbers(save, toy):
    codes = re.findall("..", "amarbgbncsdadeelenesetfafifrhehihuidjakonlptthzh")
    html = page(compared([save("many", of=toy(codes=codes, queries=3, groups=0))], resampling=FEW))
    parsed = Parsed(html)
    assert 'class="many"' in html
    assert not any(re.fullmatch(r"\.\d\d", text.strip()) for text in parsed.svg_text)
    assert {"am", "zh"} <= {text.strip() for text in parsed.svg_text}
    assert any("አማርኛ" in text for text in parsed.svg_text)


def test_the_same_comparison_gives_the_same_page(runs):
    comparison = compared(runs[:3], resampling=FEW)
    assert page(comparison) == page(comparison)


def test_report_writes_the_page_or_one_line(runs, tmp_path, benchmark):
    out = report(ReportConfig(runs, tmp_path / "new" / "page.html", resamples=20), benchmark)
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]
    with pytest.raises(LingweaveError, match=r"cannot write .*it is a folder"):
        report(ReportConfig(runs[:1], tmp_path / "new", resamples=20))
    with pytest.raises(LingweaveError, match="does not say how its benchmark is read"):
        report(ReportConfig(runs[:1], tmp_path / "x.html", data=tmp_path, resamples=20))


def test_a_damaged_top_list_is_one_line(save, benchmark):
    folder = save("damaged")
    (folder / "topk.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(LingweaveError, match=r"topk\.parquet: cannot be read"):
        page(compared([folder], resampling=FEW), benchmark)
