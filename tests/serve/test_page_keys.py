"""The search page in a real browser: keyboard, colours, many languages, API keys and refusals."""

import json
import re

import pytest
from playwright.sync_api import expect
from serve.backends import LibraryBackend
from serve.browser import Visit, scripts
from serve.serving import serving

from lingweave.index.passages import Passage
from lingweave.serve.keys import read_keys

MANY = """ak am ar as az be bg bm bn ca cs da de ee el en es et eu fa fi fo fr ga gd gl gu ha he
hi hr hu hy id ig is it ja ka kk km kn ko ky lb lg ln lo lt lv mg mk ml mn mr ms mt my
ne nl om or pa pl ps pt ro ru rw sd si sk sl sn so sq sr sv sw ta te tg th ti tk tr ug
uk ur uz vi wo xh yi yo zh zu"""
LETTERS = "button, legend, .quiet, .chip, .count, .text, .facts *, .ranks span, .note, mark, h1"
CONTRAST = """all => all.map(one => {
  const rgb = value => value.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(x => x / 255)
    .map(x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [.2126, .7152, .0722][i], 0);
  let behind = one;
  while (behind && (rgb(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0)
    behind = behind.parentElement;
  const style = getComputedStyle(one);
  const [a, b] = [style.color, getComputedStyle(behind).backgroundColor].map(rgb).map(light);
  return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), one.className + ' ' + one.textContent];
})"""


@pytest.fixture(scope="module")
def served():
    with serving(lambda: LibraryBackend(scripts())) as found:
        yield found


def test_the_keyboard_is_enough(visit):
    press = visit.page.keyboard.press
    assert visit.focused() == "query"
    visit.page.check("#fold")
    press("/")
    assert visit.focused() == "query"
    visit.page.keyboard.type("water/ice")
    assert visit.page.input_value("#query") == "water/ice"
    visit.search("Wasser kocht bei hundert Grad")
    press("ArrowDown")
    first, second = visit.hits()[:2]
    assert visit.focused() == first
    press("ArrowDown")
    assert visit.focused() == second
    press("End")
    assert visit.focused() == visit.hits()[-1]
    press("Home")
    press("Enter")
    versions = visit.page.locator("li.hit").first.locator("details")
    assert versions.get_attribute("open") is not None
    press("Enter")
    assert versions.get_attribute("open") is None
    press("ArrowUp")
    assert visit.focused() == "query"
    press("ArrowDown")
    press("Escape")
    assert visit.focused() == "query"
    # While an input method composes a word, its keys are its own.
    visit.page.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'ArrowDown', isComposing: true, bubbles: true}))"
    )
    assert visit.focused() == "query"


def test_everything_has_a_name(visit):
    visit.search("water")
    session = visit.context.new_cdp_session(visit.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "searchbox", "radio", "checkbox", "slider", "link", "group", "list", "main"}
    unnamed = [
        one["role"]["value"]
        for one in nodes
        if not one["ignored"]
        and one["role"]["value"] in roles - {"list", "main"}
        and not one["name"]["value"]
    ]
    assert unnamed == []
    assert visit.page.get_by_role("search").count() == 1
    assert visit.page.get_by_role("status").inner_text().startswith("10 hits")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out(visit, scheme):
    visit.page.emulate_media(color_scheme=scheme)
    visit.page.check("#explain")
    visit.search("Wasser kocht bei hundert Grad")
    ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall(r"\d+", ground)[0]) > 128) == (scheme == "light")
    visible = visit.page.locator(f":is({LETTERS}):visible")
    weak = [what for ratio, what in visible.evaluate_all(CONTRAST) if ratio < 4.5]
    assert weak == []
    visit.page.emulate_media(color_scheme="light")


def test_chosen_colours_are_kept(visit):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = visit.page.evaluate(ground)
    button = visit.page.locator("#theme")
    button.click()
    button.click()
    assert button.get_attribute("aria-label") == "Colours: dark"
    assert visit.page.evaluate(ground) != light
    visit.open()
    assert visit.page.evaluate(ground) != light
    button.click()
    assert visit.page.evaluate(ground) == light


