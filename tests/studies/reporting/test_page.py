"""The page: self-contained, well-formed, with every claim, table and drawing."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from studies.reported import contents

from lingweave.studies.reporting.page import page

VOID = {"meta", "link", "br", "img", "hr", "input", "path", "use", "image"}


class Parsed(HTMLParser):
    """Elements with their attributes; that tags nest; the words between them."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.words = [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def html():
    return page(contents())


def test_nothing_points_to_the_network(html):
    assert html.startswith("<!DOCTYPE html>")
    for tag, attributes in Parsed(html).elements:
        assert tag not in {"script", "link", "iframe", "object", "embed"}
        for name in ("src", "href", "xlink:href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/png;base64,"))
    assert not re.search(r"url\((?!#)|@import|https?:", html)


def test_ids_are_unique_and_every_reference_has_its_target(html):
    elements = Parsed(html).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r'(?:href="#|url\(#)([^")]+)', html))
    for _, attributes in elements:
        for name in ("aria-labelledby", "aria-describedby"):
            wanted |= set((attributes.get(name) or "").split())
    assert wanted <= set(ids)


def test_the_answer_stands_first_and_leads_to_its_comparisons(html):
    places = [html.index(f">{head}</h2>") for head in (
        "Answer", "facts", "elsewhere", "The paper’s figures", "Planned arms",
        "The comparisons behind the claims", "Costs", "Limits", "What made it",
    )]  # fmt: skip
    assert places == sorted(places)
    for number in range(1, 5):
        assert f'<a href="#claim{number}">' in html
        assert f'<h3 id="claim{number}">' in html
    words = " ".join(" ".join(Parsed(html).words).split())
    assert "Of 4 claims: 1 supported, 1 refuted, 1 undecided and 1 not measured." in words
    assert "Not measured: x-x-mono/xlm-r;" in words


def test_drawings_say_what_they_show(html):
    svgs = re.findall(r"<svg.*?</svg>", html, flags=re.S)
    assert len(svgs) == 2 + 2  # bias and cost of the one benchmark; two claims
    for svg in svgs:
        assert 'role="img"' in svg
        assert re.search(r"<title id=[^>]*>[^<]{10,}</title>", svg)
        assert re.search(r"<desc id=[^>]*>[^<]{30,}</desc>", svg)
        assert "currentColor" in svg


def test_words_of_a_study_are_text():
    given = replace(
        contents(), title="<script>alert(1)</script>", question="a & b", limits=("<i>none</i>",)
    )
    html = page(given)
    assert "<script>" not in html
    assert "a &amp; b" in html
    assert "&lt;i&gt;none&lt;/i&gt;" in html
    Parsed(html)


def test_a_page_of_nothing_is_a_page():
    given = replace(
        contents(), claims=(), parts=(), published=(), planned=(), costs=(), comparisons=0
    )
    html = page(given)
    Parsed(html)
    assert "This study makes no claim" in html
