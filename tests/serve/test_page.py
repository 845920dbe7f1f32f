"""The search page in a real browser: searching, languages, the dial, ranks and versions."""

import pytest
from playwright.sync_api import expect
from serve.backends import LibraryBackend
from serve.browser import PHONE, TEXTS, Visit, scripts
from serve.serving import serving

AUDIT = b"<!DOCTYPE html><title>A</title><style>h1{color:rgb(1,2,3)}</style><h1>An audit</h1>"


@pytest.fixture(scope="module")
def served():
    with serving(lambda: LibraryBackend(scripts()), audit=AUDIT) as found:
        yield found


def test_each_hit_is_written_in_its_language_and_direction(visit):
    visit.search("Water boils at a hundred degrees")
    assert len(visit.hits()) == 10
    assert visit.hits()[0] == "boil-en"
    visit.page.check("#explain")
    visit.page.click("#dial label:nth-of-type(2)")
    visit.page.wait_for_selector("[data-id=boil-ur]")
    assert sorted(visit.hits()) == [f"boil-{code}" for code in sorted(TEXTS)]
    for code, text in TEXTS.items():
        shown = visit.page.locator(f"[data-id=boil-{code}] .text")
        assert shown.inner_text() == text
        assert shown.get_attribute("lang") == code
        right_to_left = code in ("ar", "he", "ur")
        assert shown.evaluate("one => getComputedStyle(one).direction") == (
            "rtl" if right_to_left else "ltr"
        )
        # Scripts that need room get it.
        size = shown.evaluate("one => parseFloat(getComputedStyle(one).lineHeight)")
        assert (size > 25) == (code not in ("de", "en", "he", "sw")), code


def test_chips_hold_counts_and_narrow_the_search(visit):
    chips = visit.texts("#languages .chip")
    assert [one.split() for one in chips[:3]] == [
        ["all", "languages", "17"],
        ["English", "5"],
        ["Deutsch", "4"],
    ]
    visit.search("water")
    german = visit.page.get_by_role("button", name="Deutsch, German (de), 4 passages")
    german.click()
    visit.page.wait_for_selector("[data-id=boil-en]", state="detached")
    assert visit.bodies[-1]["where"]["languages"] == ["de"]
    assert german.get_attribute("aria-pressed") == "true"
    assert len(visit.hits()) == 4
    visit.page.click("#languages .chip >> nth=0")
    visit.page.wait_for_selector("[data-id=boil-en]")
    assert visit.bodies[-1]["where"]["languages"] is None


def test_the_dial_shares_the_list_among_languages(visit):
    visit.search("frozen water")
    visit.page.click("#dial label:nth-of-type(2)")
    expect(visit.page.locator("#shares li")).to_have_count(10)
    assert visit.bodies[-1]["dial"] == {"kind": "balanced"}
    assert "Every language is there." in visit.texts("#shares")[0]

    visit.page.click("#dial label:nth-of-type(3)")
    visit.settle()
    # Nothing is preferred until languages are chosen.
    assert visit.bodies[-1]["dial"] == {"kind": "as_scored"}
    visit.page.click("#preferred-languages .chip[data-code=th]")
    visit.settle()
    assert visit.bodies[-1]["dial"] == {"kind": "preferred", "languages": ["th"], "weight": 1}
    visit.page.focus("#weight")
    visit.page.keyboard.press("End")
    expect(visit.page.locator("li.hit").first).to_have_attribute("data-id", "boil-th")
    assert visit.bodies[-1]["dial"]["weight"] == 5


def test_ranks_are_those_that_the_server_gives(visit):
    visit.search("frozen water")
    assert visit.page.locator(".ranks").count() == 0
    visit.page.check("#explain")
    visit.page.click("#dial label:nth-of-type(2)")
    expect(visit.page.locator(".ranks")).to_have_count(10)
    visit.settle()
    body = visit.bodies[-1]
    told = visit.page.request.post(visit.page.url.split("#")[0] + "v1/search", data=body).json()
    hit = next(one for one in told["hits"] if one["language"] == "th")
    line = visit.page.locator("[data-id=boil-th] .ranks").inner_text()
    assert "1st in Thai" in line
    assert any(f"{hit['ranks']['pool']}{end} of all" in line for end in ("st", "nd", "rd", "th"))


def test_versions_are_one_hit_and_can_be_unfolded(visit):
    visit.page.check("#fold")
    visit.search("Wasser kocht bei hundert Grad")
    assert sum(one.startswith("boil-") for one in visit.hits()) == 1
    versions = visit.page.locator("[data-id=boil-de] details")
    assert versions.locator("li").count() == 0
    versions.locator("summary").click()
    versions.locator("li").first.wait_for()
    assert versions.locator("li").count() == 9
    arabic = versions.locator("p[lang=ar]")
    assert (arabic.inner_text(), arabic.get_attribute("dir")) == (TEXTS["ar"], "rtl")