def test_an_older_answer_does_not_replace_a_newer_one(visit):
    held = []
    visit.page.route("**/v1/search", lambda route: held.append(route))
    visit.page.fill("#query", "first")
    visit.page.press("#query", "Enter")
    visit.page.fill("#query", "second")
    visit.page.press("#query", "Enter")
    expect(visit.page.locator("#found")).to_have_attribute("aria-busy", "true")
    hit = {"id": "2", "document": "2", "text": "two", "language": "en", "direction": "ltr"}
    hit |= {"parallel": None, "metadata": {}, "score": 1.0, "similarity": 1.0}
    hit |= {"ranks": None, "versions": []}
    assert [one.request.post_data_json["query"] for one in held] == ["first", "second"]
    held[1].fulfill(body=json.dumps({"hits": [hit], "milliseconds": 1}))
    visit.settle()
    assert visit.hits() == ["2"]


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (429, "too_many", "Too many searches at once. Try again in 3 seconds."),
        (503, "busy", "The server has too much to do. Try again in 3 seconds."),
        (504, "timeout", "The search took too long."),
        (422, "invalid", "<b>k</b> is odd"),
        (500, None, "The server answered 500."),
        (0, None, "The server cannot be reached."),
    ],
)
def test_a_refusal_is_told_and_can_be_tried_again(visit, status, code, said):
    error = {"code": code, "message": "<b>k</b> is odd", "field": "k", "request": "r"}
    body = json.dumps({"error": error}) if code else "<h1>no JSON</h1>"
    headers = {"retry-after": "3"} if status in (429, 503) else {}

    def refuse(route):
        if status:
            route.fulfill(status=status, body=body, headers=headers)
        else:
            route.abort()

    visit.page.route("**/v1/search", refuse)
    visit.search("water")
    alert = visit.page.get_by_role("alert")
    expect(alert.locator("span")).to_have_text(said)
    assert visit.hits() == []
    visit.page.unroute("**/v1/search")
    alert.get_by_role("button", name="Try again").click()
    visit.shown(10)
    assert alert.inner_text() == ""


def test_some_hundred_languages_can_be_found_by_name(browser):
    codes = MANY.split()
    passages = [Passage(code, code, f"water {code}", code) for code in codes]
    with (
        serving(lambda: LibraryBackend(passages)) as served,
        Visit(browser, served.url) as visit,
    ):
        chips = visit.page.locator("#languages .chip")
        assert chips.count() == 15
        visit.page.get_by_role("button", name=f"All {len(codes)} languages").first.click()
        assert chips.count() == len(codes) + 1
        assert visit.focused() != "query"
        for wanted in ("thai", "TH", "ไทย"):
            visit.page.keyboard.press("Control+a")
            visit.page.keyboard.type(wanted)
            assert "th" in visit.page.eval_on_selector_all(
                "#languages .chip", "all => all.map(one => one.dataset.code)"
            )
        visit.page.keyboard.press("Enter")
        visit.search("water")
        assert visit.hits() == ["th"]


def test_a_key_is_asked_for_and_kept_in_this_tab(browser, tmp_path):
    (tmp_path / "keys").write_text("us:the-right-key-for-us\n")
    options = {"keys": read_keys(tmp_path / "keys"), "audit": b"<!DOCTYPE html><h1>An audit</h1>"}
    with (
        serving(lambda: LibraryBackend(scripts()), **options) as s,
        Visit(browser, s.url, ready=False) as visit,
    ):
        field = visit.page.locator("#key-field")
        field.fill("wröng")
        field.press("Enter")
        expect(visit.page.locator("#key-note")).to_contain_text("not accepted")
        field.fill("the-right-key-for-us")
        field.press("Enter")
        visit.page.wait_for_selector("#languages .chip")
        visit.search("water")
        assert len(visit.hits()) == 10
        visit.page.click("#audit-tab")
        assert visit.page.frame_locator("#audit-view iframe").locator("h1").count() == 1
        visit.open()
        assert visit.page.locator("#key").is_hidden()
        assert not any("the-right-key-for-us" in url for url in visit.asked)
        assert visit.page.evaluate("Object.keys(localStorage).length") == 0