MARKED = [
    ("Water boils at a HUNDRED", "boil-en", ["Water", "boils", "hundred"]),
    ("水は沸騰", "boil-ja", ["沸騰"]),
    ("沸腾", "boil-zh", ["沸腾"]),
    ("น้ำเดือด", "boil-th", ["น้ำเดือด"]),
    ("الماء درجة", "boil-ar", ["الماء", "درجة"]),
    ("डिग्री पानी", "boil-hi", ["पानी", "डिग्री"]),
    ("מעלות", "boil-he", ["מעלות"]),
]


def test_words_of_the_query_are_marked(visit):
    visit.page.click("#dial label:nth-of-type(2)")
    for query, passage, marked in MARKED:
        visit.search(query)
        found = visit.texts(f"[data-id={passage}] mark")
        # Browsers differ in where they cut Thai; what is marked together is the same.
        assert "".join(found) == "".join(marked), query
    visit.search("at a")
    assert visit.texts("[data-id=boil-en] mark") == ["at", "a"]


def test_metadata_narrows_and_its_condition_can_be_taken_away(visit):
    visit.search("water")
    visit.page.click("[data-id=boil-en] .metadata >> nth=0")
    condition = visit.page.get_by_role("button", name="Without the condition topic = heat")
    condition.wait_for()
    visit.settle()
    assert visit.bodies[-1]["where"]["conditions"] == [
        {"field": "topic", "relation": "=", "value": "heat"}
    ]
    visit.page.wait_for_selector("[data-id=en-0]", state="detached")
    condition.click()
    visit.page.wait_for_selector("[data-id=en-0]")


def test_more_hits_and_no_hits(visit):
    visit.search("water")
    assert len(visit.hits()) == 10
    visit.page.click("#more")
    visit.shown(17)
    assert visit.page.locator("#more").is_hidden()
    visit.page.click("#mode label:nth-of-type(2)")
    visit.search("nowhere")
    assert visit.hits() == []
    assert "No passage shares a word" in visit.texts("#status")[0]


def test_the_address_holds_what_was_asked(visit, browser):
    visit.search("pure & simple? water#1")
    visit.page.check("#fold")
    visit.page.click("#languages .chip[data-code=en]")
    visit.settle()
    first = visit.page.url
    visit.search("snow")
    visit.page.go_back()
    expect(visit.page.locator("#query")).to_have_value("pure & simple? water#1")
    visit.settle()
    with Visit(browser, first) as other:
        other.page.wait_for_selector("li.hit")
        assert other.bodies[-1] == visit.bodies[-1]
        assert other.page.is_checked("#fold")
    # Queries stay in the browser: what is behind the # is never sent.
    assert not any("simple" in url for url in visit.asked)


@pytest.mark.parametrize(
    "fragment",
    [
        '#q=<img src=x onerror=alert(1)>&where=nonsense&where=[1]&where=["a",{}]',
        "#q=water&k=1e9&dial=constructor&mode=__proto__&weight=NaN&languages=xx,,de&rerank=1",
    ],
)
def test_a_strange_address_does_no_harm(browser, served, fragment):
    with Visit(browser, f"{served.url}/{fragment}") as visit:
        visit.settle()
        assert visit.bodies[-1]["k"] == 10
        assert visit.bodies[-1]["dial"] == {"kind": "as_scored"}
        assert visit.page.locator("#notice p").count() == 0


def test_the_audit_of_the_model_is_a_tab(visit):
    visit.page.focus("#search-tab")
    visit.page.keyboard.press("ArrowRight")
    title = visit.page.frame_locator("#audit-view iframe").locator("h1")
    assert title.inner_text() == "An audit"
    assert title.evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
    assert visit.page.locator("#search-view").is_hidden()
    visit.page.keyboard.press("ArrowRight")
    assert visit.page.locator("#search-view").is_visible()
    assert visit.focused() == "search-tab"


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_shows_all_of_it(browser, served, width):
    with Visit(browser, served.url, viewport=PHONE | {"width": width}, has_touch=True) as visit:
        visit.search("Wasser kocht bei hundert Grad")
        visit.page.check("#explain")
        visit.page.check("#fold")
        visit.page.click("#dial label:nth-of-type(3)")
        visit.settle()
        assert not visit.wider_than_window()
        for control in visit.page.locator("main button:visible, main summary:visible").all():
            assert control.bounding_box()["height"] >= 19
